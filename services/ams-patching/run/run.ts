/** Door: one patch job on one host, carried out, taken back, or only looked at. */
import { readFileSync } from 'node:fs';
import { makeManifest, type PatchManifest } from '../manifest/manifest.ts';
import { Attempt, type RunOptions, sinceReboot, type What } from './attempt.ts';
import * as checks from './checks.ts';
import { execute } from './command.ts';
import { driverFor, locksOf } from './host.ts';
import { journalName, type PatchJob } from './job.ts';
import { recordsOf } from './journal.ts';
import { hold } from './lock.ts';
import { REFRESH_MS_MAX } from './look.ts';
import type { Check, PatchResult } from './result.ts';
import { runErrors } from './run-errors.ts';

export { askRepositories } from './ask-repositories.ts';
export type { RunOptions, RunProgress } from './attempt.ts';
export { PatchJob, parsePatchJob } from './job.ts';
export { resolveWanted } from './resolve.ts';
export type { Inspected } from './restart.ts';
export { isGood, PatchResult } from './result.ts';
export { runErrors } from './run-errors.ts';

/**
 * Applies exactly the packages of the job. What was begun and not ended is settled first and gone on with; a job that
 * ended has its result again.
 *
 * @throws PATCH_ROOT_UNUSABLE, PATCH_MANAGER_MISSING, PATCH_JOB_CHANGED, PATCH_JOURNAL_DAMAGED, PATCH_JOURNAL_NOT_WRITTEN,
 *   PATCH_OUTPUT_UNREADABLE; after each the same document may be handed over again
 */
export function applyJob(job: PatchJob, options: RunOptions): Promise<PatchResult> {
  return carryOut(job, 'apply', options);
}

/** All that would be looked at before: locks are held and lists refreshed meanwhile, no package is changed, nothing is noted. */
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

async function carryOut(job: PatchJob, what: What, options: RunOptions): Promise<PatchResult> {
  const { root, stateDirectory } = options;
  const boot = (options.bootId ?? bootId)();
  // Looked at before others are waited for, and again once nobody else is at work: much may have happened meanwhile.
  const before = standingOf(job, what, options, boot);
  if (before.result !== undefined) return before.result;
  const driver = driverFor(job.manager, root, stateDirectory);
  const attempt = new Attempt(job, what, driver, boot, options);
  if (!mayGoOn(before)) return attempt.refused(before.early);
  const held = await hold(locksOf(driver, stateDirectory), driver.innerLocks, job.lockWaitSeconds * 1_000);
  if (typeof held === 'string')
    return attempt.refused([...before.early, { check: 'lock', ok: false, because: held }]);
  using locks = held;
  const now = standingOf(job, what, options, boot);
  if (now.result !== undefined) return now.result;
  const early: readonly Check[] = [...now.early, { check: 'lock', ok: true, because: 'held' }];
  if (!mayGoOn(now)) return attempt.refused(early);
  const notes: string[] = [];
  if (what === 'rollback' && isOpen(job, stateDirectory)) {
    // What was interrupted on its way there is settled and ended first: nobody may go on with it later.
    const apply = new Attempt(job, 'apply', driver, boot, options);
    await apply.go(locks, [{ check: 'approval', ok: false, because: 'it is taken back' }]);
    notes.push('the job had been interrupted: it was settled and ended first');
  }
  // Awaited here: the locks are let go when this function ends.
  return await attempt.go(locks, early, notes);
}

interface Standing {
  /** Of a job that ended. */
  readonly result?: PatchResult;
  readonly wasBegun: boolean;
  /** What costs nothing to look at. */
  readonly early: readonly Check[];
}

/** A window that closed keeps nobody from bringing to an end what was interrupted in it. */
const mayGoOn = ({ wasBegun, early }: Standing): boolean => wasBegun || early.every(({ ok }) => ok);

/** @throws PATCH_JOB_CHANGED, PATCH_JOURNAL_DAMAGED */
function standingOf(
  job: PatchJob,
  what: What,
  { stateDirectory, nowMs, inspect }: RunOptions,
  boot: string,
): Standing {
  const applied = recordsOf(stateDirectory, journalName(job, 'apply'), job);
  const takenBack = recordsOf(stateDirectory, journalName(job, 'rollback'), job);
  const records = what === 'dry-run' ? undefined : what === 'apply' ? applied : takenBack;
  const wasBegun = records !== undefined;
  const early = [
    what === 'rollback' ? checks.checkRollbackTime(job, nowMs()) : checks.checkWindow(job, nowMs()),
    checks.checkApproval(job, nowMs()),
  ];
  // Its rollback has been, and would not be done again.
  if (what !== 'rollback' && !wasBegun && takenBack !== undefined)
    early.push({ check: 'approval', ok: false, because: 'it was taken back: what comes now is another job' });
  const ended = records?.findLast((record) => record.kind === 'ended');
  if (ended === undefined) return { wasBegun, early };
  const result = ended.bootId === boot ? ended.result : sinceReboot(ended.result, inspect?.());
  return { result, wasBegun, early };
}

function isOpen(job: PatchJob, stateDirectory: string): boolean {
  const records = recordsOf(stateDirectory, journalName(job, 'apply'), job);
  return records !== undefined && !records.some(({ kind }) => kind === 'ended');
}

/** Changes with every start of the kernel. @see proc_sys_kernel(5) */
const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
