/** `demarc patch apply`, `rollback` and `manifest`: one job on one host; see services/ams-patching/run/JOB.md for the document. */
import { join, resolve } from 'node:path';
import type { PatchManifest } from '@demarc/ams-patching/manifest';
import type { PatchResult, RunOptions } from '@demarc/ams-patching/run';
import { CHANGES_DIRECTORY } from '@demarc/platform/changes';
import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import type { Deps } from '../main.ts';
import { print, table } from '../output.ts';
import { readDocument } from '../read-file.ts';

interface Options {
  readonly job: string;
  readonly root: string;
  readonly state?: string;
  readonly dryRun?: boolean;
}

/** Outlives a reboot. */
const STATE = 'var/lib/demarc/patching';

export function registerRun(patch: Command, { output }: Deps): void {
  const withJob = (command: Command): Command =>
    command
      .requiredOption('--job <file>', 'the job (services/ams-patching/run/JOB.md); - for standard input')
      .option('--root <directory>', 'of the system that is patched, instead of this one', '/')
      .option('--state <directory>', `for the job’s journal; ${STATE} of that system when left out`);

  withJob(patch.command('apply'))
    .description('carry out one job on one host: exactly its packages, within its window')
    .option(
      '--dry-run',
      'look at everything that has to be right before; lists are refreshed, no package is changed',
    )
    .action(async (options: Options) => {
      const { applyJob, dryRun, isGood, parsePatchJob } = await import('@demarc/ams-patching/run');
      const carry = options.dryRun === true ? dryRun : applyJob;
      const result = await carry(parsePatchJob(readDocument(options.job)), await runOptions(options));
      print(output, result, () => shown(result));
      if (!isGood(result)) process.exitCode = EXIT.failed;
    });

  withJob(patch.command('rollback'))
    .description('take the packages of a job back to the versions from before')
    .action(async (options: Options) => {
      const { isGood, parsePatchJob, rollBack } = await import('@demarc/ams-patching/run');
      const result = await rollBack(parsePatchJob(readDocument(options.job)), await runOptions(options));
      print(output, result, () => shown(result));
      if (!isGood(result)) process.exitCode = EXIT.failed;
    });

  withJob(patch.command('manifest'))
    .description('the files that a job is about to change, with the digests that they then have')
    .action(async (options: Options) => {
      const { manifestFor, parsePatchJob } = await import('@demarc/ams-patching/run');
      const manifest = await manifestFor(parsePatchJob(readDocument(options.job)), await runOptions(options));
      print(output, manifest, () => shownManifest(manifest));
    });
}

/** What is installed afterwards is for the inventory to say, which has no part in patching. */
async function runOptions({ root: given, state }: Options): Promise<RunOptions> {
  const { readInventory } = await import('@demarc/vulnerability-scanning/inventory');
  const root = resolve(given);
  return {
    root,
    stateDirectory: resolve(state ?? join(root, STATE)),
    nowMs: () => Date.now(),
    changesDirectory: join(root, CHANGES_DIRECTORY),
    inspect: () => readInventory({ root, isLive: root === '/', nowMs: Date.now() }),
  };
}

function shown(result: PatchResult): string {
  const { jobId, what, checks, packages, settled, keptFiles, restarts, reboot, manifest, notes } = result;
  const owed = reboot.ordered
    ? 'A reboot was ordered'
    : reboot.owed === true
      ? 'A reboot is owed'
      : undefined;
  return [
    `${jobId}: ${what}, ${result.result}`,
    '',
    table(
      ['check', '', 'because'],
      checks.map(({ check, ok, because }) => [check, ok ? 'ok' : 'FAILED', because]),
    ),
    '',
    table(
      ['package', 'from', 'to', 'outcome', 'installed', 'because'],
      packages.map(({ name, arch, from, to, outcome, installed, because }) => [
        `${name}:${arch}`,
        from ?? '–',
        to,
        outcome,
        installed ?? '–',
        because,
      ]),
    ),
    ...settled.map((line) => `settled: ${line}`),
    ...keptFiles.map((file) => `kept as it was: ${file}`),
    ...restarts.map(({ unit, outcome, because }) => `${unit}: ${outcome}; ${because}`),
    ...(owed === undefined ? [] : [`${owed}: ${reboot.because.join('; ')}`]),
    ...(manifest === null ? [] : [`manifest: ${manifest.entries} files, SHA-256 ${manifest.sha256}`]),
    ...notes,
  ].join('\n');
}

function shownManifest({ entries }: PatchManifest): string {
  return table(
    ['change', 'type', 'path', 'SHA-256'],
    entries.map(({ change, type, path, sha256, target }) => [
      change,
      type,
      path,
      sha256 ?? (target === undefined ? '' : `→ ${target}`),
    ]),
  );
}
