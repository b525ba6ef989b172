/**
 * How far back evidence is kept. The acts are kept for ever; evidence arrives every minute from every machine, and a
 * disk is not endless. What is forgotten is said: an instant before the horizon is refused, not answered without it.
 */
import type { AnyDatabase, InTenant } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';

/** Of one statement, so that nobody waits behind a delete of millions. */
const ROWS_MAX = 5_000;
const ROUNDS_MAX = 1_000;

/** What the database itself forgets no evidence younger than, whoever asks it to. */
export const EVIDENCE_DAYS_MIN = 30;

/** Evidence since this instant is whole; undefined while all of it is. */
export async function evidenceHorizon(db: Kysely<AnyDatabase>): Promise<number | undefined> {
  const { rows } = await sql<{ readonly before_ms: number }>`
    SELECT before_ms FROM asr_horizon WHERE tenant_id = current_setting('demarc.tenant_id')`.execute(db);
  return rows[0]?.before_ms;
}

/**
 * Forgets what was observed before `beforeMs` and is the last word of nothing: the newest of each rule on each asset
 * before that instant stays, and what the acts name.
 *
 * @returns how many pieces are gone
 */
export async function forgetEvidence(
  inTenant: InTenant,
  tenant: TenantScope,
  beforeMs: number,
): Promise<number> {
  // First the horizon, so that nobody is answered from half of what was.
  await inTenant(tenant, (db) =>
    sql`INSERT INTO asr_horizon (tenant_id, before_ms) VALUES (${tenant.tenantId}, ${beforeMs})
      ON CONFLICT (tenant_id) DO UPDATE SET before_ms = GREATEST(asr_horizon.before_ms, excluded.before_ms)`.execute(
      db,
    ),
  );
  let gone = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const count = await inTenant(tenant, async (db) => {
      const { rows } = await sql<{ readonly count: number }>`
        SELECT asr_forget_evidence(${beforeMs}::int8, ${ROWS_MAX}::int4) AS count`.execute(db);
      return rows[0]?.count ?? 0;
    });
    gone += count;
    if (count < ROWS_MAX) break;
  }
  return gone;
}

export async function createRetention(db: Kysely<AnyDatabase>): Promise<void> {
  // The tenants' role may not delete evidence. This function may, of the tenant of the session, and only what is old.
  await sql`
    CREATE FUNCTION asr_forget_evidence(before_ms int8, at_most int4) RETURNS int8
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
      WITH limits AS (
        SELECT LEAST(before_ms, (extract(epoch FROM now()) * 1000)::int8 - ${sql.lit(EVIDENCE_DAYS_MIN)}::int8 * 86400000) AS before
      ), old AS (
        SELECT each.uid FROM asr_evidence AS each, limits
        WHERE each.tenant_id = current_setting('demarc.tenant_id') AND each.effective_at_ms < limits.before
          AND EXISTS (
            SELECT 1 FROM asr_evidence AS newer
            WHERE newer.tenant_id = each.tenant_id AND newer.asset_id = each.asset_id AND newer.rule = each.rule
              AND newer.effective_at_ms >= each.effective_at_ms AND newer.effective_at_ms < limits.before
              AND (newer.effective_at_ms, newer.received_at_ms, newer.uid)
                > (each.effective_at_ms, each.received_at_ms, each.uid)
              AND (newer.result = 'error') = (each.result = 'error'))
          AND NOT EXISTS (
            SELECT 1 FROM asr_ledger AS named
            WHERE named.tenant_id = each.tenant_id AND named.act = 'service-operational'
              AND named.payload::jsonb ->> 'evidenceId' = each.uid)
        LIMIT at_most
      ), gone AS (
        DELETE FROM asr_evidence USING old
        WHERE asr_evidence.tenant_id = current_setting('demarc.tenant_id') AND asr_evidence.uid = old.uid RETURNING 1
      )
      SELECT count(*) FROM gone
    $$`.execute(db);
  await sql`REVOKE ALL ON FUNCTION asr_forget_evidence(int8, int4) FROM PUBLIC`.execute(db);
  await sql`GRANT EXECUTE ON FUNCTION asr_forget_evidence(int8, int4) TO demarc_tenant`.execute(db);
  // By when it was, whatever it is about: the index of the newest begins with the asset.
  await db.schema
    .createIndex('asr_evidence_age')
    .on('asr_evidence')
    .columns(['tenant_id', 'effective_at_ms'])
    .execute();
}
