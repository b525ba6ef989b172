/** The one worker that makes exports, started with the server: see `platform/workers`. */
import type { DossierFacts, HeldKey } from '@demarc/assurance/exports';
import { exportErrors } from '@demarc/assurance/exports/errors';
import type { TakenFile } from '@demarc/platform/contract/assurance/exports';
import { JobFailed, JobWorker } from '@demarc/platform/workers';

const SECONDS_MAX = 180;
const WHY = {
  late: `it took longer than ${SECONDS_MAX} s`,
  ended: 'the worker that makes exports ended',
  failed: 'something went wrong inside',
} as const;

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

export class Exporter implements AsyncDisposable {
  readonly #log: (line: string, error?: unknown) => void;
  readonly #worker = new JobWorker<Job, Made>({
    program: new URL('./export.worker.ts', import.meta.url),
    heapMebibytesMax: 1_536,
    secondsMax: SECONDS_MAX,
    waitingMax: 8,
    waitingOfOneMax: 4,
  });

  constructor(log: (line: string, error?: unknown) => void) {
    this.#log = log;
  }

  /** Resolves once the worker has read all that it needs. */
  async start(): Promise<void> {
    try {
      await this.#worker.start();
    } catch (error) {
      this.#log('exports: the worker failed', error);
      throw error;
    }
  }

  /** @throws EXPORT_BUSY, EXPORT_FAILED, EXPORT_TOO_LARGE */
  async make(job: Job): Promise<Made> {
    try {
      return await this.#worker.run(job, job.facts.tenantId);
    } catch (error) {
      if (!(error instanceof JobFailed)) throw error;
      if (error.why === 'busy') throw exportErrors.make('EXPORT_BUSY', { waitingMax: error.waitingCount });
      this.#log(`exports: ${error.message}`, error.cause);
      throw exportErrors.make('EXPORT_FAILED', { because: WHY[error.why] });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker[Symbol.asyncDispose]();
  }
}
