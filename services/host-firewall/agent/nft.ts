/** libnftables in a thread of its own: one transaction after the other, in the order they were asked for. */
import { Worker } from 'node:worker_threads';
import { hostFirewallErrors } from '../errors.ts';

export interface Question {
  readonly id: number;
  readonly commands: string;
}
export type Answer =
  | { readonly id: number; readonly output: string }
  | { readonly id: number; readonly refused: string };

/** Asked and not yet answered; a flood of blocks beyond it is refused, not kept. */
const WAITING_MAX = 10_000;

export interface Firewall {
  /** @throws HFW_RULES_REFUSED, HFW_BUSY, HFW_NFTABLES_MISSING */
  run(commands: string): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function openNft(): Firewall {
  const worker = new Worker(new URL('./nft.worker.ts', import.meta.url));
  const waiting = new Map<number, { resolve(output: string): void; reject(error: unknown): void }>();
  let next = 0;
  let ended: unknown;
  const end = (error: unknown): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('output' in answer) asked?.resolve(answer.output);
    else asked?.reject(hostFirewallErrors.make('HFW_RULES_REFUSED', { because: answer.refused }));
  });
  worker.on('error', (cause: Error) =>
    end(hostFirewallErrors.make('HFW_NFTABLES_MISSING', { because: cause.message }, { cause })),
  );
  worker.on('exit', () =>
    end(hostFirewallErrors.make('HFW_NFTABLES_MISSING', { because: 'its thread has ended' })),
  );
  return {
    run: (commands) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        if (waiting.size >= WAITING_MAX)
          return reject(hostFirewallErrors.make('HFW_BUSY', { waiting: waiting.size }));
        const id = next++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, commands } satisfies Question);
      }),
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}
