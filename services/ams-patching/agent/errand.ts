/** One order on its way: waits for its time, has a process do it, and tells what became of it. All of it is on disk. */
import type { HostIdentity, OcsfEvent } from '@demarc/platform/contract/agent';
import type { Order, OrderState } from '@demarc/platform/contract/orders';
import { ErrandFiles, type Noted } from './files.ts';
import { commandOf, launch, type Program } from './launch.ts';
import type { Machine } from './machine.ts';
import { endOf, isBusyAgain } from './outcomes.ts';
import { taskOf } from './parse-order.ts';
import type { Progress } from './task.ts';
import { type Telling, toOcsf } from './to-ocsf.ts';

export interface ErrandDesk {
  readonly machine: Machine;
  readonly host: HostIdentity;
  program(): Program;
  emit(events: readonly OcsfEvent[]): Promise<void>;
  now(): number;
  /** Why nothing may begin now; undefined where it may. */
  notNow(errand: Errand): string | undefined;
  /** Why nothing may be done here at all. */
  refusedBecause(): string | undefined;
}

/** A process that was handed over has said who it is by then. */
const STARTED_MS_MAX = 60_000;
/** Of processes that ended without a word. */
const CRASHES_MAX = 10;

export class Errand {
  readonly files: ErrandFiles;
  readonly #desk: ErrandDesk;
  /** Whether it is among the orders that were handed in last; undefined while none were since the start. */
  isWanted: boolean | undefined;
  #noted: Noted;
  #launchedAtMs: number | undefined;
  #notBeforeMs = 0;
  #progress: Progress | undefined;

  constructor(files: ErrandFiles, noted: Noted, desk: ErrandDesk) {
    this.files = files;
    this.#noted = noted;
    this.#desk = desk;
  }

  /** On disk, so that a refusal stays one: what was refused is not done later because a switch was turned. */
  static taken(directory: string, order: Order, desk: ErrandDesk): Errand {
    const files = new ErrandFiles(directory);
    const errand = new Errand(
      files,
      {
        order,
        phase: 'waiting',
        because: 'taken',
        atMs: desk.now(),
        attempts: 0,
        toldBegun: false,
        toldProgressAtMs: 0,
      },
      desk,
    );
    const task = taskOf(order, desk.machine);
    const refused = 'refused' in task ? task.refused : desk.refusedBecause();
    if (refused === undefined) errand.#note({});
    else errand.#note({ phase: 'refused', because: refused });
    return errand;
  }

  get order(): Order {
    return this.#noted.order;
  }

  get phase(): Noted['phase'] {
    return this.#noted.phase;
  }

  get progress(): Progress | undefined {
    return this.#progress;
  }

  get state(): OrderState {
    const { order, phase, because, atMs } = this.#noted;
    const isRefused = phase === 'refused';
    const state = isRefused
      ? 'refused'
      : phase === 'over'
        ? 'done'
        : phase === 'begun'
          ? 'in-force'
          : 'waiting';
    return { id: order.id, state, because: because.slice(0, 1_000), atMs };
  }

  /** Whether it can be forgotten: it never began, or all of it was told. */
  get mayGo(): boolean {
    return this.phase !== 'begun';
  }

  async step(): Promise<void> {
    if (this.phase === 'waiting') this.#waits();
    else if (this.phase === 'begun') await this.#isBegun();
  }

  #waits(): void {
    const { machine, now, refusedBecause } = this.#desk;
    // After a restart the agent hands in what it knows first: an order that was taken back meanwhile is not among it.
    if (this.isWanted !== true) return;
    const task = taskOf(this.order, machine);
    const refused = 'refused' in task ? task.refused : refusedBecause();
    if (refused !== undefined || 'refused' in task) {
      this.#note({ phase: 'refused', because: refused ?? '' });
      return;
    }
    const opensAtMs = 'job' in task.ok ? task.ok.job.window.opensAtMs : 0;
    const notNow =
      now() < opensAtMs
        ? `its window opens at ${new Date(opensAtMs).toISOString()}`
        : this.#desk.notNow(this);
    if (notNow !== undefined) {
      if (notNow !== this.#noted.because) this.#note({ because: notNow });
      return;
    }
    this.files.keep('task', task.ok);
    this.#note({ phase: 'begun', because: 'begun' });
    this.#launch();
  }

