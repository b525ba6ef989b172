/** The way back by a snapshot: it takes everything on the disk along, so it is gone once, and only in its time. */
import type { Hands } from './hands.ts';
import { type JobPackage, keyOf } from './job.ts';
import type { Judged } from './journal.ts';
import { missing } from './progress.ts';
import { hookProblem, restoreSnapshot } from './snapshot.ts';

/**
 * What a crash interrupted is gone again while it may be begun; what was gone before is not, whenever that is: there may
 * be days of work on the host since.
 *
 * @param stop why nothing more may be begun
 * @returns why it was not gone, or went wrong; empty when all is well
 */
export async function restore(hands: Hands, stop: string | undefined): Promise<string> {
  const { journal, job, snapshotId, run, progress } = hands;
  const keys = job.packages.map(keyOf);
  if (progress.back === 'ended') {
    // A restore may take effect with a start of the system: that has been since, or nothing has changed.
    const back = (await judged(hands, undefined)).filter(
      ({ key, outcome }) => outcome !== 'failed' && progress.packages.get(key)?.outcome === 'failed',
    );
    if (back.length > 0) journal.add({ kind: 'back-ended', judged: back });
    return '';
  }
  if (stop !== undefined) {
    if (progress.back === 'begun') {
      // What is installed says little of a disk of which half is another one.
      const because = `going back to snapshot ${snapshotId ?? '?'} was interrupted and is not begun again: ${stop}`;
      journal.add({
        kind: 'back-ended',
        judged: keys.map((key) => ({ key, outcome: 'failed', because })),
      });
    }
    return stop;
  }
  const { snapshot } = job;
  let problem =
    snapshot === undefined || snapshotId === undefined
      ? 'no snapshot is known from before the job'
      : hookProblem(snapshot);
  if (snapshot !== undefined && snapshotId !== undefined && problem === undefined) {
    journal.add({ kind: 'back-begun', packages: keys });
    problem = await restoreSnapshot(snapshot, snapshotId, run);
  }
  journal.add({ kind: 'back-ended', judged: await judged(hands, problem) });
  return problem ?? '';
}

async function judged(hands: Hands, problem: string | undefined): Promise<Judged[]> {
  const { job, direction, progress } = hands;
  const snapshot = `snapshot ${hands.snapshotId ?? '?'}`;
  const installed = await hands.installed();
  return job.packages.map((item) => {
    const key = keyOf(item);
    if (isBack(item, installed.get(key) ?? [])) {
      const because = progress.packages.get(key)?.because || `by ${snapshot}`;
      return { key, outcome: direction === 'downgrade' ? 'done' : 'rolled-back', because };
    }
    // Until the next start of the system it may not be there.
    const because = `${snapshot}: ${problem ?? 'restored, and what is installed is not from before yet'}`;
    return { key, outcome: 'failed', because };
  });
}

const isBack = (item: JobPackage, found: Parameters<typeof missing>[2]): boolean =>
  item.from === null ? found.length === 0 : missing(item, item.from, found, '') === undefined;
