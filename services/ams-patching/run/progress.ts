/** Where a job stands and what comes next: pure, from what its journal says. */
import type { Installed } from './driver.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import type { JournalRecord, Judged } from './journal.ts';

export interface PackageState {
  readonly outcome: 'pending' | 'done' | 'failed' | 'rolled-back' | 'not-tried';
  readonly because: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** To the manager, to come or to go back: it may have changed something. */
  readonly wasGiven: boolean;
  /** Going back was tried. */
  readonly wentBack: boolean;
  /** What it went back from was to be kept from coming again, and is where the manager can. */
  readonly isForbidden: boolean;
}

export interface Progress {
  readonly packages: ReadonlyMap<string, PackageState>;
  /** Begun and, as far as the journal knows, not ended: a crash was there. */
  readonly open: { readonly what: 'set' | 'back'; readonly packages: readonly string[] } | undefined;
  /** Of the last way back. */
  readonly back: 'none' | 'begun' | 'ended';
  readonly keptFiles: readonly string[];
  readonly settled: readonly string[];
  readonly notes: readonly string[];
}

/** Once as planned, once alone or after a crash: more would be trying until it is broken. */
export const ATTEMPTS_MAX = 2;

const UNTOUCHED: PackageState = {
  outcome: 'pending',
  because: '',
  attempts: 0,
  wasGiven: false,
  wentBack: false,
  isForbidden: false,
};

export function progressOf(job: PatchJob, records: readonly JournalRecord[]): Progress {
  const packages = new Map(job.packages.map((item) => [keyOf(item), UNTOUCHED]));
  const change = (keys: readonly string[], how: (state: PackageState) => Partial<PackageState>): void => {
    for (const key of keys) {
      const state = packages.get(key);
      if (state !== undefined) packages.set(key, { ...state, ...how(state) });
    }
  };
  const judge = ({ key, outcome, because }: Judged, more: Partial<PackageState> = {}): void =>
    change([key], () => ({ outcome: outcome === 'again' ? 'pending' : outcome, because, ...more }));
  const kept = new Set<string>();
  const settled: string[] = [];
  const notes: string[] = [];
  let open: Progress['open'];
  let back: Progress['back'] = 'none';
  for (const record of records)
    switch (record.kind) {
      case 'set-begun':
        open = { what: 'set', packages: record.packages };
        change(record.packages, ({ attempts }) => ({ attempts: attempts + 1, wasGiven: true }));
        break;
      case 'set-refused':
        change(record.packages, ({ attempts }) => ({ attempts: attempts + 1 }));
        break;
      case 'set-ended':
        open = undefined;
        for (const judged of record.judged) judge(judged);
        for (const file of record.kept) kept.add(file);
        break;
      case 'back-begun':
        open = { what: 'back', packages: record.packages };
        back = 'begun';
        change(record.packages, () => ({ wasGiven: true, wentBack: true }));
        break;
      case 'back-ended':
        open = undefined;
        back = 'ended';
        for (const judged of record.judged) judge(judged, { wentBack: true });
        break;
      case 'forbidden':
        change(record.packages, () => ({ isForbidden: true }));
        if (record.note !== undefined) notes.push(record.note);
        break;
      case 'settled':
        settled.push(record.because);
        break;
      // They say nothing of packages.
      case 'job':
      case 'settling':
      case 'restarting':
      case 'restarted':
      case 'ended':
        break;
    }
  return { packages, open, back, keptFiles: [...kept].sort(), settled, notes };
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

/** Why a set may not be begun. */
export function windowProblem(job: PatchJob, nowMs: number): string | undefined {
  const { window, secondsPerSet } = job;
  const closed = outsideWindow(job, nowMs);
  if (closed !== undefined) return closed;
  const left = Math.floor((window.closesAtMs - nowMs) / 1_000);
  return left < secondsPerSet
    ? `${left} s of the window are left, and a set needs ${secondsPerSet} s`
    : undefined;
}

export function outsideWindow({ window }: PatchJob, nowMs: number): string | undefined {
  if (nowMs < window.opensAtMs) return `the window opens at ${new Date(window.opensAtMs).toISOString()}`;
  return nowMs >= window.closesAtMs
    ? `the window closed at ${new Date(window.closesAtMs).toISOString()}`
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
