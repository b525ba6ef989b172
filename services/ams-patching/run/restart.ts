/** After packages came: programs that still run from replaced files are restarted where the job allows it, and a reboot is owed or not. */
import { existsSync } from 'node:fs';
import { complaintOf, type Execute } from './command.ts';
import { keyOf, type PatchJob } from './job.ts';
import type { PatchResult } from './result.ts';

/** What an inventory of the host says; the inventory of vulnerability scanning fits it. */
export interface Inspected {
  readonly packages: readonly {
    readonly type: string;
    readonly name: string;
    readonly version: string;
    readonly arch?: string | undefined;
  }[];
  /** Null where no running system is looked at. */
  readonly staleProcesses:
    | readonly {
        readonly pid: number;
        readonly name: string;
        readonly unit?: string | undefined;
        readonly files: readonly string[];
      }[]
    | null;
  readonly reboot: { readonly needed: boolean; readonly because: readonly string[] } | null;
}

type Restart = PatchResult['restarts'][number];
const RESTART_MS_MAX = 120_000;
/** systemd says so to those who ask. @see sd_booted(3) */
const SYSTEMD = '/run/systemd/system';
export const isSystemdThere = (): boolean => existsSync(SYSTEMD);

export interface RestartOptions {
  readonly job: PatchJob;
  readonly inspected: Inspected;
  readonly run: Execute;
  readonly hasSystemd: boolean;
  /** Why nothing may be restarted at this moment; asked before each. */
  readonly notNow: () => string | undefined;
  /** Said before each restart. */
  readonly onRestart: (unit: string) => void;
  readonly onRestarted: (unit: string, because: string) => void;
  readonly inspect: () => Inspected;
}

export async function restartStale(options: RestartOptions): Promise<readonly Restart[]> {
  const { job, inspected, run, hasSystemd, notNow, onRestart, onRestarted, inspect } = options;
  const byUnit = staleUnits(inspected);
  const allowed = new Set(job.restart.services);
  const restarts: Restart[] = [];
  for (const [unit, programs] of byUnit) {
    const runs = `${programs} still runs from replaced files`;
    const problem = !allowed.has(unit)
      ? 'the job does not allow a restart'
      : hasSystemd
        ? notNow()
        : 'there is no systemd here';
    if (problem !== undefined) restarts.push({ unit, outcome: 'owed', because: `${runs}, and ${problem}` });
    else {
      onRestart(unit);
      const because = await restart(unit, run);
      onRestarted(unit, because ?? 'it is active');
      restarts.push(
        because === undefined
          ? { unit, outcome: 'restarted', because: runs }
          : { unit, outcome: 'failed', because: `${runs}; ${because}` },
      );
    }
  }
  if (!restarts.some(({ outcome }) => outcome === 'restarted')) return restarts;
  // Looking again takes seconds: what began and died since is told as well.
  const after = staleUnits(inspect());
  return Promise.all(
    restarts.map(async (item) => {
      if (item.outcome !== 'restarted') return item;
      const stale = after.get(item.unit);
      const because =
        stale === undefined
          ? await inactive(item.unit, run, 'a while after its restart')
          : `it was restarted, and ${stale} still runs from replaced files`;
      return because === undefined ? item : { ...item, outcome: 'failed' as const, because };
    }),
  );
}

/** What has no unit (a login's programs, process 1) is told by its process. */
function staleUnits({ staleProcesses }: Inspected): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { pid, name, unit } of staleProcesses ?? []) {
    const of = unit ?? `process ${pid}`;
    const known = found.get(of);
    found.set(
      of,
      known === undefined ? name : known.split(', ').includes(name) ? known : `${known}, ${name}`,
    );
  }
  return found;
}

/** @returns what went wrong */
async function restart(unit: string, run: Execute): Promise<string | undefined> {
  const restarted = await run({ argv: ['systemctl', 'restart', '--', unit] }, RESTART_MS_MAX);
  if (restarted.code !== 0) return complaintOf(restarted);
  return inactive(unit, run, 'after its restart');
}

/** @returns what it is instead, and when */
async function inactive(unit: string, run: Execute, when: string): Promise<string | undefined> {
  const active = await run({ argv: ['systemctl', 'is-active', '--', unit] }, RESTART_MS_MAX);
  return active.code === 0 ? undefined : `it is ${active.stdout.trim() || 'not active'} ${when}`;
}

/**
 * A reboot that is owed is owed, whatever became of the packages.
 *
 * @param changed what is installed now of those that were given to the manager
 */
export function rebootOwed(
  job: PatchJob,
  changed: ReadonlyMap<string, string>,
  inspected: Inspected | undefined,
): {
  readonly owed: boolean | null;
  readonly because: readonly string[];
} {
  const because = [
    ...job.packages.flatMap((item) => {
      const version = changed.get(keyOf(item));
      return item.needsReboot && version !== undefined
        ? [`${item.name} ${version} is in use only after a reboot`]
        : [];
    }),
    ...(inspected?.reboot?.because ?? []),
  ];
  if (because.length > 0) return { owed: true, because };
  const reboot = inspected?.reboot ?? null;
  return reboot === null
    ? { owed: null, because: ['no running system was looked at'] }
    : { owed: reboot.needed, because: [] };
}

/** @returns what went wrong; a reboot that was ordered is not waited for */
export async function orderReboot(run: Execute): Promise<string | undefined> {
  // `--no-block`: with it systemctl answers before the system goes down under it.
  const ran = await run({ argv: ['systemctl', '--no-block', 'reboot'] }, RESTART_MS_MAX);
  return ran.code === 0 ? undefined : complaintOf(ran);
}
