/** One sensor thread as the room holds it: started, listened to, started again when it ends by itself, and ended. */
import type { Worker } from 'node:worker_threads';
import type { AgentRoomContext, OcsfEvent } from '@demarc/platform/contract/agent';
import type { CanaryResult, Family, SensorFacts } from '../evidence.ts';
import { CONTROL, CONTROL_BYTES, type CommonMessage, WAITING_MAX } from './control.ts';

export interface SensorOptions<Message> {
  readonly family: Family;
  readonly context: AgentRoomContext;
  /** Of the policy that `task` hands to the thread. */
  readonly revision: string;
  task(control: SharedArrayBuffer): unknown;
  /** How many of what the thread counts as waiting are in a message. */
  countOf(message: Exclude<Message, CommonMessage>): number;
  /** Resolves when what is in it is written down. */
  onMessage(message: Exclude<Message, CommonMessage>, worker: Worker): Promise<void>;
  /** A thread that starts anew finds again what could not be written down; otherwise it is dropped, and counted. */
  readonly findsAgain?: true;
  /** After its end a thread starts anew in so many milliseconds. */
  readonly restartMs?: number;
}

/** What came back, as the event that it would have been. */
export interface SensorCanary extends CanaryResult {
  readonly event?: OcsfEvent;
}

const RESTART_MS = 5_000;
const START_MS_MAX = 15_000;
const END_MS_MAX = 3_000;

export class Sensor<Message extends { readonly kind: string }> {
  figures: Readonly<Record<string, number>> = {};
  dropped = 0;
  isWhole = true;
  readonly #options: SensorOptions<Message>;
  #worker: Worker | undefined;
  #control: Int32Array = new Int32Array(CONTROL_BYTES / 4);
  #isAlive = false;
  #because = 'not started';
  #isEnded = false;
  #restart: NodeJS.Timeout | undefined;
  #told: Record<string, number> = {};
  #canary:
    | { readonly id: number; resolve(result: SensorCanary): void; readonly startedAtMs: number }
    | undefined;
  #canaries = 0;

  constructor(options: SensorOptions<Message>) {
    this.#options = options;
  }

  get facts(): SensorFacts {
    return {
      isAlive: this.#isAlive,
      because: this.#because,
      waiting: this.#isAlive ? Atomics.load(this.#control, CONTROL.waiting) : 0,
      waitingMax: WAITING_MAX,
    };
  }

  /** What it works with; undefined while it does not. */
  get inForce(): string | undefined {
    return this.#isAlive ? this.#options.revision : undefined;
  }

  /** Resolves when it watches, or says why it does not; it is tried again by itself. */
  async start(): Promise<void> {
    const { context, family, task } = this.#options;
    const shared = new SharedArrayBuffer(CONTROL_BYTES);
    this.#control = new Int32Array(shared);
    this.#told = {};
    const settled = Promise.withResolvers<void>();
    let worker: Worker;
    try {
      worker = context.spawnWorker(family, task(shared));
    } catch (error) {
      return this.#ended(error instanceof Error ? error.message : String(error));
    }
    this.#worker = worker;
    worker.on('message', (message: CommonMessage | Message) => {
      this.#take(message, worker);
      if (message.kind === 'ready' || message.kind === 'failed') settled.resolve();
    });
    worker.once('error', (error) => {
      this.#because = error.message;
    });
    worker.once('exit', () => {
      settled.resolve();
      if (this.#worker === worker) this.#ended(this.#isAlive ? 'its thread has ended' : this.#because);
    });
    const late = setTimeout(() => settled.resolve(), START_MS_MAX);
    await settled.promise;
    clearTimeout(late);
  }

  /** Sets off a harmless trigger and waits for it to come back through the same sensor as everything else. */
  async canary(boundMs: number, trigger?: (id: number) => Promise<void>): Promise<SensorCanary> {
    if (!this.#isAlive) return { returnedAfterMs: undefined };
    const id = ++this.#canaries;
    const back = Promise.withResolvers<SensorCanary>();
    this.#canary = { id, resolve: back.resolve, startedAtMs: Date.now() };
    const late = setTimeout(() => back.resolve({ returnedAfterMs: undefined }), boundMs);
    Atomics.store(this.#control, CONTROL.canary, id);
    try {
      await trigger?.(id);
    } catch (error) {
      back.resolve({
        returnedAfterMs: undefined,
        obstacle: error instanceof Error ? error.message : String(error),
      });
    }
    const result = await back.promise;
    clearTimeout(late);
    this.#canary = undefined;
    return result;
  }

  async stop(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#isAlive = false;
    if (worker === undefined) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    Atomics.store(this.#control, CONTROL.stop, 1);
    Atomics.notify(this.#control, CONTROL.stop);
    let late: NodeJS.Timeout | undefined;
    await Promise.race([exited, new Promise((resolve) => (late = setTimeout(resolve, END_MS_MAX)))]);
    clearTimeout(late);
    await worker.terminate();
  }

  #take(message: CommonMessage | Message, worker: Worker): void {
    if (!isCommon(message)) return void this.#hand(message as Exclude<Message, CommonMessage>, worker);
    switch (message.kind) {
      case 'ready':
        this.#isAlive = true;
        this.isWhole = message.isWhole;
        this.#because = message.because;
        break;
      case 'failed':
        this.#isAlive = false;
        this.#because = message.because;
        break;
      case 'canary':
        if (this.#canary?.id === message.id)
          this.#canary.resolve({
            returnedAfterMs: Math.max(0, message.atMs - this.#canary.startedAtMs),
            event: message.event,
          });
        break;
      case 'obstacle':
        if (this.#canary?.id === message.id)
          this.#canary.resolve({ returnedAfterMs: undefined, obstacle: message.because });
        break;
      case 'figures':
        this.figures = message.figures;
        this.#tellDropped(message.dropped);
        break;
    }
  }

  async #hand(message: Exclude<Message, CommonMessage>, worker: Worker): Promise<void> {
    const { context, countOf, family, findsAgain, onMessage } = this.#options;
    const control = this.#control;
    const count = countOf(message);
    try {
      await onMessage(message, worker);
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      context.log(`${family}: what was found could not be written down`, { because });
      if (findsAgain === true) {
        this.#because = `what was found could not be written down: ${because}`;
        this.#isAlive = false;
        await worker.terminate();
      } else this.#drop('what was found and could not be written down', count);
    } finally {
      Atomics.sub(control, CONTROL.waiting, count);
    }
  }

  #tellDropped(dropped: Readonly<Record<string, number>>): void {
    for (const [reason, count] of Object.entries(dropped)) {
      const more = count - (this.#told[reason] ?? 0);
      if (more <= 0) continue;
      this.#told[reason] = count;
      this.#drop(reason, more);
    }
  }

  #drop(reason: string, count: number): void {
    this.dropped += count;
    this.#options.context.dropped({ stage: this.#options.family, reason, count, meant: false });
  }

  #ended(because: string): void {
    this.#isAlive = false;
    this.#because = because;
    this.#canary?.resolve({ returnedAfterMs: undefined });
    if (this.#isEnded) return;
    this.#options.context.log(`${this.#options.family}: not watching; tried again soon`, { because });
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => void this.start(), this.#options.restartMs ?? RESTART_MS);
  }
}

function isCommon(message: { readonly kind: string }): message is CommonMessage {
  return ['ready', 'failed', 'canary', 'obstacle', 'figures'].includes(message.kind);
}
