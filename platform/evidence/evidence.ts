/** Door: evidence as it is signed and checked, by agents, by the platform, and by whoever verifies a bundle later. */
import { createHash, verify } from 'node:crypto';
import { canonicalEvidence, type Evidence, type EvidenceFinding } from '../contract/service.ts';
import { canonicalJson } from '../ocsf/canonical.ts';

export { type EvidenceKey, openEvidenceKey } from './key.ts';

export interface EvidenceOrigin {
  /** The room or the server-side source that observed it. */
  readonly service: string;
  readonly assetId: string;
  readonly observedAtMs: number;
  readonly expiresAtMs?: number;
  /** Base64 of a signature over `canonicalEvidence`. */
  sign(bytes: Uint8Array): string;
}

/**
 * A finding → evidence. Its raw record carries the instant of observation, so that no two honest ones are the
 * same: a record that comes again under another date was not observed then.
 */
export function signedEvidence(
  finding: EvidenceFinding & { readonly operator?: string },
  { service, assetId, observedAtMs, expiresAtMs, sign }: EvidenceOrigin,
): Evidence {
  const atMs = Math.trunc(observedAtMs);
  const raw = { ...finding.raw, observedAtMs: atMs };
  const digest = digestOf(raw);
  const uid = createHash('sha256')
    .update(`${assetId}\0${finding.rule}\0${atMs}\0${finding.result}\0${digest}`)
    .digest('hex');
  const unsigned = {
    uid,
    rule: finding.rule,
    service,
    observedAtMs: atMs,
    result: finding.result,
    because: finding.because,
    digest,
    ...(finding.operator === undefined ? {} : { operator: finding.operator }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
  return { ...unsigned, raw, signature: sign(Buffer.from(canonicalEvidence(unsigned))) };
}

/** SHA-256 (hex) of the canonical JSON of a raw record. */
export function digestOf(raw: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(canonicalJson(raw)).digest('hex');
}

/** @param publicKeyPem P-256, as SPKI; anything else holds nothing */
export function signatureHolds(
  evidence: Omit<Evidence, 'raw' | 'signature'> & { readonly signature?: string | undefined },
  publicKeyPem: string,
): boolean {
  if (evidence.signature === undefined) return false;
  try {
    return verify(
      'sha256',
      Buffer.from(canonicalEvidence(evidence)),
      publicKeyPem,
      Buffer.from(evidence.signature, 'base64'),
    );
  } catch {
    return false;
  }
}
