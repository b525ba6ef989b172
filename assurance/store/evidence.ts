/** Evidence as it is kept: every observation, with when it was made and when it arrived. */
import type { Evidence } from '@demarc/platform/contract';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import type { KnownEvidence, ObservedOn } from '../intake.ts';
import { type EvidenceRow, type KeptEvidence, kept } from '../model/evidence.ts';

export { type EvidenceRow, type KeptEvidence, keptOf } from '../model/evidence.ts';

/** Those of them that are kept already, and others of the same raw record. */
export async function knownEvidence(
  db: Kysely<AnyDatabase>,
  evidence: readonly Evidence[],
): Promise<readonly KnownEvidence[]> {
  if (evidence.length === 0) return [];
  const { rows } =
    await sql<KnownEvidence>`SELECT uid, asset_id, rule, digest, result, observed_at_ms FROM asr_evidence
    WHERE tenant_id = current_setting('demarc.tenant_id')
      AND (uid = ANY(${evidence.map(({ uid }) => uid)}::text[]) OR digest = ANY(${evidence.map(({ digest }) => digest)}::text[]))`.execute(
      db,
    );
  return rows;
}

export async function insertEvidence(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  observed: readonly ObservedOn[],
  receivedAtMs: number,
): Promise<void> {
  if (observed.length === 0) return;
  const records = observed.map(({ assetId, evidence }) => ({
    uid: evidence.uid,
    asset_id: assetId,
    rule: evidence.rule,
    service: evidence.service,
    result: evidence.result,
    because: evidence.because,
    observed_at_ms: evidence.observedAtMs,
    expires_at_ms: evidence.expiresAtMs ?? null,
    operator: evidence.operator ?? null,
    digest: evidence.digest,
    raw: evidence.raw,
    signature: evidence.signature ?? null,
  }));
  // One statement for the batch: a round trip for each would be most of the time it takes.
  await sql`
    INSERT INTO asr_evidence (tenant_id, uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms,
      effective_at_ms, expires_at_ms, operator, digest, raw, signature)
    SELECT ${tenant.tenantId}, uid, asset_id, rule, service, result, because, observed_at_ms, ${receivedAtMs}::int8,
      LEAST(observed_at_ms, ${receivedAtMs}::int8), expires_at_ms, operator, digest, raw, signature
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS given(uid text, asset_id text, rule text, service text,
      result text, because text, observed_at_ms int8, expires_at_ms int8, operator text, digest text, raw jsonb,
      signature text)`.execute(db);
}

/** The last pass or fail of each rule on each asset, as it was at `asOfMs` and as it was known at `knownAtMs`. */
export async function latestEvidence(
  db: Kysely<AnyDatabase>,
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly KeptEvidence[]> {
  return (await latestEvidenceRows(db, asOfMs, knownAtMs)).map(kept);
}

/** The last time that each collector could not say anything: no evidence, but the reason why there is none. */
export async function latestErrors(
  db: Kysely<AnyDatabase>,
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly KeptEvidence[]> {
  const { rows } =
    await sql<EvidenceRow>`SELECT DISTINCT ON (asset_id, rule) uid, asset_id, rule, service, result, because,
      observed_at_ms, received_at_ms, effective_at_ms, expires_at_ms, operator, digest, raw, signature
    FROM asr_evidence WHERE result = 'error' AND effective_at_ms <= ${asOfMs} AND received_at_ms <= ${knownAtMs}
    ORDER BY asset_id, rule, effective_at_ms DESC, received_at_ms DESC, uid DESC`.execute(db);
  return rows.map(kept);
}

/** The same with raw record and signature, as an auditor gets them. */
export async function latestEvidenceRows(
  db: Kysely<AnyDatabase>,
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly EvidenceRow[]> {
  // One index probe for each (asset, rule), not a sort of all that was ever observed.
  const { rows } = await sql<EvidenceRow>`
    WITH RECURSIVE pairs AS (
      (SELECT asset_id, rule FROM asr_evidence ORDER BY tenant_id, asset_id, rule LIMIT 1)
      UNION ALL
      SELECT following.asset_id, following.rule FROM pairs, LATERAL (
        SELECT asset_id, rule FROM asr_evidence
        WHERE tenant_id = current_setting('demarc.tenant_id') AND (asset_id, rule) > (pairs.asset_id, pairs.rule)
        ORDER BY tenant_id, asset_id, rule LIMIT 1) AS following
    )
    SELECT last.* FROM pairs, LATERAL (
      SELECT uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms, effective_at_ms, expires_at_ms,
        operator, digest, raw, signature
      FROM asr_evidence
      WHERE tenant_id = current_setting('demarc.tenant_id') AND asset_id = pairs.asset_id AND rule = pairs.rule
        AND effective_at_ms <= ${asOfMs} AND received_at_ms <= ${knownAtMs} AND result <> 'error'
      ORDER BY effective_at_ms DESC, received_at_ms DESC, uid DESC LIMIT 1) AS last`.execute(db);
  return rows;
}

/** The last word of each of these rules on each of these assets, a collector's error included. */
export async function latestEvidenceOf(
  db: Kysely<AnyDatabase>,
  assetIds: readonly string[],
  rules: readonly string[],
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly EvidenceRow[]> {
  if (assetIds.length === 0 || rules.length === 0) return [];
  const { rows } =
    await sql<EvidenceRow>`SELECT DISTINCT ON (asset_id, rule) uid, asset_id, rule, service, result, because,
      observed_at_ms, received_at_ms, effective_at_ms, expires_at_ms, operator, digest, raw, signature
    FROM asr_evidence WHERE asset_id = ANY(${[...assetIds]}::text[]) AND rule = ANY(${[...rules]}::text[])
      AND effective_at_ms <= ${asOfMs} AND received_at_ms <= ${knownAtMs}
    ORDER BY asset_id, rule, effective_at_ms DESC, received_at_ms DESC, uid DESC`.execute(db);
  return rows;
}

/** Evidence of one rule on one asset, newest first. */
export async function evidenceHistory(
  db: Kysely<AnyDatabase>,
  assetId: string,
  rule: string,
  limit: number,
): Promise<readonly EvidenceRow[]> {
  const { rows } = await sql<EvidenceRow>`
    SELECT uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms, effective_at_ms, expires_at_ms,
      operator, digest, raw, signature
    FROM asr_evidence WHERE asset_id = ${assetId} AND rule = ${rule}
    ORDER BY effective_at_ms DESC, received_at_ms DESC, uid DESC LIMIT ${limit}`.execute(db);
  return rows;
}

export async function evidenceByUid(db: Kysely<AnyDatabase>, uid: string): Promise<EvidenceRow | undefined> {
  const { rows } = await sql<EvidenceRow>`
    SELECT uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms, effective_at_ms, expires_at_ms,
      operator, digest, raw, signature FROM asr_evidence WHERE uid = ${uid}`.execute(db);
  return rows[0];
}

/** Those that are named, as far as they had arrived by then. */
export async function evidenceByUids(
  db: Kysely<AnyDatabase>,
  uids: readonly string[],
  knownAtMs: number,
): Promise<readonly EvidenceRow[]> {
  const { rows } = await sql<EvidenceRow>`
    SELECT uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms, effective_at_ms, expires_at_ms,
      operator, digest, raw, signature
    FROM asr_evidence WHERE uid = ANY(${[...uids]}::text[]) AND received_at_ms <= ${knownAtMs}`.execute(db);
  return rows;
}
