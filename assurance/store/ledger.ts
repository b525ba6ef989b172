/**
 * The ledger: dated acts, appended, chained by hash. What stands now, or stood at any instant as it was known
 * at any other, is what replaying the acts gives.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/ocsf';
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import * as z from 'zod';

const Payloads = {
  'schedule-accepted': z.strictObject({}),
  'service-bought': z.strictObject({
    entitlementId: z.uuid(),
    serviceId: z.string(),
    tier: z.string(),
    assetIds: z.array(z.string()),
  }),
  'service-operational': z.strictObject({
    entitlementId: z.uuid(),
    assetId: z.string(),
    evidenceId: z.string(),
  }),
  'service-cancelled': z.strictObject({ entitlementId: z.uuid(), reason: z.string() }),
  'handback-accepted': z.strictObject({ entitlementId: z.uuid(), assetId: z.string() }),
} as const;
export type ActName = keyof typeof Payloads;
export type Act = {
  [Name in ActName]: {
    readonly name: Name;
    readonly payload: z.infer<(typeof Payloads)[Name]>;
    /** From when it holds. */
    readonly atMs: number;
    readonly recordedAtMs: number;
    readonly actor: string;
    /** `ledger:12` */
    readonly recordId: string;
  };
}[ActName];

interface LedgerRow {
  readonly seq: number;
  readonly act: ActName;
  readonly valid_at_ms: number;
  readonly recorded_at_ms: number;
  readonly actor: string;
  readonly payload: string;
  readonly previous_hash: string;
  readonly hash: string;
}

const GENESIS = '0'.repeat(64);

/** Appends inside the caller's transaction; one writer a tenant at a time, so that the chain has no forks. */
export async function append<Name extends ActName>(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  act: {
    readonly name: Name;
    readonly payload: z.infer<(typeof Payloads)[Name]>;
    readonly atMs: number;
    readonly recordedAtMs: number;
    readonly actor: string;
  },
): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`asr_ledger:${tenant.tenantId}`}, 0))`.execute(
    db,
  );
  const { rows } = await sql<{ readonly seq: number; readonly hash: string }>`
    SELECT seq, hash FROM asr_ledger WHERE tenant_id = ${tenant.tenantId} ORDER BY seq DESC LIMIT 1`.execute(
    db,
  );
  const previous = rows[0] ?? { seq: 0, hash: GENESIS };
  const seq = previous.seq + 1;
  const payload = canonicalJson(Payloads[act.name].parse(act.payload));
  const hash = hashOf({
    seq,
    act: act.name,
    valid_at_ms: act.atMs,
    recorded_at_ms: act.recordedAtMs,
    actor: act.actor,
    payload,
    previous_hash: previous.hash,
  });
  await sql`INSERT INTO asr_ledger (tenant_id, seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash, hash)
    VALUES (${tenant.tenantId}, ${seq}, ${act.name}, ${act.atMs}, ${act.recordedAtMs}, ${act.actor}, ${payload}, ${previous.hash}, ${hash})`.execute(
    db,
  );
}

/** Every act known at `knownAtMs` that holds from `asOfMs` or before, in the order it was written. */
export async function readActs(
  db: Kysely<AnyDatabase>,
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly Act[]> {
  const { rows } = await sql<LedgerRow>`SELECT * FROM asr_ledger
    WHERE valid_at_ms <= ${asOfMs} AND recorded_at_ms <= ${knownAtMs} ORDER BY seq`.execute(db);
  return rows.map(
    (row) =>
      ({
        name: row.act,
        payload: Payloads[row.act].parse(JSON.parse(row.payload)),
        atMs: row.valid_at_ms,
        recordedAtMs: row.recorded_at_ms,
        actor: row.actor,
        recordId: `ledger:${row.seq}`,
      }) as Act,
  );
}

/** The first record whose hash or link does not hold; undefined when the whole chain does. */
export async function verifyLedger(inTenant: InTenant, tenant: TenantScope): Promise<number | undefined> {
  return inTenant(tenant, async (db) => {
    const { rows } = await sql<LedgerRow>`SELECT * FROM asr_ledger ORDER BY seq`.execute(db);
    let previous = GENESIS;
    for (const [index, row] of rows.entries()) {
      if (row.seq !== index + 1 || row.previous_hash !== previous || row.hash !== hashOf(row)) return row.seq;
      previous = row.hash;
    }
    return undefined;
  });
}

function hashOf(row: Omit<LedgerRow, 'hash'>): string {
  const { seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash } = row;
  return createHash('sha256')
    .update(canonicalJson({ seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash }))
    .digest('hex');
}
