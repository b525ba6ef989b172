/** What evidence must be before it counts. Each refusal has a code and a reason, and is counted. */
import { createHash, verify } from 'node:crypto';
import { canonicalEvidence, type Evidence } from '@demarc/platform/contract';
import { canonicalJson } from '@demarc/platform/ocsf';
import type { Catalogue } from './catalogue/catalogue.ts';

/** A clock may run ahead by so much before what it says is about the future. */
const AHEAD_MS_MAX = 60_000;
const RAW_CHARACTERS_MAX = 65_536;

/** Undefined when the evidence is acceptable. */
export function refusal(
  catalogue: Catalogue,
  evidence: Evidence,
  receivedAtMs: number,
  publicKeysPem: readonly string[],
): string | undefined {
  if (!catalogue.rules.has(evidence.rule)) return `${evidence.rule} is not a rule of the catalogue`;
  if (evidence.observedAtMs > receivedAtMs + AHEAD_MS_MAX) return 'it is dated in the future';
  const raw = canonicalJson(evidence.raw);
  if (raw.length > RAW_CHARACTERS_MAX)
    return `its raw record is longer than ${RAW_CHARACTERS_MAX} characters`;
  if (createHash('sha256').update(raw).digest('hex') !== evidence.digest)
    return 'its digest is not that of its raw record';
  if (evidence.signature === undefined) return 'it is not signed';
  return publicKeysPem.some((key) => signatureHolds(evidence, key))
    ? undefined
    : 'its signature is not by a key of the asset it came from';
}

function signatureHolds(evidence: Evidence, publicKeyPem: string): boolean {
  try {
    return verify(
      'sha256',
      Buffer.from(canonicalEvidence(evidence)),
      publicKeyPem,
      Buffer.from(evidence.signature ?? '', 'base64'),
    );
  } catch {
    return false;
  }
}
