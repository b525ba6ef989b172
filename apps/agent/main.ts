/** The agent: its commands. In a worker thread, one of the rooms' workers, with nothing else read for it. */
import { isMainThread, workerData } from 'node:worker_threads';

if (isMainThread) {
  const { main } = await import('./command.ts');
  await main(new URL(import.meta.url));
} else {
  const { startWorker } = await import('./workers.ts');
  await startWorker((workerData as { readonly worker: string }).worker);
}
