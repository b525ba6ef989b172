/** Whether the repositories of a machine answer, and how old their lists are. Lists are refreshed; no package is touched. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkRepository } from './checks.ts';
import { type Execute, execute } from './command.ts';
import { driverFor, locksOf } from './host.ts';
import type { Manager } from './job.ts';
import { hold } from './lock.ts';
import { REFRESH_MS_MAX } from './look.ts';

export interface RepositoryAnswer {
  readonly manager: Manager;
  /** Somebody else is at work with the manager: nobody was asked. */
  readonly busyBecause: string | null;
  readonly isReached: boolean;
  readonly because: string;
  /** Of packages, that are there now; null where they are not looked at. */
  readonly listCount: number | null;
  /** Milliseconds since the epoch: when the repository made the newest of them. */
  readonly newestListAtMs: number | null;
  readonly tookMs: number;
}

const LISTS = 'var/lib/apt/lists';
const LISTS_MAX = 10_000;

/** Nobody is waited for. @throws PATCH_ROOT_UNUSABLE */
export async function askRepositories(
  manager: Manager,
  { root, stateDirectory, run = execute }: { root: string; stateDirectory: string; run?: Execute },
): Promise<RepositoryAnswer> {
  const beganMs = performance.now();
  const driver = driverFor(manager, root, stateDirectory);
  const held = await hold(locksOf(driver, stateDirectory), driver.innerLocks, 0);
  if (typeof held === 'string')
    return {
      manager,
      busyBecause: held,
      isReached: false,
      because: held,
      listCount: null,
      newestListAtMs: null,
      tookMs: 0,
    };
  using _locks = held;
  const { ok, because } = await checkRepository(driver, run, REFRESH_MS_MAX);
  return {
    manager,
    busyBecause: null,
    isReached: ok,
    because,
    ...(manager === 'apt' ? listsOf(root) : { listCount: null, newestListAtMs: null }),
    tookMs: Math.round(performance.now() - beganMs),
  };
}

/** apt gives a list the time that its server gives it. @see apt-get(8) */
function listsOf(root: string): Pick<RepositoryAnswer, 'listCount' | 'newestListAtMs'> {
  const files = readdirSync(join(root, LISTS))
    .filter((name) => /_Packages(?:\.[a-z0-9]+)?$/.test(name))
    .slice(0, LISTS_MAX)
    .map((name) => statSync(join(root, LISTS, name)).mtimeMs);
  const newest = files.reduce((latest, each) => Math.max(latest, each), 0);
  return { listCount: files.length, newestListAtMs: files.length === 0 ? null : Math.round(newest) };
}
