/**
 * The evidence bundle: everything that an assessment was decided from, so that somebody else can decide it again.
 *
 * A zip archive with a seal over all its bytes; a manifest with the digest of every file; the ledger with its chain,
 * the evidence with raw record and signature, the public keys, the catalogue, and a script that checks all of it with
 * Node alone. Pure: the same facts give the same bytes.
 */
import { readFileSync } from 'node:fs';
import { canonicalJson } from '@demarc/platform/ocsf';
import { instant } from '../../evaluation/describe.ts';
import type { Dossier } from '../../evaluation/dossier.ts';
import { GENESIS } from '../../store/ledger.ts';
import { exportErrors } from '../exports-errors.ts';
import { sealed, sha256, zip } from '../zip.ts';
import { assessmentText } from './assessment-document.ts';
import { type HeldKey, ledgerText } from './lines.ts';
import { FORMAT, NAMES, VERSION } from './standalone.ts';

/** Of evidence that one bundle carries; with raw records of some kilobytes it stays under what a reader takes. */
const EVIDENCE_MAX = 100_000;
/** `tools/verify-script.ts` makes it of `standalone.ts`; a test fails when it is stale. Read at once: the server loses the right to. */
const SCRIPT = readFileSync(new URL('./verify.mjs', import.meta.url), 'utf8');

export interface BundleParts {
  readonly keys: readonly HeldKey[];
  /** The text of the catalogue that the dossier was decided with. */
  readonly catalogue: string;
}

/** @throws EXPORT_TOO_LARGE */
export function evidenceBundle(dossier: Dossier, parts: BundleParts): Uint8Array {
  return sealed(zip(bundleFiles(dossier, parts)));
}

/** Name → bytes, in the order of the archive. */
export function bundleFiles(
  dossier: Dossier,
  { keys, catalogue }: BundleParts,
): ReadonlyMap<string, Uint8Array> {
  if (dossier.evidence.length > EVIDENCE_MAX)
    throw exportErrors.make('EXPORT_TOO_LARGE', {
      what: 'pieces of evidence',
      count: dossier.evidence.length,
      countMax: EVIDENCE_MAX,
    });
  const { assessment, records, evidence } = dossier;
  const texts: Readonly<Record<string, string>> = {
    'README.txt': readme(dossier),
    'assessment.json': assessmentText(assessment),
    'catalogue.yaml': catalogue,
    'ledger.ndjson': ledgerText(dossier, keys),
    'verify.mjs': SCRIPT,
  };
  const files = new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text, 'utf8')]));
  const manifest = {
    format: FORMAT,
    version: VERSION,
    tenantId: assessment.tenantId,
    asOf: instant(assessment.asOfMs),
    knownAt: instant(assessment.knownAtMs),
    catalogue: { id: assessment.catalogue.id, version: assessment.catalogue.version },
    coverage: assessment.rollUp.coverage ?? null,
    digest: assessment.digest,
    ledger: { acts: records.length, head: records.at(-1)?.hash ?? GENESIS, evidence: evidence.length },
    files: Object.fromEntries(
      [...files].map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]),
    ),
  };
  const seal = sha256(canonicalJson(manifest));
  files.set('manifest.json', Buffer.from(`${canonicalJson({ ...manifest, seal })}\n`, 'utf8'));
  return new Map(NAMES.map((name) => [name, files.get(name) ?? new Uint8Array()]));
}

function readme({ assessment, records, evidence }: Dossier): string {
  const { tenantId, asOfMs, knownAtMs, digest, rollUp } = assessment;
  return `Evidence bundle of ${tenantId}

As of           ${instant(asOfMs)} (UTC)
Recorded as of  ${instant(knownAtMs)} (UTC)
Coverage        ${rollUp.assessed} of ${rollUp.applicable} applicable controls on assets were assessed
Digest          ${digest}
Acts            ${records.length}
Last act        ${records.at(-1)?.hash ?? GENESIS}
Evidence        ${evidence.length}

manifest.json    every file with its SHA-256
assessment.json  each control on each asset: status, owners of the four duties, evidence, root causes; the risks
ledger.ndjson    public keys, sources, all acts with their chain, the evidence with raw record and signature
catalogue.yaml   the controls and evidence rules that it was decided with
verify.mjs       checks digests, chain and signatures; needs Node 20 or newer and nothing else

To check it, unpacked, on any machine:

    node verify.mjs

To check the archive as it is, and to decide everything again from acts and evidence:

    demarc verify BUNDLE

To ask it who owned what, and why:

    demarc assurance replay --ledger ledger.ndjson --as-of ${instant(asOfMs)} --as-known ${instant(knownAtMs)}

What a check can say: that the files belong together, that no act was taken out or changed, that each piece of
evidence was signed by a key named here, and that statuses and owners follow from them. Whether the keys and the
last act are those of the platform, compare with it: digest, last act and the fingerprints that the check prints.
`;
}
