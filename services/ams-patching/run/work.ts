/** The driver's seat: takes the next step that the journal asks for, until none is left. */

import { type Call, complaintOf, type Execute, type Ran } from './command.ts';
import { type Direction, type Driver, type InstalledByKey, plannedBy, targetsOf } from './driver.ts';
import { installedBy } from './host.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import { type Journal, type Judged, writeWhole } from './journal.ts';
import type { Held } from './lock.ts';
import { ATTEMPTS_MAX, missing, nextStep, type Progress, progressOf } from './progress.ts';
import { restoreSnapshot } from './snapshot.ts';
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
}

const SIMULATE_MS_MAX = 120_000;
/** What is half done is brought to an end whenever that is: half a system is worse than a late one. */
const SETTLE_MS_MAX = 900_000;
const BACK_MS_MAX = 1_800_000;

/** For whoever wants to know more than the reason. */
const SAID_MAX = 8_192;
const tailOf = ({ stdout, stderr }: Ran): string => `${stdout}\n${stderr}`.trim().slice(-SAID_MAX);

export class Work {
  readonly job: PatchJob;
  readonly #options: WorkOptions;
  readonly notes: string[] = [];
  /** Why it came to its end. */
  ended = '';

  constructor(options: WorkOptions) {
    this.#options = options;
    const { job, direction } = options;
    // On the way back nothing is gained by stopping half-way, and what belongs together goes together.
    this.job =
      direction === 'upgrade'
        ? job
        : {
            ...job,
            window: { ...job.window, closesAtMs: job.rollback.untilMs ?? job.window.closesAtMs },
            setSize: job.packages.length,
            errorThreshold: job.packages.length + 1,
          };
  }

  get progress(): Progress {
    return progressOf(this.job, this.#options.journal.records);
  }

  /** After a crash or a power cut: dpkg ends what it began, then what is installed counts. */
  async settleCrash(): Promise<void> {
    const { journal, driver } = this.#options;
    const { open } = this.progress;
    const because =
      open === undefined
        ? driver.interruptedBecause()
        : `it ended while it was at work on ${open.packages.join(', ')}`;
    if (because === undefined) return;
    const said = await this.#settle(because);
    if (open === undefined) return;
    const items = this.#named(open.packages);
    if (open.what === 'back') await this.#goBack(items);
    else {
      const installed = await this.#installed();
      const judged = this.#judged(
        items,
        installed,
        () => `it was interrupted${said === undefined ? '' : `; ${said}`}`,
        true,
      );
      journal.add({ kind: 'set-ended', judged, kept: [] });
    }
  }

  /** @param stop why nothing more may be begun */
  async carryOut(stop: string | undefined): Promise<void> {
    const { nowMs, direction } = this.#options;
    if (direction === 'downgrade' && this.job.rollback.by === 'snapshot') return this.#restore();
    // Each step makes an attempt or ends a package.
    for (let step = 0; step <= this.job.packages.length * (ATTEMPTS_MAX + 1); step += 1) {
      await this.#goBackWhereOwed();
      const next =
        stop === undefined
          ? nextStep(this.job, this.progress, nowMs())
          : ({ do: 'end', because: stop } as const);
      this.ended = next.do === 'end' ? next.because : '';
      if (next.do === 'end') break;
      await this.#set(next.packages);
    }
    await this.#allBackWhereOwed();
  }

  async #set(seeds: readonly JobPackage[]): Promise<void> {
    const { journal, driver, direction, run, nowMs } = this.#options;
    const before = await this.#installed();
    const settled = seeds.flatMap((item) => this.#withoutWork(item, before));
    if (settled.length > 0) {
      journal.add({ kind: 'set-ended', judged: settled, kept: [] });
      return;
    }
    const planned = await this.#together(seeds, direction);
    journal.add({ kind: 'set-begun', packages: planned.items.map(keyOf) });
    let ran: Ran = { code: null, stdout: '', stderr: '', because: planned.problem ?? '' };
    if (planned.problem === undefined) {
      ran = await run(
        this.#locked(driver.apply(targetsOf(planned.items, direction), direction)),
        this.job.window.closesAtMs - nowMs(),
      );
      if (ran.because !== undefined || driver.interruptedBecause() !== undefined)
        await this.#settle(ran.because ?? driver.interruptedBecause() ?? '');
      // apt-get leaves with the first that fails: others of the set may only be unpacked.
      else if (ran.code !== 0 && planned.items.length > 1) await this.#settle(complaintOf(ran));
    }
    const installed = await this.#installed();
    const reason = ({ name }: JobPackage): string => planned.problem ?? driver.reasonOf(ran, name);
    const judged = this.#judged(planned.items, installed, reason, seeds.length > 1);
    journal.add({ kind: 'set-ended', judged, kept: [...driver.keptFiles(ran)], said: tailOf(ran) });
  }

