/** The worker's side of `workers.ts`. */
import { parentPort } from 'node:worker_threads';
import { DemarcError } from '../errors/errors.ts';
import { type KeptProgram, keptProgram } from './kept-program.ts';

export type Answer<Done> =
  | { readonly ready: KeptProgram | undefined }
  | { readonly done: Done }
  | { readonly failed: ConstructorParameters<typeof DemarcError>[0] | Unexpected };

/** A bug, or what a library threw. */
export interface Unexpected {
  readonly because: string;
  readonly stack: string | undefined;
}

/** Once everything is loaded: a worker that answers has read all that it needs. */
export function answerJobs<Job, Done>(run: (job: Job) => Promise<Done>): void {
  const port = parentPort;
  if (port === null) throw new Error('this is started as a worker');
  const say = (answer: Answer<Done>): void => port.postMessage(answer);
  port.on('message', (job: Job) => {
    run(job).then(
      (done) => say({ done }),
      (error: unknown) => say({ failed: told(error) }),
    );
  });
  say({ ready: keptProgram() });
}

function told(error: unknown): Extract<Answer<never>, { readonly failed: unknown }>['failed'] {
  if (error instanceof DemarcError) {
    const { code, message, fix, status, retryable, details } = error;
    return { code, message, fix, status, retryable, details };
  }
  return error instanceof Error
    ? { because: error.message, stack: error.stack }
    : { because: String(error), stack: undefined };
}
