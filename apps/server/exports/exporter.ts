/**
 * The one worker that makes exports: one after the other, a bounded queue, a bounded time for each.
 *
 * It is started with the server and kept, because the server gives up the right to read its own files once it runs.
 */
import { Worker } from 'node:worker_threads';
import type { DossierFacts, HeldKey } from '@demarc/assurance/exports';
import { exportErrors } from '@demarc/assurance/exports/errors';
import type { TakenFile } from '@demarc/platform/contract/assurance/exports';
import { DemarcError } from '@demarc/platform/errors';

const WAITING_MAX = 8;
const SECONDS_MAX = 180;
const HEAP_MEBIBYTES_MAX = 1_536;

export interface Job {
  /** Undefined: what the files will say, and no file. */
  readonly file: TakenFile | undefined;
  readonly facts: DossierFacts;
  readonly keys: readonly HeldKey[];
}
export interface Made {
  readonly digest: string;
  readonly assetCount: number;
  readonly applicable: number;
  readonly assessed: number;
  readonly coverage: number | null;
  readonly bytes: Uint8Array;
}
export interface Answer {
  readonly made?: Made;
  readonly error?: ConstructorParameters<typeof DemarcError>[0] | { readonly unexpected: string };
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (made: Made) => void;
  readonly reject: (error: Error) => void;
}

export class Exporter implements AsyncDisposable {
  readonly #log: (line: string, error?: unknown) => void;
  readonly #waiting: Waiting[] = [];
  #running: (Waiting & { readonly timer: NodeJS.Timeout }) | undefined;
  #worker: Worker | undefined;
  #starting: Promise<void> | undefined;
  #ended = false;

  constructor(log: (line: string, error?: unknown) => void) {
    this.#log = log;
  }

  /** Resolves once the worker has read all that it needs. */
  start(): Promise<void> {
    this.#starting ??= this.#started();
    return this.#starting;
  }

  #started(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./export.worker.ts', import.meta.url), {
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MEBIBYTES_MAX },
      });
      worker.on('message', (message: Answer | 'ready') => {
        if (message === 'ready') resolve();
        else this.#answered(message);
      });
      worker.once('error', (error) => {
        this.#log('exports: the worker failed', error);
        reject(error);
      });
      worker.once('exit', () => this.#gone(worker));
      // It holds up nothing while it has nothing to do.
      worker.unref();
      this.#worker = worker;
    });
  }

  /** @throws EXPORT_BUSY, EXPORT_FAILED, EXPORT_TOO_LARGE */
  make(job: Job): Promise<Made> {
    if (this.#waiting.length >= WAITING_MAX)
      return Promise.reject(exportErrors.make('EXPORT_BUSY', { waitingMax: WAITING_MAX }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#next();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined || this.#ended) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const timer = setTimeout(() => {
      this.#fail(`it took longer than ${SECONDS_MAX} s`);
      void this.#worker?.terminate();
    }, SECONDS_MAX * 1_000);
    this.#running = { ...next, timer };
    if (this.#worker === undefined)
      this.start().then(
        () => this.#worker?.postMessage(next.job),
        () => this.#fail('the worker that makes exports does not start'),
      );
    else this.#worker.postMessage(next.job);
  }

  #answered({ made, error }: Answer): void {
    const running = this.#done();
    if (made !== undefined) running?.resolve(made);
    else if (error !== undefined && 'code' in error) running?.reject(new DemarcError(error));
    else {
      this.#log(`exports: ${error?.unexpected ?? 'no answer'}`);
      running?.reject(exportErrors.make('EXPORT_FAILED', { because: 'something went wrong inside' }));
    }
    this.#next();
  }

  #gone(worker: Worker): void {
    if (this.#worker === worker) {
      this.#worker = undefined;
      this.#starting = undefined;
    }
    this.#fail('the worker that makes exports ended');
    this.#next();
  }

  #fail(because: string): void {
    this.#done()?.reject(exportErrors.make('EXPORT_FAILED', { because }));
  }

  #done(): Waiting | undefined {
    const running = this.#running;
    clearTimeout(running?.timer);
    this.#running = undefined;
    return running;
  }
}