  /** Of what needs no work, or must get none: it is there, or it is neither where the plan left it nor half-way. */
  #withoutWork(item: JobPackage, installed: InstalledByKey): readonly Judged[] {
    const { direction } = this.#options;
    const key = keyOf(item);
    const found = installed.get(key) ?? [];
    const wanted = direction === 'upgrade' ? item.to : item.from;
    if (wanted === null)
      return [{ key, outcome: 'not-tried', because: 'it was not there before the job, and stays' }];
    if (missing(item, wanted, found, '') === undefined)
      return [{ key, outcome: 'done', because: 'it was there already' }];
    const known = found.some(({ version }) => version === item.from || version === item.to);
    if (known || (found.length === 0 && item.from === null)) return [];
    const is =
      found.length === 0 ? 'is not installed' : `is ${found.map(({ version }) => version).join(', ')}`;
    return [
      { key, outcome: 'failed', because: `somebody else was at work: it ${is} now, and was ${item.from}` },
    ];
  }

  #together(seeds: readonly JobPackage[], direction: Direction): ReturnType<typeof together> {
    const { driver, run } = this.#options;
    const { packages } = this.progress;
    const mayJoin = (item: JobPackage): boolean =>
      direction === 'upgrade' ? packages.get(keyOf(item))?.outcome === 'pending' : item.from !== null;
    const joiners = this.job.packages.filter(mayJoin);
    const simulate: Simulate = async (targets) =>
      plannedBy(driver, await run(this.#locked(driver.simulate(targets, direction)), SIMULATE_MS_MAX));
    return together(seeds, joiners, direction, simulate);
  }

  #judged(
    items: readonly JobPackage[],
    installed: InstalledByKey,
    reason: (item: JobPackage) => string,
    mayTryAgain: boolean,
  ): Judged[] {
    const { packages } = this.progress;
    const { direction } = this.#options;
    return items.map((item) => {
      const key = keyOf(item);
      const wanted = direction === 'upgrade' ? item.to : item.from;
      const because = missing(item, wanted ?? '', installed.get(key) ?? [], reason(item));
      if (because === undefined) return { key, outcome: 'done', because: '' };
      const again = mayTryAgain && (packages.get(key)?.attempts ?? 0) < ATTEMPTS_MAX;
      return { key, outcome: again ? 'again' : 'failed', because };
    });
  }

  /** What failed and is not as it was before goes back, once. */
  async #goBackWhereOwed(): Promise<void> {
    const { direction } = this.#options;
    const { by, onFailure } = this.job.rollback;
    if (direction === 'downgrade' || by !== 'versions' || onFailure === 'keep') return;
    const { packages } = this.progress;
    const failed = this.job.packages.filter((item) => {
      const state = packages.get(keyOf(item));
      return state?.outcome === 'failed' && state.attempts > 0 && !state.wentBack;
    });
    if (failed.length === 0) return;
    const installed = await this.#installed();
    const owed = failed.filter(
      (item) =>
        item.from !== null && missing(item, item.from, installed.get(keyOf(item)) ?? [], '') !== undefined,
    );
    if (owed.length > 0) await this.#goBack(owed);
  }

  async #allBackWhereOwed(): Promise<void> {
    const { direction } = this.#options;
    if (direction === 'downgrade' || this.job.rollback.onFailure !== 'all') return;
    const { packages } = this.progress;
    const states = [...packages.values()].map(({ outcome }) => outcome);
    if (!states.includes('failed') && !states.includes('rolled-back')) return;
    if (this.job.rollback.by === 'snapshot') return this.#restore();
    const done = this.job.packages.filter(
      (item) => packages.get(keyOf(item))?.outcome === 'done' && item.from !== null,
    );
    if (this.job.rollback.by === 'versions' && done.length > 0) await this.#goBack(done);
  }

  async #goBack(seeds: readonly JobPackage[]): Promise<void> {
    const { journal, driver, run } = this.#options;
    journal.add({ kind: 'back-begun', packages: seeds.map(keyOf) });
    const planned = await this.#together(seeds, 'downgrade');
    const ran: Ran =
      planned.problem === undefined
        ? await run(
            this.#locked(driver.apply(targetsOf(planned.items, 'downgrade'), 'downgrade')),
            BACK_MS_MAX,
          )
        : { code: null, stdout: '', stderr: '', because: planned.problem };
    if (
      planned.problem === undefined &&
      (ran.because !== undefined || driver.interruptedBecause() !== undefined)
    )
      await this.#settle(ran.because ?? 'going back was interrupted');
    const installed = await this.#installed();
    const { packages } = this.progress;
    const judged = planned.items.map((item): Judged => {
      const key = keyOf(item);
      const why = packages.get(key)?.because || 'another package of the job failed';
      const because = missing(
        item,
        item.from ?? '',
        installed.get(key) ?? [],
        planned.problem ?? driver.reasonOf(ran, item.name),
      );
      return because === undefined
        ? { key, outcome: 'rolled-back', because: why }
        : { key, outcome: 'failed', because: `${why}; going back failed too: ${because}`.slice(0, 2_000) };
    });
    journal.add({ kind: 'back-ended', judged });
    const back = judged.filter(({ outcome }) => outcome === 'rolled-back').map(({ key }) => key);
    await this.forbid(this.#named(back));
  }

  /** Else the next run of somebody's automatic upgrades brings it again. */
  async forbid(items: readonly JobPackage[]): Promise<void> {
    const { driver, run } = this.#options;
    if (items.length === 0) return;
    const by = driver.forbid(this.job.id, targetsOf(items, 'upgrade'));
    if (by === undefined) return;
    if ('file' in by) {
      // Those that went back before, perhaps before a crash, stay forbidden.
      const { packages } = this.progress;
      const all = this.job.packages.filter(
        (item) => items.includes(item) || packages.get(keyOf(item))?.outcome === 'rolled-back',
      );
      const whole = driver.forbid(this.job.id, targetsOf(all, 'upgrade'));
      if (whole !== undefined && 'file' in whole) writeWhole(whole.file, whole.text, 0o644);
      return;
    }
    const ran = await run(by, SIMULATE_MS_MAX);
    if (ran.code !== 0)
      this.notes.push(`${items.map(keyOf).join(', ')} may be upgraded again by others: ${complaintOf(ran)}`);
  }

  async #restore(): Promise<void> {
    const { journal, run, snapshotId, direction } = this.#options;
    const { snapshot, packages } = this.job;
    journal.add({ kind: 'back-begun', packages: packages.map(keyOf) });
    const problem =
      snapshot === undefined || snapshotId === undefined
        ? 'no snapshot is known from before the job'
        : await restoreSnapshot(snapshot, snapshotId, run);
    const installed = await this.#installed();
    const state = this.progress.packages;
    const judged = packages.flatMap((item): Judged[] => {
      const key = keyOf(item);
      const found = installed.get(key) ?? [];
      const isBack =
        item.from === null ? found.length === 0 : missing(item, item.from, found, '') === undefined;
      const before = state.get(key);
      if (isBack) {
        const was = before?.because || `by snapshot ${snapshotId ?? '?'}`;
        return [{ key, outcome: direction === 'downgrade' ? 'done' : 'rolled-back', because: was }];
      }
      // A restore may take effect with the next start of the system: until then it is not there.
      const because = `snapshot ${snapshotId ?? '?'}: ${problem ?? 'restored, and what is installed is not from before yet'}`;
      return [{ key, outcome: 'failed', because }];
    });
    journal.add({ kind: 'back-ended', judged });
    this.ended = problem ?? '';
  }

  /** @returns what it complained of */
  async #settle(because: string): Promise<string | undefined> {
    const { journal, driver, run } = this.#options;
    const call = driver.settle();
    if (call === undefined) {
      journal.add({
        kind: 'settled',
        because: `${because}; ${driver.manager} has nothing to bring to an end`,
      });
      return undefined;
    }
    journal.add({ kind: 'settling', because });
    const ran = await run(call, SETTLE_MS_MAX);
    const said = ran.code === 0 ? undefined : complaintOf(ran);
    const line = call.argv.join(' ');
    journal.add({
      kind: 'settled',
      because: `${because}; ${line}: ${said ?? 'all that was pending is done'}`.slice(0, 2_000),
    });
    return said;
  }

  async #installed(): Promise<InstalledByKey> {
    return (await installedBy(this.#options.driver, this.#options.run)).byKey;
  }

  #locked(call: Call): Call {
    const { driver, locks } = this.#options;
    return driver.keepsLocks ? { ...call, keeps: locks.descriptors } : call;
  }

  #named(keys: readonly string[]): readonly JobPackage[] {
    return this.job.packages.filter((item) => keys.includes(keyOf(item)));
  }
}
