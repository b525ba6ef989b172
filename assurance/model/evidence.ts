/** Evidence as it is kept, with when it was made and when it arrived. */
import type { Evidence, EvidenceResult } from '@demarc/platform/contract';

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

/** A row → what was signed. */
export function signedPartOf(row: EvidenceRow) {
  const { uid, rule, service, result, because, digest, signature } = row;
  return {
    uid,
    rule,
    service,
    observedAtMs: row.observed_at_ms,
    result,
    because,
    digest,
    signature: signature ?? undefined,
    ...(row.operator === null ? {} : { operator: row.operator }),
    ...(row.expires_at_ms === null ? {} : { expiresAtMs: row.expires_at_ms }),
  };
}
