/**
 * Door: one worker that does jobs, one after the other, beside the server: what takes seconds must not keep agents waiting.
 *
 * The queue is bounded, in all and for each that asks; a job's time begins when the job does, so that what waits is not
 * failed by what another one needed. A worker that ends, or is ended, fails the job that it was at and nothing else: the
 * next job starts it again, from memory (`kept-program.ts`).
 */
import type { Worker } from 'node:worker_threads';
import { DemarcError } from '../errors/errors.ts';
import type { Answer } from './answer.ts';
import { type KeptProgram, startProgram } from './kept-program.ts';

export { answerJobs } from './answer.ts';

export interface JobWorkerOptions {
  /** Its program: a module that calls `answerJobs`. */
  readonly program: URL;
  readonly heapMebibytesMax: number;
  /** For one job, from when it is begun. */
  readonly secondsMax: number;
  readonly waitingMax: number;
  /** Of these, jobs of one that asks: nobody fills the queue for everybody. */
  readonly waitingOfOneMax: number;
}

/** `busy`: it was not begun. `late`: it was ended. `ended`: the worker did. `failed`: the job threw something unexpected. */
export type WhyFailed = 'busy' | 'late' | 'ended' | 'failed';

export class JobFailed extends Error {
  override readonly name = 'JobFailed';
  readonly why: WhyFailed;
  /** How many wait, where it is `busy`: of the same that asks, or in all. */
  readonly waitingCount: number;

  constructor(
    why: WhyFailed,
    because: string,
    more: { readonly cause?: unknown; readonly waitingCount?: number } = {},
  ) {
    super(because, { cause: more.cause });
    this.why = why;
    this.waitingCount = more.waitingCount ?? 0;
  }
}

interface Waiting<Job, Done> {
  readonly job: Job;
  readonly whose: string;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: Error) => void;
}

export class JobWorker<Job, Done> implements AsyncDisposable {
  readonly #options: JobWorkerOptions;
  readonly #waiting: Waiting<Job, Done>[] = [];
  #running: (Waiting<Job, Done> & { readonly timer: NodeJS.Timeout }) | undefined;
  #worker: Worker | undefined;
  #starting: Promise<void> | undefined;
  #kept: KeptProgram | undefined;
  /** Whose job was begun last: another's goes before. */
  #last: string | undefined;
  /** Until a worker that is being ended is gone there is no other: each may take all the memory that it is given. */
  #isEnding = false;
  #isOver = false;

  constructor(options: JobWorkerOptions) {
    this.#options = options;
  }

  /** Resolves once the worker has read all that it needs. @throws JobFailed when it cannot */
  start(): Promise<void> {
    this.#starting ??= this.#started();
    return this.#starting;
  }

  /**
   * @param job what can be cloned
   * @param whose tenant, or what else asks
   * @throws JobFailed, or the DemarcError that the job threw
   */
  run(job: Job, whose: string): Promise<Done> {
    const { waitingMax, waitingOfOneMax } = this.#options;
    if (this.#isOver) return Promise.reject(new JobFailed('ended', 'the server is stopping'));
    const all = this.#waiting.length;
    const ofOne = this.#waiting.filter((each) => each.whose === whose).length;
    if (all >= waitingMax || ofOne >= waitingOfOneMax) {
      const waitingCount = all >= waitingMax ? all : ofOne;
      return Promise.reject(new JobFailed('busy', `${waitingCount} others are waiting`, { waitingCount }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, whose, resolve, reject });
      this.#next();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const { reject } of this.#waiting.splice(0))
      reject(new JobFailed('ended', 'the server is stopping'));
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined || this.#isEnding || this.#isOver) return;
    const at = this.#waiting.findIndex(({ whose }) => whose !== this.#last);
    const [next] = this.#waiting.splice(Math.max(at, 0), 1);
    if (next === undefined) return;
    this.#last = next.whose;
    const { secondsMax } = this.#options;
    const timer = setTimeout(() => {
      this.#fail(new JobFailed('late', `it took longer than ${secondsMax} s`));
      this.#end();
    }, secondsMax * 1_000).unref();
    const running = { ...next, timer };
    this.#running = running;
    this.start().then(
      () => {
        // It may have been too late by now.
        if (this.#running !== running) return;
        this.#worker?.ref();
        this.#worker?.postMessage(next.job);
      },
      (error: unknown) => {
        if (this.#running !== running) return;
        this.#fail(error as Error);
        this.#next();
      },
    );
  }

  #started(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = startProgram(this.#options.program, this.#kept, {
      maxOldGenerationSizeMb: this.#options.heapMebibytesMax,
    });
    this.#worker = worker;
    let because = 'the worker ended';
    worker.on('message', (answer: Answer<Done>) => {
      if ('ready' in answer) {
        this.#kept ??= answer.ready;
        // It holds up nothing while it has nothing to do.
        if (this.#running === undefined) worker.unref();
        resolve();
      } else this.#answered(answer);
    });
    worker.once('error', (error) => {
      because = error.message;
    });
    worker.once('exit', () => {
      this.#worker = undefined;
      this.#starting = undefined;
      this.#isEnding = false;
      const error = new JobFailed('ended', because);
      reject(error);
      this.#fail(error);
      this.#next();
    });
    return promise;
  }

  #answered(answer: Exclude<Answer<Done>, { readonly ready: unknown }>): void {
    const running = this.#done();
    if ('done' in answer) running?.resolve(answer.done);
    else if ('code' in answer.failed) running?.reject(new DemarcError(answer.failed));
    else running?.reject(new JobFailed('failed', answer.failed.because, { cause: answer.failed.stack }));
    this.#next();
  }

  #end(): void {
    if (this.#worker === undefined) return;
    this.#isEnding = true;
    void this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#done()?.reject(error);
  }

  #done(): Waiting<Job, Done> | undefined {
    const running = this.#running;
    clearTimeout(running?.timer);
    this.#running = undefined;
    this.#worker?.unref();
    return running;
  }
}
