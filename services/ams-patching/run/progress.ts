/** Where a job stands and what comes next: pure, from what its journal says. */
import type { Installed } from './driver.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import type { JournalRecord, Judged } from './journal.ts';

export interface PackageState {
  readonly outcome: 'pending' | 'done' | 'failed' | 'rolled-back' | 'not-tried';
  readonly because: string;
  /** How often it was given to the manager. */
  readonly attempts: number;
  /** Going back was begun. */
  readonly wentBack: boolean;
}

export interface Progress {
  readonly packages: ReadonlyMap<string, PackageState>;
  /** Begun and, as far as the journal knows, not ended: a crash was there. */
  readonly open: { readonly what: 'set' | 'back'; readonly packages: readonly string[] } | undefined;
  readonly keptFiles: readonly string[];
  readonly settled: readonly string[];
}

/** Once as planned, once alone or after a crash: more would be trying until it is broken. */
export const ATTEMPTS_MAX = 2;

export function progressOf(job: PatchJob, records: readonly JournalRecord[]): Progress {
  const packages = new Map<string, PackageState>(
    job.packages.map((item) => [
      keyOf(item),
      { outcome: 'pending', because: '', attempts: 0, wentBack: false },
    ]),
  );
  const kept = new Set<string>();
  const settled: string[] = [];
  let open: Progress['open'];
  for (const record of records) {
    if (record.kind === 'set-begun') {
      open = { what: 'set', packages: record.packages };
      for (const key of record.packages) {
        const state = packages.get(key);
        if (state !== undefined) packages.set(key, { ...state, attempts: state.attempts + 1 });
      }
    } else if (record.kind === 'back-begun') {
      open = { what: 'back', packages: record.packages };
      for (const key of record.packages) {
        const state = packages.get(key);
        if (state !== undefined) packages.set(key, { ...state, wentBack: true });
      }
    } else if (record.kind === 'set-ended' || record.kind === 'back-ended') {
      open = undefined;
      for (const judged of record.judged) note(packages, judged);
      if (record.kind === 'set-ended') for (const file of record.kept) kept.add(file);
    } else if (record.kind === 'settled') settled.push(record.because);
  }
  return { packages, open, keptFiles: [...kept].sort(), settled };
}

function note(packages: Map<string, PackageState>, { key, outcome, because }: Judged): void {
  const state = packages.get(key);
  if (state !== undefined)
    packages.set(key, { ...state, outcome: outcome === 'again' ? 'pending' : outcome, because });
}

export type Step =
  | { readonly do: 'set'; readonly packages: readonly JobPackage[] }
  | { readonly do: 'end'; readonly because: string };

/** The next set of packages, or why there is none. */
export function nextStep(job: PatchJob, { packages }: Progress, nowMs: number): Step {
  const inState = (outcome: PackageState['outcome']): readonly JobPackage[] =>
    job.packages.filter((item) => packages.get(keyOf(item))?.outcome === outcome);
  const pending = inState('pending');
  if (pending.length === 0) return { do: 'end', because: 'nothing is left' };
  const failed = inState('failed').length + inState('rolled-back').length;
  if (failed >= job.errorThreshold)
    return { do: 'end', because: `stopped: ${failed} failed, and the job bears ${job.errorThreshold - 1}` };
  const closed = windowProblem(job, nowMs);
  if (closed !== undefined) return { do: 'end', because: `stopped: ${closed}` };
  // Who was given to the manager before comes alone: whoever else is in the set would suffer with it.
  const again = pending.find((item) => (packages.get(keyOf(item))?.attempts ?? 0) > 0);
  return { do: 'set', packages: again === undefined ? pending.slice(0, job.setSize) : [again] };
}

export function windowProblem({ window, secondsPerSet }: PatchJob, nowMs: number): string | undefined {
  if (nowMs < window.opensAtMs) return `the window opens at ${new Date(window.opensAtMs).toISOString()}`;
  if (nowMs >= window.closesAtMs) return `the window closed at ${new Date(window.closesAtMs).toISOString()}`;
  const left = Math.floor((window.closesAtMs - nowMs) / 1_000);
  return left < secondsPerSet
    ? `${left} s of the window are left, and a set needs ${secondsPerSet} s`
    : undefined;
}

/**
 * Why one package is not at the version that it should have, by what is installed and not by what was meant.
 *
 * @param found what is installed of it: of a kernel there may be several
 * @param reason what the manager says went wrong
 * @returns undefined when it is there
 */
export function missing(
  { from }: JobPackage,
  wanted: string,
  found: readonly Installed[],
  reason: string,
): string | undefined {
  if (found.some(({ version, isWhole }) => version === wanted && isWhole)) return undefined;
  const half = found.find(({ isWhole }) => !isWhole);
  const versions = found.map(({ version }) => version).join(', ');
  const state =
    found.length === 0
      ? 'it is not installed'
      : half !== undefined
        ? `${half.version} is only half installed`
        : `${versions} is installed${versions === from ? ' as before' : ''}`;
  return `${state}; ${reason}`.slice(0, 1_000);
}
