/** An evidence bundle, checked without the platform: does it hold together, and does the same follow from it again? */
import { loadCatalogue } from '../../catalogue/catalogue.ts';
import { decided } from '../../evaluation/dossier.ts';
import { sealHolds, sha256, unzipWithin, type ZipLimits } from '../zip.ts';
import { bundleFiles } from './bundle.ts';
import { readLedgerText } from './lines.ts';
import { type Checked, check, type Finding, NAMES } from './standalone.ts';

const LIMITS: ZipLimits = {
  archiveBytesMax: 536_870_912, // 512 MiB
  filesMax: NAMES.length,
  bytesMax: 536_870_912,
  names: new Set(NAMES),
};
const { archiveBytesMax } = LIMITS;

export { archiveBytesMax as BUNDLE_BYTES_MAX };

export interface Verified extends Omit<Checked, 'findings' | 'findingCount'> {
  readonly holds: boolean;
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** SHA-256 of the archive itself. */
  readonly archive: string;
  /** What acts and evidence give when they are decided again; undefined where they cannot be. */
  readonly replayedDigest: string | undefined;
}

/** @throws EXPORT_BUNDLE_UNREADABLE for what is not even an archive of a bundle's files */
export function verifyBundle(archive: Uint8Array): Verified {
  const files = unzipWithin(archive, LIMITS);
  const checked = check(files);
  const further: Finding[] = [];
  if (!sealHolds(archive))
    further.push({ file: 'the archive', says: 'its seal does not hold: it was changed, cut or packed anew' });
  const replayedDigest = again(files, checked, further);
  return {
    ...checked,
    holds: checked.findingCount + further.length === 0,
    findings: [...further, ...checked.findings],
    findingCount: checked.findingCount + further.length,
    archive: sha256(archive),
    replayedDigest,
  };
}

/** Decides everything again; what the bundle says must be what comes out, byte for byte. */
function again(
  files: ReadonlyMap<string, Uint8Array>,
  { anchors }: Checked,
  findings: Finding[],
): string | undefined {
  try {
    const text = (name: string): string => Buffer.from(files.get(name) ?? []).toString('utf8');
    const { keys, ...facts } = readLedgerText(text('ledger.ndjson'));
    const asOfMs = Date.parse(anchors.asOf);
    const knownAtMs = Date.parse(anchors.recordedAsOf);
    if (Number.isNaN(asOfMs) || Number.isNaN(knownAtMs)) return undefined;
    const catalogue = text('catalogue.yaml');
    const dossier = decided({ ...facts, asOfMs, knownAtMs }, loadCatalogue(catalogue));
    const { digest } = dossier.assessment;
    if (digest !== anchors.digest)
      findings.push({
        file: 'assessment.json',
        says: `acts and evidence give the digest ${digest}, and not ${anchors.digest}`,
      });
    const made = bundleFiles(dossier, { keys, catalogue });
    for (const name of ['assessment.json', 'ledger.ndjson', 'README.txt'])
      if (Buffer.compare(made.get(name) ?? new Uint8Array(), files.get(name) ?? new Uint8Array()) !== 0)
        findings.push({ file: name, says: 'it is not what acts and evidence give when it is made again' });
    return digest;
  } catch (error) {
    findings.push({
      file: 'ledger.ndjson',
      says: `it cannot be decided again: ${error instanceof Error ? error.message.slice(0, 300) : 'unknown'}`,
    });
    return undefined;
  }
}
