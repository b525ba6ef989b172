/** What one start of a job does: looks at everything first, announces, works, and says what became of it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DemarcError } from '@demarc/platform/errors';
import { makeManifest, PatchManifest } from '../manifest/manifest.ts';
import * as checks from './checks.ts';
import { close } from './close.ts';
import { type Execute, execute } from './command.ts';
import type { Direction, Driver } from './driver.ts';
import { installedBy } from './host.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import { Journal, recordsOf, writeWhole } from './journal.ts';
import type { Held } from './lock.ts';
import { type Inspected, isSystemdThere, orderReboot } from './restart.ts';
import type { Check, PackageResult, PatchResult } from './result.ts';
import { Work } from './work.ts';

export interface RunOptions {
  /** Of the system that is patched; `/` for this one. */
  readonly root: string;
  /** Of this job's journal, on a disk that outlives a reboot. */
  readonly stateDirectory: string;
  readonly nowMs: () => number;
  /** An inventory of the host, by somebody who has no part in patching it. */
  readonly inspect?: () => Inspected;
  /** Before anything is changed: what is about to be. */
  readonly onManifest?: (manifest: PatchManifest) => void | Promise<void>;
  readonly run?: Execute;
  readonly hasSystemd?: boolean;
  /** Another one after every start of the system. */
  readonly bootId?: () => string;
}

export const REFRESH_MS_MAX = 600_000;

export type What = PatchResult['what'];

/** One start of a job: checks, the work, and its result. */
export class Attempt {
  readonly #job: PatchJob;
  readonly #what: What;
  readonly #driver: Driver;
  readonly #options: RunOptions;
  readonly #run: Execute;
  readonly #startedAtMs: number;
  readonly #boot: string;

  constructor(job: PatchJob, what: What, driver: Driver, boot: string, options: RunOptions) {
    this.#job = job;
    this.#what = what;
    this.#driver = driver;
    this.#options = options;
    this.#run = options.run ?? execute;
    this.#startedAtMs = options.nowMs();
    this.#boot = boot;
  }

