/** Evidence as it is kept: every observation, and the last one that says something for each rule and asset. */
import type { Evidence, EvidenceResult } from '@demarc/platform/contract';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';

export interface KeptEvidence {
  readonly uid: string;
  readonly assetId: string;
  readonly rule: string;
  readonly service: string;
  readonly result: EvidenceResult;
  readonly because: string;
  readonly observedAtMs: number;
  readonly receivedAtMs: number;
  readonly digest: string;
  readonly signed: boolean;
}

interface Row {
  readonly uid: string;
  readonly asset_id: string;
  readonly rule: string;
  readonly service: string;
  readonly result: EvidenceResult;
  readonly because: string;
  readonly observed_at_ms: number;
  readonly received_at_ms: number;
  readonly digest: string;
  readonly signed: boolean;
}

/** False when it was there already. */
export async function insertEvidence(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  assetId: string,
  evidence: Evidence,
  receivedAtMs: number,
): Promise<boolean> {
  const { rows } = await sql`INSERT INTO asr_evidence
      (tenant_id, uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms, digest, raw, signature)
    VALUES (${tenant.tenantId}, ${evidence.uid}, ${assetId}, ${evidence.rule}, ${evidence.service}, ${evidence.result}, ${evidence.because},
      ${evidence.observedAtMs}, ${receivedAtMs}, ${evidence.digest}, ${JSON.stringify(evidence.raw)}::jsonb, ${evidence.signature ?? null})
    ON CONFLICT (tenant_id, uid) DO NOTHING RETURNING uid`.execute(db);
  return rows.length > 0;
}

/** The last pass or fail of each rule on each asset, as it was at `asOfMs` and as it was known at `knownAtMs`. */
export async function latestEvidence(
  db: Kysely<AnyDatabase>,
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly KeptEvidence[]> {
  // One index probe for each (asset, rule), not a sort of all that was ever observed.
  const { rows } = await sql<Row>`
    WITH RECURSIVE pairs AS (
      (SELECT asset_id, rule FROM asr_evidence ORDER BY tenant_id, asset_id, rule LIMIT 1)
      UNION ALL
      SELECT following.asset_id, following.rule FROM pairs, LATERAL (
        SELECT asset_id, rule FROM asr_evidence
        WHERE tenant_id = current_setting('demarc.tenant_id') AND (asset_id, rule) > (pairs.asset_id, pairs.rule)
        ORDER BY tenant_id, asset_id, rule LIMIT 1) AS following
    )
    SELECT last.* FROM pairs, LATERAL (
      SELECT uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms, digest, signature IS NOT NULL AS signed
      FROM asr_evidence
      WHERE tenant_id = current_setting('demarc.tenant_id') AND asset_id = pairs.asset_id AND rule = pairs.rule
        AND observed_at_ms <= ${asOfMs} AND received_at_ms <= ${knownAtMs} AND result <> 'error'
      ORDER BY observed_at_ms DESC LIMIT 1) AS last`.execute(db);
  return rows.map((row) => ({
    uid: row.uid,
    assetId: row.asset_id,
    rule: row.rule,
    service: row.service,
    result: row.result,
    because: row.because,
    observedAtMs: row.observed_at_ms,
    receivedAtMs: row.received_at_ms,
    digest: row.digest,
    signed: row.signed,
  }));
}
