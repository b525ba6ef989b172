/** `demarc verify`: an evidence bundle, checked and decided again without a platform. */
import { readFileSync, statSync } from 'node:fs';
import type { Verified } from '@demarc/assurance/verify';
import type { Command } from 'commander';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Deps } from '../main.ts';
import { print } from '../output.ts';

export function register(program: Command, { output }: Deps): void {
  program
    .command('verify')
    .description(
      'does an evidence bundle hold: digests, chain, signatures, and does the same follow from it again',
    )
    .argument('<bundle>', 'a file of ./demarc export bundle; no platform need run')
    .option('--digest <sha256>', 'the digest that you were told; another one is a finding')
    .action(async (bundle: string, { digest }: { readonly digest?: string }) => {
      // Only this command needs it, and every other starts without.
      const { BUNDLE_BYTES_MAX, verifyBundle } = await import('@demarc/assurance/verify');
      const verified = told(verifyBundle(bytesOf(bundle, BUNDLE_BYTES_MAX)), digest?.toLowerCase());
      print(output, verified, () => forPeople(verified));
      if (!verified.holds) process.exitCode = EXIT.failed;
    });
}

/** @throws CLI_FILE_UNREADABLE */
function bytesOf(file: string, bytesMax: number): Uint8Array {
  const no = (because: string, cause?: unknown) =>
    cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause });
  try {
    const { size } = statSync(file);
    if (size > bytesMax) throw no(`it is larger than ${bytesMax} bytes`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'fix' in error) throw error;
    throw no(error instanceof Error ? error.message : 'unknown', error);
  }
}

function told(verified: Verified, digest: string | undefined): Verified {
  if (digest === undefined || digest === verified.anchors.digest) return verified;
  const says = `its digest is ${verified.anchors.digest}, and you were told ${digest}`;
  return {
    ...verified,
    holds: false,
    findings: [{ file: 'manifest.json', says }, ...verified.findings],
    findingCount: verified.findingCount + 1,
  };
}

function forPeople({
  holds,
  findings,
  findingCount,
  figures,
  anchors,
  archive,
  replayedDigest,
}: Verified): string {
  const { files, acts, evidence, signatures, cells } = figures;
  const more = findingCount - findings.length;
  const lines = [
    ...findings.map(({ file, says }) => `  ${file}: ${says}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  return `${holds ? 'HOLDS' : `DOES NOT HOLD: ${findingCount} findings\n${lines.join('\n')}`}

checked         ${files} files, ${acts} acts in their chain, ${evidence} pieces of evidence, ${signatures} signatures, ${cells} controls on assets
tenant          ${anchors.tenant}
as of           ${anchors.asOf}
recorded as of  ${anchors.recordedAsOf}
digest          ${anchors.digest}
decided again   ${replayedDigest ?? 'not possible'}

To be compared with the platform, or whoever you trust:
  archive       ${archive}
  last act      ${anchors.ledgerHead}
  keys          ${anchors.keys.length === 0 ? 'none' : anchors.keys.join('\n                ')}`;
}
