/** For tests and benchmarks: the thread of `openNft` from its source. */
import { Worker } from 'node:worker_threads';

export function startNftWorker(): Worker {
  return new Worker(new URL('./nft.worker.ts', import.meta.url));
}