  #launch(): void {
    const { machine, program, now } = this.#desk;
    this.#note({ attempts: this.#noted.attempts + 1 });
    this.#launchedAtMs = now();
    const { hasSystemd, retryMs } = machine;
    const command = commandOf(program(), this.files.directory, this.order.id, hasSystemd);
    launch(command, (because) => {
      // With systemd it handed over, and the process says itself who it is.
      if (hasSystemd && because === 'exit status 0') return;
      this.#launchedAtMs = undefined;
      this.#notBeforeMs = now() + retryMs;
    });
  }

  async #isBegun(): Promise<void> {
    const { machine, now } = this.#desk;
    const isAtWork = this.files.isAtWork();
    // Read after: what it said last is there once it has ended.
    await this.#tellProgress();
    if (isAtWork) return;
    const outcome = this.files.read('outcome');
    const task = this.files.read('task');
    if (outcome !== undefined && task !== undefined) {
      if (isBusyAgain(outcome, task, this.#noted.attempts, now() + machine.retryMs)) {
        this.files.drop('outcome');
        this.#notBeforeMs = now() + machine.retryMs;
        this.#note({ because: endOf(outcome, task).because });
        return;
      }
      await this.#end(endOf(outcome, task));
      return;
    }
    if (this.#launchedAtMs !== undefined && now() - this.#launchedAtMs < STARTED_MS_MAX) return;
    if (now() < this.#notBeforeMs) return;
    if (task === undefined) {
      this.#note({ phase: 'refused', because: 'what it was to do cannot be read any more' });
      return;
    }
    if (this.#noted.attempts < CRASHES_MAX) {
      this.#launch();
      return;
    }
    const because = `its process ended ${this.#noted.attempts} times without a word`;
    await this.#end(
      endOf({ outcome: 'error', atMs: now(), because, mayTryAgain: false, wasBegun: true }, task),
    );
  }

  async #tellProgress(): Promise<void> {
    const progress = this.files.read('progress');
    const task = this.files.read('task');
    if (progress === undefined || task === undefined || !('job' in task)) return;
    this.#progress = progress;
    const { begunAtMs, atMs, doneCount, failedCount, packageCount } = progress;
    const jobId = task.job.id;
    const isRollback = task.kind === 'patch-rollback';
    const what = isRollback ? 'rollback' : 'apply';
    if (!this.#noted.toldBegun) {
      await this.#tell({
        told: { about: 'begun', jobId, what, atMs: begunAtMs },
        isRollback,
        atMs: begunAtMs,
      });
      this.#note({ toldBegun: true });
    }
    if (atMs <= this.#noted.toldProgressAtMs) return;
    const told = {
      about: 'progress' as const,
      jobId,
      atMs,
      doneCount,
      failedCount,
      packageCount,
      package: progress.package,
    };
    await this.#tell({ told, isRollback, atMs });
    const because = `${doneCount} of ${packageCount} packages are done, ${failedCount} failed`;
    this.#note({ toldProgressAtMs: atMs, because });
  }

  /** On the way for good before it is noted as told: after a crash in between it is told twice, and counted once. */
  async #end({ telling, isRefused, because }: ReturnType<typeof endOf>): Promise<void> {
    await this.#tell(telling);
    this.#note({ phase: isRefused ? 'refused' : 'over', because });
    for (const each of ['outcome', 'running', 'progress'] as const) this.files.drop(each);
  }

  async #tell(telling: Telling): Promise<void> {
    await this.#desk.emit([toOcsf(telling, this.#desk.host)]);
  }

  #note(change: Partial<Noted>): void {
    this.#noted = { ...this.#noted, ...change, atMs: this.#desk.now() };
    this.files.keep('noted', this.#noted);
  }
}
