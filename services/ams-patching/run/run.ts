/** Door: one patch job on one host, carried out, taken back, or only looked at. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeManifest, type PatchManifest } from '../manifest/manifest.ts';
import { Attempt, REFRESH_MS_MAX, type RunOptions, sinceReboot, type What } from './attempt.ts';
import * as checks from './checks.ts';
import { execute } from './command.ts';
import type { Driver } from './driver.ts';
import { driverFor } from './host.ts';
import type { PatchJob } from './job.ts';
import { Journal, recordsOf } from './journal.ts';
import { hold } from './lock.ts';
import type { PatchResult } from './result.ts';
import { runErrors } from './run-errors.ts';

export type { RunOptions } from './attempt.ts';
export { PatchJob, parsePatchJob } from './job.ts';
export type { Inspected } from './restart.ts';
export { isGood, PatchResult } from './result.ts';
export { runErrors } from './run-errors.ts';

/**
 * Applies exactly the packages of the job. What was begun and not ended is settled first and gone on with; a job that
 * ended has its result again.
 *
 * @throws PATCH_ROOT_UNUSABLE, PATCH_MANAGER_MISSING, PATCH_JOB_CHANGED, PATCH_JOURNAL_DAMAGED, PATCH_OUTPUT_UNREADABLE;
 *   after each the same document may be handed over again
 */
export function applyJob(job: PatchJob, options: RunOptions): Promise<PatchResult> {
  return carryOut(job, 'apply', options);
}

/** All that would be looked at before; lists are refreshed, nothing else is changed and nothing is noted. */
export function dryRun(job: PatchJob, options: RunOptions): Promise<PatchResult> {
  return carryOut(job, 'dry-run', options);
}

/** Takes every package of the job back to the version from before, by exact version or by the snapshot's hook. */
export function rollBack(job: PatchJob, options: RunOptions): Promise<PatchResult> {
  return carryOut(job, 'rollback', options);
}

/**
 * What the job is about to change; nothing but caches is.
 *
 * @throws PATCH_MANIFEST_NOT_MADE, PATCH_MANIFEST_TOO_LARGE, PATCH_ARCHIVE_UNREADABLE, PATCH_MANAGER_BUSY
 */
export async function manifestFor(job: PatchJob, options: RunOptions): Promise<PatchManifest> {
  const { root, stateDirectory, nowMs, run = execute } = options;
  const driver = driverFor(job.manager, root, stateDirectory);
  const held = await hold(locksOf(driver, stateDirectory), driver.innerLocks, job.lockWaitSeconds * 1_000);
  if (typeof held === 'string') throw runErrors.make('PATCH_MANAGER_BUSY', { because: held });
  using _locks = held;
  const repository = await checks.checkRepository(driver, run, REFRESH_MS_MAX);
  if (!repository.ok)
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive: job.id, because: repository.because });
  return await makeManifest({ job, driver, root, run, nowMs: nowMs() });
}

function locksOf({ locks }: Driver, stateDirectory: string): readonly string[] {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  return [join(stateDirectory, 'lock'), ...locks];
}

async function carryOut(job: PatchJob, what: What, options: RunOptions): Promise<PatchResult> {
  const { root, stateDirectory, nowMs } = options;
  const name = what === 'rollback' ? `${job.id}.rollback` : job.id;
  const records = what === 'dry-run' ? undefined : recordsOf(stateDirectory, name);
  const ended = records?.findLast((record) => record.kind === 'ended');
  const boot = (options.bootId ?? bootId)();
  if (ended !== undefined) {
    // Whether it is the same job is for the journal to say.
    Journal.open(stateDirectory, name, job, { bootId: boot }, nowMs)[Symbol.dispose]();
    return ended.bootId === boot ? ended.result : sinceReboot(ended.result, options.inspect?.());
  }
  const driver = driverFor(job.manager, root, stateDirectory);
  const attempt = new Attempt(job, what, driver, boot, options);
  const early = [
    what === 'rollback' ? checks.checkRollbackTime(job, nowMs()) : checks.checkWindow(job, nowMs()),
    checks.checkApproval(job, nowMs()),
  ];
  // A window that closed keeps nobody from bringing to an end what was interrupted in it.
  const wasBegun = records !== undefined;
  if (!early.every(({ ok }) => ok) && !wasBegun) return attempt.refused(early);
  const held = await hold(locksOf(driver, stateDirectory), driver.innerLocks, job.lockWaitSeconds * 1_000);
  if (typeof held === 'string')
    return attempt.refused([...early, { check: 'lock', ok: false, because: held }]);
  using locks = held;
  if (what === 'rollback' && isOpen(stateDirectory, job.id)) {
    // What was interrupted on its way there is settled and ended first: nobody may go on with it later.
    const stop = { check: 'window', ok: false, because: 'it is taken back' } as const;
    await new Attempt(job, 'apply', driver, boot, options).go(locks, job.id, [stop]);
  }
  // Awaited here: the locks are let go when this function ends.
  return await attempt.go(locks, name, [...early, { check: 'lock', ok: true, because: 'held' }]);
}

function isOpen(stateDirectory: string, name: string): boolean {
  const records = recordsOf(stateDirectory, name);
  return records !== undefined && !records.some(({ kind }) => kind === 'ended');
}

/** Changes with every start of the kernel. @see proc_sys_kernel(5) */
const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
