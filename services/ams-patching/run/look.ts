/** Everything that has to be right before anything is touched, one after the other. */
import * as checks from './checks.ts';
import type { Execute } from './command.ts';
import type { Direction, Driver } from './driver.ts';
import { installedBy } from './host.ts';
import { journalName, keyOf, type PatchJob } from './job.ts';
import { recordsOf, snapshotOf } from './journal.ts';
import type { Check } from './result.ts';
import { hookProblem } from './snapshot.ts';

export const REFRESH_MS_MAX = 600_000;

export interface LookOptions {
  readonly job: PatchJob;
  readonly direction: Direction;
  readonly driver: Driver;
  readonly run: Execute;
  readonly root: string;
  readonly stateDirectory: string;
  readonly nowMs: () => number;
}

/**
 * In the order of their price; after one that failed only those follow that tell more at no price.
 *
 * @param early those that were made before
 * @returns of the snapshot that would be gone back to
 */
export async function lookFirst(
  options: LookOptions,
  early: readonly Check[],
): Promise<{ readonly checks: readonly Check[]; readonly snapshotId: string | undefined }> {
  const { job, direction, driver, run, root, nowMs } = options;
  const { all, byKey } = await installedBy(driver, run);
  const snapshot =
    direction === 'upgrade' ? await checks.checkSnapshot(job, run, nowMs()) : snapshotOfBefore(options);
  // Half of a failed package is a reason to go back, not one to stay.
  const state = checks.checkState(driver, direction === 'upgrade' ? all : []);
  const made = [state, checks.checkDisk(job, root), snapshot.check];
  if (direction === 'upgrade') made.push(checks.checkVersions(job, byKey));
  const snapshotId = snapshot.id;
  if ([...early, ...made].some(({ ok }) => !ok)) return { checks: made, snapshotId };
  if (direction === 'downgrade' && job.rollback.by === 'snapshot') return { checks: made, snapshotId };
  // A rollback is begun in its time; what it then takes is its own.
  const left = (): number =>
    direction === 'upgrade' ? Math.min(REFRESH_MS_MAX, job.window.closesAtMs - nowMs()) : REFRESH_MS_MAX;
  made.push(await checks.checkRepository(driver, run, left()));
  if (made.some(({ ok }) => !ok)) return { checks: made, snapshotId };
  made.push(await checks.checkWayBack(job, driver, run, left()));
  const open = job.packages.filter(
    (item) =>
      !(byKey.get(keyOf(item)) ?? []).some(
        ({ version, isWhole }) => isWhole && version === (direction === 'upgrade' ? item.to : item.from),
      ),
  );
  made.push(await checks.checkSimulation(driver, open, direction, run, left()));
  return { checks: made, snapshotId };
}

/** The one that was looked at before the job. */
function snapshotOfBefore({ job, stateDirectory }: LookOptions): {
  readonly check: Check;
  readonly id: string | undefined;
} {
  const id = snapshotOf(recordsOf(stateDirectory, journalName(job, 'apply'), job) ?? []);
  const { rollback, snapshot } = job;
  if (rollback.by !== 'snapshot' || snapshot === undefined)
    return { check: { check: 'snapshot', ok: true, because: 'none is needed' }, id };
  const problem = id === undefined ? 'none is known from before the job' : hookProblem(snapshot);
  return { check: { check: 'snapshot', ok: problem === undefined, because: problem ?? id ?? '' }, id };
}
