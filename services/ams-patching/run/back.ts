/** The way back by versions: of each package the one from before. */
import type { Ran } from './command.ts';
import { forbidOwed } from './forbid.ts';
import { BACK_MS_MAX, type Hands } from './hands.ts';
import { type JobPackage, keyOf } from './job.ts';
import type { Judged } from './journal.ts';
import { missing } from './progress.ts';

/** What failed and is not as it was before goes back, once. */
export async function goBackWhereOwed(hands: Hands): Promise<void> {
  const { by, onFailure } = hands.job.rollback;
  if (hands.direction === 'downgrade' || by !== 'versions' || onFailure === 'keep') return;
  const { packages } = hands.progress;
  const failed = hands.job.packages.filter((item) => {
    const state = packages.get(keyOf(item));
    return state?.outcome === 'failed' && state.wasGiven && !state.wentBack;
  });
  if (failed.length === 0) return;
  const installed = await hands.installed();
  const owed = failed.filter(
    (item) =>
      item.from !== null && missing(item, item.from, installed.get(keyOf(item)) ?? [], '') !== undefined,
  );
  if (owed.length > 0) await goBack(hands, owed);
}

/** Whether one that failed takes the others along. */
export function isAllBackOwed({ direction, job, progress }: Hands): boolean {
  if (direction === 'downgrade' || job.rollback.onFailure !== 'all') return false;
  const outcomes = [...progress.packages.values()].map(({ outcome }) => outcome);
  return outcomes.includes('failed') || outcomes.includes('rolled-back');
}

export async function allBack(hands: Hands): Promise<void> {
  const { packages } = hands.progress;
  const done = hands.job.packages.filter(
    (item) => packages.get(keyOf(item))?.outcome === 'done' && item.from !== null,
  );
  if (hands.job.rollback.by === 'versions' && done.length > 0) await goBack(hands, done);
}

export async function goBack(hands: Hands, seeds: readonly JobPackage[]): Promise<void> {
  const { journal, driver } = hands;
  const { items, problem } = await hands.together(seeds, 'downgrade');
  let ran: Ran = { code: null, stdout: '', stderr: '', because: problem ?? '' };
  if (problem === undefined) {
    journal.add({ kind: 'back-begun', packages: items.map(keyOf) });
    ran = await hands.apply(items, 'downgrade', BACK_MS_MAX);
  }
  const installed = await hands.installed();
  const { packages } = hands.progress;
  const judged = items.map((item): Judged => {
    const key = keyOf(item);
    const why = packages.get(key)?.because || 'another package of the job failed';
    const found = installed.get(key) ?? [];
    const because = missing(item, item.from ?? '', found, problem ?? driver.reasonOf(ran, item.name));
    return because === undefined
      ? { key, outcome: 'rolled-back', because: why }
      : { key, outcome: 'failed', because: `${why}; going back failed too: ${because}`.slice(0, 2_000) };
  });
  journal.add({ kind: 'back-ended', judged });
  await forbidOwed(hands);
}
