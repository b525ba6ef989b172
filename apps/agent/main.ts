/** The agent: its commands. In a thread or a process that a room starts, one of the rooms' workers and nothing else. */
import { isMainThread, workerData } from 'node:worker_threads';

if (!isMainThread) await startWorker((workerData as { readonly worker: string }).worker);
else if (process.argv[2] === 'worker') await startWorker(process.argv[3] ?? '');
else {
  const { main } = await import('./command.ts');
  await main(new URL(import.meta.url));
}

async function startWorker(name: string): Promise<void> {
  const workers = await import('./workers.ts');
  await workers.startWorker(name);
}
