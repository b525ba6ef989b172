/** What the end of a process means: whether it is tried again, and what is told of it. Pure. */
import type { PatchJob } from '../run/job.ts';
import type { PatchResult } from '../run/result.ts';
import type { Outcome, Task } from './task.ts';
import { summaryOf, type Telling } from './to-ocsf.ts';

export interface End {
  readonly telling: Telling;
  readonly isRefused: boolean;
  readonly because: string;
}

/** Of a rollback that waits for others, or of a job that was begun and cannot be settled: 16 hours at one a minute. */
const BUSY_MAX = 1_000;
const ERRORS_MAX = 5;

/** @param nextAtMs when it would be tried again: a job has its window only */
export function isBusyAgain(outcome: Outcome, task: Task, attempts: number, nextAtMs: number): boolean {
  switch (outcome.outcome) {
    case 'error':
      return outcome.mayTryAgain && attempts < ERRORS_MAX;
    case 'result': {
      const { result, checks } = outcome.result;
      if (result !== 'refused' || !('job' in task) || attempts >= BUSY_MAX) return false;
      const failed = checks.filter(({ ok }) => !ok);
      if (!failed.some(({ check }) => check === 'lock')) return false;
      const { window, secondsPerSet, rollback } = task.job;
      const untilMs =
        task.kind === 'patch-rollback'
          ? (rollback.untilMs ?? window.closesAtMs)
          : window.closesAtMs - secondsPerSet * 1_000;
      // What was begun is settled also when its window has closed.
      return nextAtMs < untilMs || outcome.wasBegun;
    }
    case 'resolution':
    case 'repositories':
      return false;
  }
}

export function endOf(outcome: Outcome, task: Task): End {
  const isRollback = task.kind === 'patch-rollback';
  switch (outcome.outcome) {
    case 'result': {
      const { result } = outcome;
      const telling: Telling = { told: { about: 'result', result }, isRollback, atMs: result.endedAtMs };
      return { telling, isRefused: result.result === 'refused', because: summaryOf(result) };
    }
    case 'resolution': {
      const { resolution, atMs } = outcome;
      const { packages, missing } = resolution;
      return {
        telling: { told: { about: 'resolution', resolution }, isRollback, atMs },
        isRefused: false,
        because: `${packages.length} packages can be had, ${missing.length} cannot`,
      };
    }
    case 'error':
      return endOfError(outcome, task);
    case 'repositories':
      throw new Error('nobody orders that');
  }
}

function endOfError(
  { atMs, because, wasBegun }: Extract<Outcome, { readonly outcome: 'error' }>,
  task: Task,
): End {
  const isRollback = task.kind === 'patch-rollback';
  if (task.kind === 'patch-resolve') {
    const { jobId, wanted } = task.resolve;
    const missing = wanted.map(({ name }) => ({ name, because }));
    const told: Telling['told'] = { about: 'resolution', resolution: { jobId, packages: [], missing } };
    return { telling: { told, isRollback, atMs, isError: true }, isRefused: false, because };
  }
  if (task.kind === 'ask-repositories') throw new Error('nobody orders that');
  const result = unknownResult(task.job, isRollback, because, wasBegun, atMs);
  return {
    telling: { told: { about: 'result', result }, isRollback, atMs, isError: true },
    isRefused: !wasBegun,
    because: `${wasBegun ? 'what was done is not known' : 'it was not begun'}: ${because}`,
  };
}

/** What is installed was not looked at: the next inventory says it. */
function unknownResult(
  job: PatchJob,
  isRollback: boolean,
  because: string,
  wasBegun: boolean,
  atMs: number,
): PatchResult {
  const why = `${wasBegun ? 'what became of it is not known' : 'it was not begun'}: ${because}`;
  return {
    jobId: job.id,
    what: isRollback ? 'rollback' : 'apply',
    result: wasBegun ? 'failed' : 'refused',
    startedAtMs: atMs,
    endedAtMs: atMs,
    checks: [],
    packages: job.packages.map(({ name, arch, from, to }) => ({
      name,
      arch,
      from,
      to,
      outcome: 'not-tried',
      because: why,
      installed: null,
    })),
    settled: [],
    keptFiles: [],
    restarts: [],
    reboot: { owed: null, ordered: false, because: [] },
    manifest: null,
    notes: [why],
  };
}
