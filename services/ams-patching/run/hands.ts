/** What every step of the work has at hand: the job, the manager, the journal, and what is installed. */
import type { RunProgress } from './attempt.ts';
import { type Call, complaintOf, type Execute, type Ran } from './command.ts';
import { type Direction, type Driver, type InstalledByKey, plannedBy, targetsOf } from './driver.ts';
import { installedBy } from './host.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import type { Journal } from './journal.ts';
import type { Held } from './lock.ts';
import { type Progress, progressOf } from './progress.ts';
import { type Simulate, together } from './together.ts';

export interface WorkOptions {
  readonly job: PatchJob;
  readonly direction: Direction;
  readonly driver: Driver;
  readonly run: Execute;
  readonly locks: Held;
  readonly journal: Journal;
  readonly nowMs: () => number;
  /** Of the snapshot that was looked at before anything was changed. */
  readonly snapshotId: string | undefined;
  readonly onProgress?: (progress: RunProgress) => void;
}

const SIMULATE_MS_MAX = 120_000;
/** What is half done is brought to an end whenever that is: half a system is worse than a late one. */
const SETTLE_MS_MAX = 900_000;
export const BACK_MS_MAX = 1_800_000;

export class Hands {
  readonly job: PatchJob;
  readonly direction: Direction;
  readonly driver: Driver;
  readonly run: Execute;
  readonly journal: Journal;
  readonly nowMs: () => number;
  readonly snapshotId: string | undefined;
  readonly #locks: Held;

  constructor({ job, direction, driver, run, locks, journal, nowMs, snapshotId }: WorkOptions) {
    // On the way back nothing is gained by stopping half-way, and what belongs together goes together. Until when it
    // may be begun is looked at before: what is begun has its own bound of time (BACK_MS_MAX), not the window's.
    this.job =
      direction === 'upgrade'
        ? job
        : {
            ...job,
            window: { ...job.window, closesAtMs: Number.MAX_SAFE_INTEGER },
            setSize: job.packages.length,
            errorThreshold: job.packages.length + 1,
          };
    this.direction = direction;
    this.driver = driver;
    this.run = run;
    this.journal = journal;
    this.nowMs = nowMs;
    this.snapshotId = snapshotId;
    this.#locks = locks;
  }

  get progress(): Progress {
    return progressOf(this.job, this.journal.records);
  }

  async installed(): Promise<InstalledByKey> {
    return (await installedBy(this.driver, this.run)).byKey;
  }

  named(keys: readonly string[]): readonly JobPackage[] {
    return this.job.packages.filter((item) => keys.includes(keyOf(item)));
  }

  /** Which of the job's packages have to go with these. */
  together(seeds: readonly JobPackage[], direction: Direction): ReturnType<typeof together> {
    const { packages } = this.progress;
    const mayJoin = (item: JobPackage): boolean =>
      direction === 'upgrade' ? packages.get(keyOf(item))?.outcome === 'pending' : item.from !== null;
    const simulate: Simulate = async (targets) =>
      plannedBy(
        this.driver,
        await this.run(this.#locked(this.driver.simulate(targets, direction)), SIMULATE_MS_MAX),
      );
    return together(seeds, this.job.packages.filter(mayJoin), direction, simulate);
  }

  /** By the manager; what it leaves half done is brought to an end. */
  async apply(items: readonly JobPackage[], direction: Direction, timeoutMs: number): Promise<Ran> {
    const ran = await this.run(
      this.#locked(this.driver.apply(targetsOf(items, direction), direction)),
      timeoutMs,
    );
    const interrupted = ran.because ?? this.driver.interruptedBecause();
    if (interrupted !== undefined) await this.settle(interrupted);
    // apt-get leaves with the first that fails: others of the set may only be unpacked.
    else if (ran.code !== 0 && items.length > 1) await this.settle(complaintOf(ran));
    return ran;
  }

  /** @returns what it complained of */
  async settle(because: string): Promise<string | undefined> {
    const call = this.driver.settle();
    if (call === undefined) {
      this.journal.add({
        kind: 'settled',
        because: `${because}; ${this.driver.manager} has nothing to bring to an end`,
      });
      return undefined;
    }
    this.journal.add({ kind: 'settling', because });
    const ran = await this.run(call, SETTLE_MS_MAX);
    const said = ran.code === 0 ? undefined : complaintOf(ran);
    const line = call.argv.join(' ');
    this.journal.add({
      kind: 'settled',
      because: `${because}; ${line}: ${said ?? 'all that was pending is done'}`.slice(0, 2_000),
    });
    return said;
  }

  #locked(call: Call): Call {
    return this.driver.keepsLocks ? { ...call, keeps: this.#locks.descriptors } : call;
  }
}
