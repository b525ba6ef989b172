/** What one start of a job does: looks at everything first, announces, works, and says what became of it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { announceChanges } from '@demarc/platform/changes';
import { DemarcError } from '@demarc/platform/errors';
import { replaceFile } from '@demarc/platform/files';
import { announcement, makeManifest, PatchManifest } from '../manifest/manifest.ts';
import { close } from './close.ts';
import { type Execute, execute } from './command.ts';
import type { Direction, Driver } from './driver.ts';
import { journalName, type PatchJob } from './job.ts';
import { Journal, recordsOf } from './journal.ts';
import type { Held } from './lock.ts';
import { lookFirst } from './look.ts';
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
  /** Where who watches files looks (`platform/changes`): told before anything is changed, and once it is over; nobody is without. */
  readonly changesDirectory?: string;
  readonly run?: Execute;
  readonly hasSystemd?: boolean;
  /** Before each set, first before anything is changed, and when the last one is over. It must not throw. */
  readonly onProgress?: (progress: RunProgress) => void;
  /** Another one after every start of the system. */
  readonly bootId?: () => string;
}

/** How far a job is. */
export interface RunProgress {
  readonly doneCount: number;
  readonly failedCount: number;
  readonly packageCount: number;
  /** At work now; empty where none is. */
  readonly package: string;
}

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
  #announced: PatchManifest | undefined;

  constructor(job: PatchJob, what: What, driver: Driver, boot: string, options: RunOptions) {
    this.#job = job;
    this.#what = what;
    this.#driver = driver;
    this.#options = options;
    this.#run = options.run ?? execute;
    this.#startedAtMs = options.nowMs();
    this.#boot = boot;
  }

  /**
   * @param early checks that were made before, with the locks held
   * @param notes what was done before
   */
  async go(locks: Held, early: readonly Check[], notes: readonly string[] = []): Promise<PatchResult> {
    const { stateDirectory, nowMs } = this.#options;
    const direction: Direction = this.#what === 'rollback' ? 'downgrade' : 'upgrade';
    const name = journalName(this.#job, this.#what === 'rollback' ? 'rollback' : 'apply');
    const wasBegun = this.#what !== 'dry-run' && recordsOf(stateDirectory, name, this.#job) !== undefined;
    let made = early;
    let snapshotId: string | undefined;
    if (!wasBegun) {
      const [job, driver, run, root] = [this.#job, this.#driver, this.#run, this.#options.root];
      const looked = await lookFirst({ job, direction, driver, run, root, stateDirectory, nowMs }, early);
      made = [...early, ...looked.checks];
      snapshotId = looked.snapshotId;
      if (!made.every(({ ok }) => ok)) return this.refused(made, notes);
    }
    if (this.#what === 'dry-run')
      return this.#result('ready', made, this.#untried('nothing was to be changed'));
    const said = [...notes];
    const manifest = direction === 'downgrade' ? null : await this.#announce(said, wasBegun);
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
      ...(this.#options.onProgress === undefined ? {} : { onProgress: this.#options.onProgress }),
    });
    work.tell('');
    if (wasBegun) await work.settleCrash();
    const problem = early.find(({ ok }) => !ok);
    await work.carryOut(problem === undefined ? undefined : `stopped: ${problem.because}`);
    const closing = await close({
      job: this.#job,
      work,
      direction,
      driver,
      run,
      journal,
      nowMs,
      // Whether the window is open is looked at again for each restart.
      stopped: early.find(({ ok, check }) => !ok && check !== 'window')?.because,
      hasSystemd: this.#options.root === '/' && (this.#options.hasSystemd ?? isSystemdThere()),
      inspect: this.#options.inspect,
    });
    this.#tell(said, nowMs());
    const result = this.#result(overall(closing.packages, direction), made, closing.packages, {
      ...closing,
      manifest,
      notes: [...said, ...work.notes],
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

  refused(made: readonly Check[], notes: readonly string[] = []): PatchResult {
    const first = made.find(({ ok }) => !ok);
    const packages = this.#untried(`${first?.check ?? ''}: ${first?.because ?? ''}`);
    return this.#result('refused', made, packages, { notes: [...notes] });
  }

  /** Nothing is kept from being patched because it could not be said before what it changes; that is said. */
  async #announce(notes: string[], wasBegun: boolean): Promise<PatchResult['manifest']> {
    const [job, driver, run] = [this.#job, this.#driver, this.#run];
    const { root, nowMs, stateDirectory } = this.#options;
    const file = join(stateDirectory, `${job.id}.manifest.json`);
    try {
      // What a job that was interrupted had announced holds on; made anew it would leave out what is done.
      const manifest = wasBegun
        ? announced(file)
        : await makeManifest({ job, driver, root, run, nowMs: nowMs() });
      if (manifest === undefined) return null;
      const text = JSON.stringify(manifest);
      if (!wasBegun) replaceFile(file, text);
      this.#announced = manifest;
      this.#tell(notes);
      return { entries: manifest.entries.length, sha256: createHash('sha256').update(text).digest('hex') };
    } catch (error) {
      if (!(error instanceof DemarcError)) throw error;
      notes.push(`no manifest of changes: ${error.message}`);
      return null;
    }
  }

  /** @param endedAtMs what comes after it is no change of this job */
  #tell(notes: string[], endedAtMs?: number): void {
    const { changesDirectory } = this.#options;
    if (changesDirectory === undefined || this.#announced === undefined) return;
    try {
      announceChanges(announcement(this.#announced, endedAtMs), changesDirectory);
    } catch (error) {
      notes.push(`who watches files was not told what changes: ${String(error)}`);
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
