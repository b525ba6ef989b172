/** libnftables in a thread of its own: one transaction after the other, in the order they were asked for. */
import type { Worker } from 'node:worker_threads';
import { netfilterErrors } from './errors.ts';

export interface Question {
  readonly id: number;
  readonly commands: string;
}
export type Answer =
  | { readonly id: number; readonly output: string }
  | { readonly id: number; readonly refused: string };

/** Asked and not yet answered; a flood of blocks beyond it is refused, not kept. */
const WAITING_MAX = 10_000;

export interface Kernel {
  /** @throws NFT_REFUSED, NFT_BUSY, NFT_MISSING */
  run(commands: string): Promise<string>;
  /** One after the other: for work that reads what is there and then changes it. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

export interface OwnThread extends Kernel {
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param worker runs `nft.worker.ts`; who starts it knows where that lies */
export function openNft(worker: Worker): OwnThread {
  const waiting = new Map<number, { resolve(output: string): void; reject(error: unknown): void }>();
  let next = 0;
  let ended: unknown;
  let last: Promise<unknown> = Promise.resolve();
  const end = (error: unknown): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('output' in answer) asked?.resolve(answer.output);
    else asked?.reject(netfilterErrors.make('NFT_REFUSED', { because: answer.refused }));
  });
  worker.on('error', (cause: Error) =>
    end(netfilterErrors.make('NFT_MISSING', { because: cause.message }, { cause })),
  );
  worker.on('exit', () => end(netfilterErrors.make('NFT_MISSING', { because: 'its thread has ended' })));
  return {
    run: (commands) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        if (waiting.size >= WAITING_MAX)
          return reject(netfilterErrors.make('NFT_BUSY', { waiting: waiting.size }));
        const id = next++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, commands } satisfies Question);
      }),
    inTurn: (work) => {
      const turn = last.then(work);
      // The next one’s turn comes, however this one ends.
      last = turn.catch(() => undefined);
      return turn;
    },
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}
