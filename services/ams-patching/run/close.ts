/** The end of a job: what is installed now by two who do not know each other, what has to be restarted, and whether a reboot is owed. */
import type { Execute } from './command.ts';
import type { Direction, Driver } from './driver.ts';
import { installedBy } from './host.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import type { Journal } from './journal.ts';
import { missing, outsideWindow } from './progress.ts';
import { type Inspected, rebootOwed, restartStale } from './restart.ts';
import type { PackageResult, PatchResult } from './result.ts';
import type { Work } from './work.ts';

export interface CloseOptions {
  /** As its document is: its window is the one for restarts, on the way back too. */
  readonly job: PatchJob;
  readonly work: Work;
  readonly direction: Direction;
  readonly driver: Driver;
  readonly run: Execute;
  readonly journal: Journal;
  readonly nowMs: () => number;
  /** Why it had to stop, its window apart. */
  readonly stopped: string | undefined;
  readonly hasSystemd: boolean;
  readonly inspect: (() => Inspected) | undefined;
}

type Closing = Pick<PatchResult, 'packages' | 'settled' | 'keptFiles' | 'restarts' | 'reboot'>;

export async function close(options: CloseOptions): Promise<Closing> {
  const { job, work, driver, run, journal, nowMs, stopped, hasSystemd, inspect } = options;
  const { progress } = work;
  // Who is stopped starts nothing more, the system least of all; nor does anybody whose window is not open.
  const notNow = (): string | undefined => stopped ?? outsideWindow(job, nowMs());
  const inspected = inspect?.();
  const { byKey } = await installedBy(driver, run);
  const packages = job.packages.map((item) =>
    resultOf(item, options, byKey.get(keyOf(item)) ?? [], inspected),
  );
  const touched = new Map(
    packages
      .filter((item) => progress.packages.get(keyOf(item))?.wasGiven === true)
      .map((item) => [keyOf(item), inUseAfter(item, options.direction)]),
  );
  const restarts =
    inspected === undefined || inspect === undefined
      ? []
      : await restartStale({
          job,
          inspected,
          run,
          hasSystemd,
          notNow,
          inspect,
          onRestart: (unit) => journal.add({ kind: 'restarting', unit }),
          onRestarted: (unit, because) => journal.add({ kind: 'restarted', unit, because }),
        });
  const { owed, because } = rebootOwed(job, touched, inspected);
  const left = job.window.closesAtMs - nowMs();
  const ordered =
    owed === true &&
    hasSystemd &&
    notNow() === undefined &&
    job.restart.reboot === 'allowed' &&
    left >= job.restart.rebootSeconds * 1_000;
  return {
    packages,
    settled: [...progress.settled],
    keptFiles: [...progress.keptFiles],
    restarts: [...restarts],
    reboot: { owed, ordered, because: [...because] },
  };
}

/** Of a kernel several are installed: the one that the job was for is the one. */
function inUseAfter({ outcome, from, to, installed }: PackageResult, direction: Direction): string {
  const wanted =
    outcome === 'done' ? to : outcome === 'rolled-back' && direction === 'downgrade' ? from : null;
  return wanted ?? installed ?? 'as it is now';
}

function resultOf(
  item: JobPackage,
  { work, direction, driver, inspect }: CloseOptions,
  found: readonly {
    readonly version: string;
    readonly isWhole: boolean;
    readonly name: string;
    readonly arch: string;
  }[],
  inspected: Inspected | undefined,
): PackageResult {
  const { name, arch, from, to } = item;
  const state = work.progress.packages.get(keyOf(item));
  const result = (outcome: PackageResult['outcome'], because: string): PackageResult => ({
    name,
    arch,
    from,
    to,
    outcome,
    because,
    installed: found.length === 0 ? null : found.map(({ version }) => version).join(', '),
  });
  if (state === undefined || state.outcome === 'pending')
    return result('not-tried', [work.ended, state?.because ?? ''].filter((text) => text !== '').join('; '));
  if (state.outcome !== 'done') return result(state.outcome, state.because);
  const wanted = direction === 'upgrade' ? to : (from ?? '');
  const because = missing(item, wanted, found, 'it was there when its set ended');
  if (because !== undefined) return result('failed', because);
  if (inspect !== undefined && inspected !== undefined) {
    const seen = inspected.packages.filter(
      (other) => other.type === driver.packageType && other.name === name && (other.arch ?? arch) === arch,
    );
    if (!seen.some(({ version }) => version === wanted))
      return result(
        'failed',
        `${driver.manager} says it is there; the inventory has ${seen.map(({ version }) => version).join(', ') || 'none'}`,
      );
  }
  return result(direction === 'upgrade' ? 'done' : 'rolled-back', state.because);
}
