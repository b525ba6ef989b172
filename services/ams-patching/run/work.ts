/** The driver's seat: takes the next step that the journal asks for, until none is left. */
import { allBack, goBack, goBackWhereOwed, isAllBackOwed } from './back.ts';
import type { Ran } from './command.ts';
import type { Direction, InstalledByKey } from './driver.ts';
import { forbidOwed } from './forbid.ts';
import { BACK_MS_MAX, Hands, type WorkOptions } from './hands.ts';
import { type JobPackage, keyOf, type PatchJob } from './job.ts';
import { type Judged, KEPT_MAX } from './journal.ts';
import { ATTEMPTS_MAX, missing, nextStep, type Progress, windowProblem } from './progress.ts';
import { restore } from './restore.ts';

/** For whoever wants to know more than the reason. */
const SAID_MAX = 8_192;
const tailOf = ({ stdout, stderr }: Ran): string => `${stdout}\n${stderr}`.trim().slice(-SAID_MAX);
/** No path that Linux opens is longer. */
const PATH_MAX = 4_096;

export class Work {
  readonly #hands: Hands;
  readonly #notes: string[] = [];
  readonly #onProgress: WorkOptions['onProgress'];
  /** Why it came to its end. */
  ended = '';

  constructor(options: WorkOptions) {
    this.#hands = new Hands(options);
    this.#onProgress = options.onProgress;
  }

  /** @param name of the package that is at work now */
  tell(name: string): void {
    if (this.#onProgress === undefined) return;
    const outcomes = [...this.progress.packages.values()].map(({ outcome }) => outcome);
    const count = (...wanted: readonly string[]): number =>
      outcomes.filter((outcome) => wanted.includes(outcome)).length;
    const isBack = this.direction === 'downgrade';
    this.#onProgress({
      doneCount: isBack ? count('done', 'rolled-back') : count('done'),
      failedCount: isBack ? count('failed') : count('failed', 'rolled-back'),
      packageCount: outcomes.length,
      package: name,
    });
  }

  get job(): PatchJob {
    return this.#hands.job;
  }

  get direction(): Direction {
    return this.#hands.direction;
  }

  get progress(): Progress {
    return this.#hands.progress;
  }

  get notes(): readonly string[] {
    return [...this.#notes, ...this.progress.notes];
  }

  /** After a crash or a power cut: dpkg ends what it began, then what is installed counts. */
  async settleCrash(): Promise<void> {
    const { journal, driver, snapshotId } = this.#hands;
    const { open } = this.progress;
    if (open?.what === 'back' && this.job.rollback.by === 'snapshot') {
      // Half of the disk may be another one: whether it is gone again is the first that is decided then.
      journal.add({
        kind: 'settled',
        because: `it ended while it went back to snapshot ${snapshotId ?? '?'}`,
      });
      return;
    }
    const because =
      open === undefined
        ? driver.interruptedBecause()
        : `it ended while it was at work on ${open.packages.join(', ')}`;
    if (because === undefined) return;
    const said = await this.#hands.settle(because);
    if (open === undefined) return;
    const items = this.#hands.named(open.packages);
    if (open.what === 'back') await goBack(this.#hands, items);
    else {
      const installed = await this.#hands.installed();
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
    await forbidOwed(this.#hands);
    const isRestore = this.direction === 'downgrade' || this.progress.back !== 'none';
    if (this.job.rollback.by === 'snapshot' && isRestore) await this.#restore(stop);
    else await this.#sets(stop);
    await forbidOwed(this.#hands);
  }

  async #sets(stop: string | undefined): Promise<void> {
    const { nowMs } = this.#hands;
    // Each step makes an attempt or ends a package.
    for (let step = 0; step <= this.job.packages.length * (ATTEMPTS_MAX + 1); step += 1) {
      await goBackWhereOwed(this.#hands);
      const next =
        stop === undefined
          ? nextStep(this.job, this.progress, nowMs())
          : ({ do: 'end', because: stop } as const);
      this.ended = next.do === 'end' ? next.because : '';
      if (next.do === 'end') break;
      this.tell(next.packages[0]?.name ?? '');
      await this.#set(next.packages);
    }
    this.tell('');
    if (!isAllBackOwed(this.#hands)) return;
    if (this.job.rollback.by === 'snapshot') await this.#restore(stop);
    else await allBack(this.#hands);
  }

  async #restore(stop: string | undefined): Promise<void> {
    this.ended = await restore(this.#hands, stop);
    if (stop !== undefined && this.progress.back === 'none')
      this.#notes.push(`snapshot ${this.#hands.snapshotId ?? '?'} was not gone back to: ${stop}`);
  }

  async #set(seeds: readonly JobPackage[]): Promise<void> {
    const { journal, driver, direction, nowMs } = this.#hands;
    const before = await this.#hands.installed();
    const settled = seeds.flatMap((item) => this.#withoutWork(item, before));
    if (settled.length > 0) {
      journal.add({ kind: 'set-ended', judged: settled, kept: [] });
      return;
    }
    const { items, problem } = await this.#hands.together(seeds, direction);
    // What it would do took its time to be told; the next step is the end then.
    if (windowProblem(this.job, nowMs()) !== undefined) return;
    let ran: Ran = { code: null, stdout: '', stderr: '', because: problem ?? '' };
    journal.add({ kind: problem === undefined ? 'set-begun' : 'set-refused', packages: items.map(keyOf) });
    if (problem === undefined) {
      const left = direction === 'upgrade' ? this.job.window.closesAtMs - nowMs() : BACK_MS_MAX;
      ran = await this.#hands.apply(items, direction, left);
    }
    const installed = await this.#hands.installed();
    const reason = ({ name }: JobPackage): string => problem ?? driver.reasonOf(ran, name);
    const judged = this.#judged(items, installed, reason, seeds.length > 1);
    journal.add({ kind: 'set-ended', judged, kept: this.#kept(driver.keptFiles(ran)), said: tailOf(ran) });
  }

  /** As many as a journal bears: a package may bring more, and what it prints is its own to choose. */
  #kept(files: readonly string[]): string[] {
    const room = KEPT_MAX - this.progress.keptFiles.length;
    const kept = files.filter((file) => file.length <= PATH_MAX).slice(0, room);
    if (kept.length < files.length)
      this.#notes.push(`${files.length - kept.length} more configuration files were kept than are named`);
    return kept;
  }

  /** Of what needs no work, or must get none: it is there, or it is neither where the plan left it nor half-way. */
  #withoutWork(item: JobPackage, installed: InstalledByKey): readonly Judged[] {
    const key = keyOf(item);
    const found = installed.get(key) ?? [];
    const wanted = this.direction === 'upgrade' ? item.to : item.from;
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

  #judged(
    items: readonly JobPackage[],
    installed: InstalledByKey,
    reason: (item: JobPackage) => string,
    mayTryAgain: boolean,
  ): Judged[] {
    const { packages } = this.progress;
    return items.map((item) => {
      const key = keyOf(item);
      const wanted = this.direction === 'upgrade' ? item.to : item.from;
      const because = missing(item, wanted ?? '', installed.get(key) ?? [], reason(item));
      if (because === undefined) return { key, outcome: 'done', because: '' };
      const again = mayTryAgain && (packages.get(key)?.attempts ?? 0) < ATTEMPTS_MAX;
      return { key, outcome: again ? 'again' : 'failed', because };
    });
  }
}
