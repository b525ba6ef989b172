/**
 * One errand, in a process of its own that outlives the agent: its directory is the last argument. What it is to do, how far it
 * is and what came of it are files there. Started beside another one of the same errand it leaves at once.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DemarcError } from '@demarc/platform/errors';
import { giveWay } from '@demarc/platform/workers/give-way';
import { journalName, type PatchJob } from '../run/job.ts';
import { hold } from '../run/lock.ts';
import type { Inspected } from '../run/restart.ts';
import { applyJob, askRepositories, type RunOptions, resolveWanted, rollBack } from '../run/run.ts';
import { begunAs, keepBegun } from './begun.ts';
import { bootId, ErrandFiles, startTicksOf } from './files.ts';
import type { Outcome, Task } from './task.ts';

/** The one before may just be going. */
const OTHER_MS_MAX = 2_000;
const LOCK_WAIT_MS = 120_000;

/** Of a system below this directory: what is installed, what still runs from replaced files, whether a reboot is owed. */
export type Inspect = (root: string) => Inspected;

/** @param inspect without it nothing is restarted, and of a reboot is known what packages say */
export async function work(inspect?: Inspect): Promise<void> {
  const files = new ErrandFiles(process.argv.at(-1) ?? '');
  // Who sent the terminal’s hang-up did not mean a job that is at work.
  process.on('SIGHUP', () => undefined);
  const held = await hold([join(files.directory, 'lock')], [], OTHER_MS_MAX);
  const task = files.read('task');
  if (typeof held === 'string' || task === undefined || files.read('outcome') !== undefined) return;
  const startTicks = startTicksOf(process.pid) ?? '';
  files.keep('running', { pid: process.pid, startTicks, bootId: bootId() });
  files.keep('outcome', await outcomeOf(task, files, inspect));
}

async function outcomeOf(given: Task, files: ErrandFiles, inspect?: Inspect): Promise<Outcome> {
  try {
    mkdirSync(given.journals, { recursive: true, mode: 0o700 });
    return await carryOut(given, files, inspect);
  } catch (error) {
    return {
      outcome: 'error',
      atMs: Date.now(),
      because: (error instanceof Error ? error.message : String(error)).slice(0, 1_000),
      mayTryAgain: error instanceof DemarcError && error.retryable,
      wasBegun: wasBegun(given),
    };
  }
}

async function carryOut(given: Task, files: ErrandFiles, inspect?: Inspect): Promise<Outcome> {
  const { root, journals: stateDirectory } = given;
  switch (given.kind) {
    case 'patch-resolve': {
      giveWay();
      const options = { root, stateDirectory, lockWaitMs: LOCK_WAIT_MS };
      const resolution = await resolveWanted(given.resolve, options);
      return { outcome: 'resolution', atMs: Date.now(), resolution };
    }
    case 'ask-repositories': {
      giveWay();
      const answer = await askRepositories(given.manager, { root, stateDirectory });
      return { outcome: 'repositories', atMs: Date.now(), answer };
    }
    case 'patch-apply': {
      const job = begunAs(stateDirectory, given.asked) ?? given.job;
      keepBegun(stateDirectory, given.asked, job);
      const result = await applyJob(job, optionsOf(given, files, inspect));
      return { outcome: 'result', result, wasBegun: wasBegun(given) };
    }
    case 'patch-rollback': {
      const job = begunAs(stateDirectory, given.asked) ?? given.job;
      const result = await rollBack(job, optionsOf(given, files, inspect));
      return { outcome: 'result', result, wasBegun: wasBegun(given) };
    }
  }
}

function optionsOf({ root, journals, changes }: Task, files: ErrandFiles, inspect?: Inspect): RunOptions {
  return {
    root,
    stateDirectory: journals,
    changesDirectory: changes,
    nowMs: () => Date.now(),
    ...(inspect === undefined ? {} : { inspect: () => inspect(root) }),
    onProgress: (progress) => {
      const atMs = Date.now();
      // After a crash it goes on, and was begun before.
      const begunAtMs = files.read('progress')?.begunAtMs ?? atMs;
      try {
        files.keep('progress', { begunAtMs, atMs, ...progress });
      } catch {
        // A full disk: the journal says so too, and ends the job there.
      }
    },
  };
}

function wasBegun(given: Task): boolean {
  if (!('job' in given)) return false;
  const journal = (job: PatchJob): string =>
    `${journalName(job, given.kind === 'patch-rollback' ? 'rollback' : 'apply')}.jsonl`;
  return existsSync(join(given.journals, journal(given.job)));
}
