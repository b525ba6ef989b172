/** What has to be right before anything is touched. Those that cost nothing come first; each says what it found. */
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { complaintOf, type Execute } from './command.ts';
import {
  beyond,
  type Direction,
  type Driver,
  type Installed,
  type InstalledByKey,
  offerOf,
  plannedBy,
  targetsOf,
} from './driver.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import { windowProblem } from './progress.ts';
import type { Check } from './result.ts';
import { latestSnapshot } from './snapshot.ts';

/** Problems that are listed one by one. */
const LISTED_MAX = 10;

export function listed(problems: readonly string[]): string {
  const more = problems.length - LISTED_MAX;
  return problems.slice(0, LISTED_MAX).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

const verdict = (check: Check['check'], problems: readonly string[], good: string): Check => ({
  check,
  ok: problems.length === 0,
  because: problems.length === 0 ? good : listed(problems),
});

export function checkWindow(job: PatchJob, nowMs: number): Check {
  const problem = windowProblem(job, nowMs);
  const left = Math.floor((job.window.closesAtMs - nowMs) / 1_000);
  return verdict('window', problem === undefined ? [] : [problem], `open for another ${left} s`);
}

/** A rollback may be begun from the window's opening until the job says. */
export function checkRollbackTime({ window, rollback }: PatchJob, nowMs: number): Check {
  const until = rollback.untilMs ?? window.closesAtMs;
  const problems =
    nowMs < window.opensAtMs
      ? [`the window opens at ${new Date(window.opensAtMs).toISOString()}`]
      : nowMs >= until
        ? [`it might be begun until ${new Date(until).toISOString()}`]
        : [];
  return verdict('window', problems, `it may be begun until ${new Date(until).toISOString()}`);
}

export function checkApproval({ approval, party, fourEyes, requestedBy }: PatchJob, nowMs: number): Check {
  if (approval === undefined) return verdict('approval', [`nobody of ${party} approved it`], '');
  const problems: string[] = [];
  if (approval.party !== party)
    problems.push(`${approval.person} of ${approval.party} approved it, and the duty is ${party}’s`);
  if (fourEyes && approval.person === requestedBy.person && approval.party === requestedBy.party)
    problems.push(`${approval.person} asked for it and approved it`);
  if (approval.atMs > nowMs) problems.push('the approval is of a time to come');
  if (approval.untilMs !== undefined && approval.untilMs <= nowMs)
    problems.push(`the approval was good until ${new Date(approval.untilMs).toISOString()}`);
  return verdict('approval', problems, `by ${approval.person} of ${approval.party}`);
}

/** @param installed what the manager's database has of packages */
export function checkState(driver: Driver, installed: readonly Installed[]): Check {
  const interrupted = driver.interruptedBecause();
  const halves = installed
    .filter(({ isWhole }) => !isWhole)
    .map(({ name, version }) => `${name} ${version} is only half installed`);
  return verdict(
    'state',
    [...(interrupted === undefined ? [] : [interrupted]), ...halves],
    `${installed.length} packages, all whole`,
  );
}

export function checkDisk({ freeBytes }: PatchJob, root: string): Check {
  const problems: string[] = [];
  const seen: string[] = [];
  for (const [place, wanted] of [
    ['', freeBytes.root],
    ['var', freeBytes.var],
    ['boot', freeBytes.boot],
  ] as const) {
    const path = join(root, place);
    if (!existsSync(path)) {
      seen.push(`/${place} is not there`);
      continue;
    }
    const { bavail, bsize } = statfsSync(path);
    const free = bavail * bsize;
    seen.push(`/${place} has ${mebibytes(free)}`);
    if (free < wanted)
      problems.push(`/${place} has ${mebibytes(free)} free, and ${mebibytes(wanted)} are demanded`);
  }
  return verdict('disk', problems, `${seen.join(', ')} free`);
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`;

export async function checkSnapshot(
  { snapshot }: PatchJob,
  run: Execute,
  nowMs: number,
): Promise<{ readonly check: Check; readonly id: string | undefined }> {
  if (snapshot === undefined) return { check: verdict('snapshot', [], 'none is demanded'), id: undefined };
  const answer = await latestSnapshot(snapshot, run);
  if (typeof answer === 'string') return { check: verdict('snapshot', [answer], ''), id: undefined };
  const age = Math.floor((nowMs - answer.takenAtMs) / 1_000);
  const problems =
    age < 0
      ? [`${answer.id} is of a time to come`]
      : age > snapshot.ageSecondsMax
        ? [`${answer.id} is ${age} s old, and at most ${snapshot.ageSecondsMax} s are allowed`]
        : [];
  return { check: verdict('snapshot', problems, `${answer.id} is ${age} s old`), id: answer.id };
}

/** Each package is where the plan left it, or where it shall be. */
export function checkVersions(job: PatchJob, installed: InstalledByKey): Check {
  const problems = job.packages.flatMap((item) => {
    const found = installed.get(keyOf(item)) ?? [];
    if (found.length === 0) return item.from === null ? [] : [`${keyOf(item)} is not installed`];
    const versions = found.map(({ version }) => version);
    return versions.some((version) => version === item.from || version === item.to)
      ? []
      : [
          `${keyOf(item)} is ${versions.join(', ')}, and the job is for ${item.from ?? 'one that is not there'}`,
        ];
  });
  return verdict('versions', problems, 'as planned');
}

export async function checkRepository(driver: Driver, run: Execute, timeoutMs: number): Promise<Check> {
  const problem = driver.refreshProblem(await run(driver.refresh(), timeoutMs));
  return verdict('repository', problem === undefined ? [] : [problem], 'reached, its lists are new');
}

/** A version that no repository has any more is one that nothing leads back to. */
export async function checkWayBack(
  job: PatchJob,
  driver: Driver,
  run: Execute,
  timeoutMs: number,
): Promise<Check> {
  if (job.rollback.by !== 'versions')
    return verdict('way-back', [], job.rollback.by === 'none' ? 'none is demanded' : 'the snapshot');
  const ran = await run(driver.offers(job.packages.map(({ name }) => name)), timeoutMs);
  if (ran.because !== undefined) return verdict('way-back', [complaintOf(ran)], '');
  const offered = driver.parseOffers(ran);
  const problems = job.packages
    .filter(({ name, from }) => from !== null && !offered.has(offerOf(name, from)))
    .map(({ name, from }) => `${name} ${from} is offered no more: there would be no way back`);
  return verdict('way-back', problems, 'every version of before is offered');
}

/** What the manager would do for these is exactly that. */
export async function checkSimulation(
  driver: Driver,
  packages: readonly JobPackage[],
  direction: Direction,
  run: Execute,
  timeoutMs: number,
): Promise<Check> {
  const targets = targetsOf(packages, direction);
  if (targets.length === 0) return verdict('simulation', [], 'nothing is left to be done');
  const planned = plannedBy(driver, await run(driver.simulate(targets, direction), timeoutMs));
  if (typeof planned === 'string') return verdict('simulation', [planned], '');
  return verdict('simulation', beyond(planned, targets), `exactly the ${targets.length} packages of the job`);
}