  async go(locks: Held, name: string, early: readonly Check[]): Promise<PatchResult> {
    const { stateDirectory, nowMs } = this.#options;
    const direction: Direction = this.#what === 'rollback' ? 'downgrade' : 'upgrade';
    const wasBegun = this.#what !== 'dry-run' && recordsOf(stateDirectory, name) !== undefined;
    let made = early;
    let snapshotId: string | undefined;
    if (!wasBegun) {
      const late = await this.#check(direction, early);
      made = [...early, ...late.checks];
      snapshotId = late.snapshotId;
      if (!made.every(({ ok }) => ok)) return this.refused(made);
    }
    if (this.#what === 'dry-run')
      return this.#result('ready', made, this.#untried('nothing was to be changed'));
    const notes: string[] = [];
    const manifest = direction === 'downgrade' ? null : await this.#announce(notes, wasBegun);
    using journal = Journal.open(stateDirectory, name, this.#job, { bootId: this.#boot, snapshotId }, nowMs);
    const [run, driver] = [this.#run, this.#driver];
    const work = new Work({
      job: this.#job,
      direction,
      driver,
      run,
      locks,
      journal,
      nowMs,
      snapshotId: journal.snapshotId,
    });
    if (wasBegun) await work.settleCrash();
    const problem = early.find(({ ok }) => !ok);
    await work.carryOut(problem === undefined ? undefined : `stopped: ${problem.because}`);
    if (direction === 'downgrade') await work.forbid(rolledBack(work));
    const hasSystemd = this.#options.root === '/' && (this.#options.hasSystemd ?? isSystemdThere());
    const { inspect } = this.#options;
    const closing = await close({ work, direction, driver, run, journal, nowMs, hasSystemd, inspect });
    const result = this.#result(overall(closing.packages, direction), made, closing.packages, {
      ...closing,
      // Who is stopped starts nothing more, the system least of all.
      reboot: { ...closing.reboot, ordered: closing.reboot.ordered && problem === undefined },
      manifest,
      notes: [...notes, ...work.notes],
    });
    // Before the reboot: what comes after it cannot be counted on.
    journal.add({ kind: 'ended', bootId: this.#boot, result });
    if (!result.reboot.ordered) return result;
    const because = await orderReboot(run);
    if (because === undefined) return result;
    const reboot = { ...closing.reboot, ordered: false };
    const corrected = {
      ...result,
      reboot,
      notes: [...result.notes, `the reboot could not be ordered: ${because}`],
    };
    journal.add({ kind: 'ended', bootId: this.#boot, result: corrected });
    return corrected;
  }

  refused(made: readonly Check[]): PatchResult {
    const first = made.find(({ ok }) => !ok);
    return this.#result('refused', made, this.#untried(`${first?.check ?? ''}: ${first?.because ?? ''}`));
  }

  /** In the order of their price; after one that failed only those follow that tell more at no price. */
  async #check(
    direction: Direction,
    early: readonly Check[],
  ): Promise<{ readonly checks: readonly Check[]; readonly snapshotId: string | undefined }> {
    const [job, driver, run] = [this.#job, this.#driver, this.#run];
    const { root, nowMs } = this.#options;
    const { all, byKey } = await installedBy(driver, run);
    const snapshot =
      direction === 'upgrade' ? await checks.checkSnapshot(job, run, nowMs()) : this.#snapshotOfBefore();
    // Half of a failed package is a reason to go back, not one to stay.
    const state = checks.checkState(driver, direction === 'upgrade' ? all : []);
    const made = [state, checks.checkDisk(job, root), snapshot.check];
    if (direction === 'upgrade') made.push(checks.checkVersions(job, byKey));
    const snapshotId = snapshot.id;
    if ([...early, ...made].some(({ ok }) => !ok)) return { checks: made, snapshotId };
    if (direction === 'downgrade' && job.rollback.by === 'snapshot') return { checks: made, snapshotId };
    const left = (): number => Math.min(REFRESH_MS_MAX, this.#closesAtMs(direction) - nowMs());
    made.push(await checks.checkRepository(driver, run, left()));
    if (made.some(({ ok }) => !ok)) return { checks: made, snapshotId };
    made.push(await checks.checkWayBack(job, driver, run, left()));
    const open = job.packages.filter(
      (item) =>
        !(byKey.get(keyOf(item)) ?? []).some(
          ({ version, isWhole }) => isWhole && version === (direction === 'upgrade' ? item.to : item.from),
        ),
    );
    made.push(await checks.checkSimulation(driver, open, direction, run, left()));
    return { checks: made, snapshotId };
  }

  /** The one that was looked at before the job; a newer one has the job in it. */
  #snapshotOfBefore(): { readonly check: Check; readonly id: string | undefined } {
    const [first] = recordsOf(this.#options.stateDirectory, this.#job.id) ?? [];
    const id = first?.kind === 'job' ? first.snapshotId : undefined;
    const ok = this.#job.rollback.by !== 'snapshot' || id !== undefined;
    const because = id ?? (ok ? 'none is needed' : 'none is known from before the job');
    return { check: { check: 'snapshot', ok, because }, id };
  }

  #closesAtMs(direction: Direction): number {
    const { window, rollback } = this.#job;
    return direction === 'upgrade' ? window.closesAtMs : (rollback.untilMs ?? window.closesAtMs);
  }

  /** Nothing is kept from being patched because it could not be said before what it changes; that is said. */
  async #announce(notes: string[], wasBegun: boolean): Promise<PatchResult['manifest']> {
    const [job, driver, run] = [this.#job, this.#driver, this.#run];
    const { root, nowMs, stateDirectory, onManifest } = this.#options;
    const file = join(stateDirectory, `${job.id}.manifest.json`);
    try {
      // What a job that was interrupted had announced holds on; made anew it would leave out what is done.
      const manifest = wasBegun
        ? announced(file)
        : await makeManifest({ job, driver, root, run, nowMs: nowMs() });
      if (manifest === undefined) return null;
      const text = JSON.stringify(manifest);
      if (!wasBegun) writeWhole(file, text);
      await onManifest?.(manifest);
      return { entries: manifest.entries.length, sha256: createHash('sha256').update(text).digest('hex') };
    } catch (error) {
      if (!(error instanceof DemarcError)) throw error;
      notes.push(`no manifest of changes: ${error.message}`);
      return null;
    }
  }

  #untried(because: string): readonly PackageResult[] {
    return this.#job.packages.map(({ name, arch, from, to }) => ({
      name,
      arch,
      from,
      to,
      outcome: 'not-tried',
      because,
      installed: null,
    }));
  }

  #result(
    result: PatchResult['result'],
    made: readonly Check[],
    packages: readonly PackageResult[],
    more: Partial<PatchResult> = {},
  ): PatchResult {
    return {
      jobId: this.#job.id,
      what: this.#what,
      result,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#options.nowMs(),
      checks: [...made],
      packages: [...packages],
      settled: [],
      keptFiles: [],
      restarts: [],
      reboot: { owed: null, ordered: false, because: [] },
      manifest: null,
      notes: [],
      ...more,
    };
  }
}

function overall(packages: readonly PackageResult[], direction: Direction): PatchResult['result'] {
  const good = direction === 'upgrade' ? 'done' : 'rolled-back';
  const count = packages.filter(({ outcome }) => outcome === good).length;
  if (count === packages.length) return 'done';
  return count > 0 ? 'partly' : 'failed';
}

/** Undefined where there is none, or one that is not understood any more. */
function announced(file: string): PatchManifest | undefined {
  if (!existsSync(file)) return undefined;
  return PatchManifest.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
}

/** A reboot that was owed is owed until the system has started again and says itself that it owes none. */
export function sinceReboot(result: PatchResult, inspected: Inspected | undefined): PatchResult {
  const reboot = inspected?.reboot ?? null;
  if (result.reboot.owed !== true || reboot === null) return result;
  const because = reboot.needed ? [...reboot.because] : ['the system has started since'];
  return { ...result, reboot: { owed: reboot.needed, ordered: false, because } };
}

/** One that never left has nothing to be kept from. */
const rolledBack = ({ job, progress: { packages } }: Work): readonly JobPackage[] =>
  job.packages.filter((item) => {
    const state = packages.get(keyOf(item));
    return state?.outcome === 'done' && (state.attempts > 0 || state.wentBack);
  });
