/**
 * The ledger: dated acts, appended, chained by hash. What stands now, or stood at any instant as it was known
 * at any other, is what replaying the acts gives.
 */
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import { type Act, Acts, type NewAct } from '../model/acts.ts';
import { actOf, brokenAt, chained, GENESIS, type LedgerRecord } from '../model/chain.ts';

export { actOf, chained, GENESIS, type LedgerRecord } from '../model/chain.ts';

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
  const records: LedgerRecord[] = [];
  for (const act of acts) {
    seq += 1;
    const payload = Acts[act.name].parse(act.payload) as never;
    const record = chained(seq, { ...act, payload }, previous);
    records.push(record);
    previous = record.hash;
    appended.push({ ...act, payload, recordId: `ledger:${seq}` });
  }
  // A hundred machines of one purchase are a hundred acts, and one statement.
  await sql`INSERT INTO asr_ledger (tenant_id, seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash, hash)
    SELECT ${tenant.tenantId}, seq, act, valid_at_ms, recorded_at_ms, actor, payload, previous_hash, hash
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS given(seq int8, act text, valid_at_ms int8,
      recorded_at_ms int8, actor text, payload text, previous_hash text, hash text)`.execute(db);
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

export async function verifyLedger(inTenant: InTenant, tenant: TenantScope): Promise<number | undefined> {
  return inTenant(tenant, async (db) => brokenAt(await readRecords(db, Number.MAX_SAFE_INTEGER)));
}
