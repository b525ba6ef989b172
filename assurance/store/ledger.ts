/**
 * The ledger: dated acts, appended, chained by hash. What stands now, or stood at any instant as it was known
 * at any other, is what replaying the acts gives.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/ocsf';
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import type * as z from 'zod';
import { type Act, type ActName, Acts, type NewAct } from '../model/acts.ts';

/** One record as it is kept and as it is exported: `hash` is over all the rest, the one before it included. */
export interface LedgerRecord {
  readonly seq: number;
  readonly act: string;
  readonly valid_at_ms: number;
  readonly recorded_at_ms: number;
  readonly actor: string;
  /** Canonical JSON. */
  readonly payload: string;
  readonly previous_hash: string;
  readonly hash: string;
}

export const GENESIS = '0'.repeat(64);

/** Appends inside the caller's transaction; one writer a tenant at a time, so that the chain has no forks. */
export async function append(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  acts: readonly NewAct[],
): Promise<readonly Act[]> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`asr_ledger:${tenant.tenantId}`}, 0))`.execute(
    db,
  );
  const { rows } = await sql<{ readonly seq: number; readonly hash: string }>`
    SELECT seq, hash FROM asr_ledger WHERE tenant_id = ${tenant.tenantId} ORDER BY seq DESC LIMIT 1`.execute(
    db,
  );
  let { seq, hash: previous } = rows[0] ?? { seq: 0, hash: GENESIS };
  const appended: Act[] = [];
  for (const act of acts) {
    seq += 1;
    const payload = Acts[act.name].parse(act.payload) as never;
    const record = chained(seq, { ...act, payload }, previous);
    await sql`INSERT INTO asr_ledger (tenant_id, seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash, hash)
      VALUES (${tenant.tenantId}, ${seq}, ${record.act}, ${record.valid_at_ms}, ${record.recorded_at_ms}, ${record.actor}, ${record.payload}, ${record.previous_hash}, ${record.hash})`.execute(
      db,
    );
    previous = record.hash;
    appended.push({ ...act, payload, recordId: `ledger:${seq}` });
  }
  return appended;
}

/** Every act known at `knownAtMs` that holds from `asOfMs` or before, in the order in which they hold. */
export async function readActs(
  db: Kysely<AnyDatabase>,
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly Act[]> {
  const { rows } = await sql<LedgerRecord>`SELECT * FROM asr_ledger
    WHERE valid_at_ms <= ${asOfMs} AND recorded_at_ms <= ${knownAtMs} ORDER BY valid_at_ms, seq`.execute(db);
  return rows.map(actOf);
}

/** The records themselves, as they were known at `knownAtMs`, in the order of the chain. */
export async function readRecords(
  db: Kysely<AnyDatabase>,
  knownAtMs: number,
): Promise<readonly LedgerRecord[]> {
  const { rows } =
    await sql<LedgerRecord>`SELECT seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash, hash
    FROM asr_ledger WHERE recorded_at_ms <= ${knownAtMs} ORDER BY seq`.execute(db);
  return rows;
}

/** The record of an act, linked to the one before it. */
export function chained(seq: number, act: NewAct, previousHash: string): LedgerRecord {
  const record = {
    seq,
    act: act.name,
    valid_at_ms: act.atMs,
    recorded_at_ms: act.recordedAtMs,
    actor: act.actor,
    payload: canonicalJson(act.payload),
    previous_hash: previousHash,
  };
  return { ...record, hash: hashOf(record) };
}

export function actOf(record: LedgerRecord): Act {
  const schema: z.ZodType = Acts[record.act as ActName];
  return {
    name: record.act,
    payload: schema.parse(JSON.parse(record.payload)),
    atMs: record.valid_at_ms,
    recordedAtMs: record.recorded_at_ms,
    actor: record.actor,
    recordId: `ledger:${record.seq}`,
  } as Act;
}

/** The number of the first record whose hash or link does not hold; undefined when the whole chain does. */
export function brokenAt(records: readonly LedgerRecord[]): number | undefined {
  let previous = GENESIS;
  for (const [index, record] of records.entries()) {
    if (record.seq !== index + 1 || record.previous_hash !== previous || record.hash !== hashOf(record))
      return record.seq;
    previous = record.hash;
  }
  return undefined;
}

export async function verifyLedger(inTenant: InTenant, tenant: TenantScope): Promise<number | undefined> {
  return inTenant(tenant, async (db) => brokenAt(await readRecords(db, Number.MAX_SAFE_INTEGER)));
}

function hashOf(record: Omit<LedgerRecord, 'hash'>): string {
  const { seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash } = record;
  return createHash('sha256')
    .update(canonicalJson({ seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash }))
    .digest('hex');
}
