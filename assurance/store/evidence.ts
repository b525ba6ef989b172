/** Evidence as it is kept: every observation, with when it was made and when it arrived. */
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
  /** Never after it arrived: a clock that runs ahead a little buys no freshness. */
  readonly observedAtMs: number;
  readonly receivedAtMs: number;
  readonly digest: string;
  readonly signed: boolean;
  /** Of attestations and reports: from then on it says nothing more. */
  readonly expiresAtMs?: number;
  /** The party that the evidence shows at work, where it says so. */
  readonly operator?: string;
}

/** A row of the table, as bundles carry it too. */
export interface EvidenceRow {
  readonly uid: string;
  readonly asset_id: string;
  readonly rule: string;
  readonly service: string;
  readonly result: EvidenceResult;
  readonly because: string;
  readonly observed_at_ms: number;
  readonly received_at_ms: number;
  readonly effective_at_ms: number;
  readonly expires_at_ms: number | null;
  readonly operator: string | null;
  readonly digest: string;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly signature: string | null;
}

/** @returns the uids that were not there before: a batch that is carried again adds nothing */
export async function insertEvidence(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  assetId: string,
  evidence: readonly Evidence[],
  receivedAtMs: number,
): Promise<ReadonlySet<string>> {
  if (evidence.length === 0) return new Set();
  const records = evidence.map((item) => ({
    uid: item.uid,
    rule: item.rule,
    service: item.service,
    result: item.result,
    because: item.because,
    observed_at_ms: item.observedAtMs,
    expires_at_ms: item.expiresAtMs ?? null,
    operator: item.operator ?? null,
    digest: item.digest,
    raw: item.raw,
    signature: item.signature ?? null,
  }));
  // One statement for the batch: a round trip for each would be most of the time it takes.
  const { rows } = await sql<{ readonly uid: string }>`
    INSERT INTO asr_evidence (tenant_id, uid, asset_id, rule, service, result, because, observed_at_ms, received_at_ms,
      effective_at_ms, expires_at_ms, operator, digest, raw, signature)
    SELECT ${tenant.tenantId}, uid, ${assetId}, rule, service, result, because, observed_at_ms, ${receivedAtMs}::int8,
      LEAST(observed_at_ms, ${receivedAtMs}::int8), expires_at_ms, operator, digest, raw, signature
    FROM jsonb_to_recordset(${JSON.stringify(records)}::jsonb) AS given(uid text, rule text, service text, result text,
      because text, observed_at_ms int8, expires_at_ms int8, operator text, digest text, raw jsonb, signature text)
    ON CONFLICT (tenant_id, uid) DO NOTHING RETURNING uid`.execute(db);
  return new Set(rows.map(({ uid }) => uid));
}

export function keptOf(assetId: string, evidence: Evidence, receivedAtMs: number): KeptEvidence {
  const { uid, rule, service, result, because, digest, expiresAtMs, operator } = evidence;
  return {
    uid,
    assetId,
    rule,
    service,
    result,
    because,
    observedAtMs: Math.min(evidence.observedAtMs, receivedAtMs),
    receivedAtMs,
    digest,
    signed: evidence.signature !== undefined,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(operator === undefined ? {} : { operator }),
  };
}

/** The last pass or fail of each rule on each asset, as it was at `asOfMs` and as it was known at `knownAtMs`. */
export async function latestEvidence(
  db: Kysely<AnyDatabase>,
  asOfMs: number,
  knownAtMs: number,
): Promise<readonly KeptEvidence[]> {
  return (await latestEvidenceRows(db, asOfMs, knownAtMs)).map(kept);
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

export function kept(row: EvidenceRow): KeptEvidence {
  return {
    uid: row.uid,
    assetId: row.asset_id,
    rule: row.rule,
    service: row.service,
    result: row.result,
    because: row.because,
    observedAtMs: row.effective_at_ms,
    receivedAtMs: row.received_at_ms,
    digest: row.digest,
    signed: row.signature !== null,
    ...(row.expires_at_ms === null ? {} : { expiresAtMs: row.expires_at_ms }),
    ...(row.operator === null ? {} : { operator: row.operator }),
  };
}
