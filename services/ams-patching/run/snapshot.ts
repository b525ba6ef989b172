/**
 * Snapshots belong to whoever runs the storage: a program of theirs is asked.
 *
 * `HOOK status` prints `{"id": "…", "takenAtMs": 1700000000000}` of the latest one; `HOOK restore ID` goes back to it.
 */
import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { complaintOf, type Execute } from './command.ts';
import type { PatchJob } from './job.ts';

const Answer = z.object({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,255}$/),
  takenAtMs: z.int().min(0),
});
type Snapshot = NonNullable<PatchJob['snapshot']>;
export type SnapshotAnswer = z.infer<typeof Answer> | string;

const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** @returns a sentence when there is no answer */
export async function latestSnapshot(snapshot: Snapshot, run: Execute): Promise<SnapshotAnswer> {
  const problem = hookProblem(snapshot);
  if (problem !== undefined) return problem;
  const ran = await call(snapshot, run, ['status']);
  if (ran.code !== 0) return complaintOf(ran);
  try {
    return Answer.parse(JSON.parse(ran.stdout));
  } catch {
    return `its answer is not understood: ${ran.stdout.slice(0, 200)}`;
  }
}

/** Whoever looked at its hook before (`hookProblem`) goes back. @returns a sentence when it went wrong */
export async function restoreSnapshot(
  snapshot: Snapshot,
  id: string,
  run: Execute,
): Promise<string | undefined> {
  const ran = await call(snapshot, run, ['restore', id]);
  return ran.code === 0 ? undefined : complaintOf(ran);
}

const call = (
  { hook, timeoutSeconds }: Snapshot,
  run: Execute,
  more: readonly string[],
): ReturnType<Execute> => {
  const [file = '', ...args] = hook;
  return run({ argv: [file, ...args, ...more] }, timeoutSeconds * 1_000);
};

/**
 * It runs as root: only root may be able to put something else in its place. So it is named without links, and every
 * directory on the way to it is looked at too. What its arguments name is not.
 *
 * @returns a sentence when it must not be run
 */
export function hookProblem({ hook: [file = ''] }: Snapshot): string | undefined {
  return othersProblem(file, 'program');
}

/** @returns a sentence when others than root can change the file, or put another in its place */
export function othersProblem(file: string, what: 'program' | 'file'): string | undefined {
  try {
    const real = realpathSync(file);
    if (real !== file) return `${file} leads to ${real}: name that`;
    if (!lstatSync(file).isFile()) return `${file} is no ${what}`;
    for (let at = file; ; at = dirname(at)) {
      if (isOthers(lstatSync(at)))
        return at === file
          ? `${file} can be changed by others than root`
          : `${file} can be put in another’s place by others than root: ${at} is theirs to write`;
      if (at === dirname(at)) return undefined;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** In a directory that has the sticky bit (/tmp) nobody but root takes away what is root's. @see inode(7) */
function isOthers(stats: Stats): boolean {
  const isKept = stats.isDirectory() && (stats.mode & STICKY) !== 0;
  return stats.uid !== 0 || ((stats.mode & GROUP_OR_OTHERS_WRITE) !== 0 && !isKept);
}
