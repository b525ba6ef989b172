/** One full reading of the watched paths, by two workers, with progress. */
import type { Worker } from 'node:worker_threads';
import type { FileIntegrityPolicy } from '../policy.ts';
import { excluder } from './paths.ts';
import type { ScanMessage, ScanTask } from './scan.worker.ts';
import { walk } from './walk.ts';

export const SCAN_WORKERS = 2;
const PROGRESS_EVERY_MS = 500;

export interface ScanResult {
  readonly lines: readonly string[];
  readonly skipped: readonly { readonly path: string; readonly because: string }[];
  readonly hashedBytes: number;
  /** Entries beyond `entriesMax`, counted and left out. */
  readonly beyondBound: number;
  readonly elapsedMs: number;
}

export interface ScanOptions {
  readonly roots: readonly string[];
  readonly policy: Pick<FileIntegrityPolicy, 'exclude' | 'hashSizeBytesMax' | 'entriesMax'>;
  spawn(task: ScanTask): Worker;
  onProgress?(done: number, remainingSeconds: number | undefined): void;
  readonly signal?: AbortSignal;
}

export async function scan(options: ScanOptions): Promise<ScanResult> {
  const startedAt = performance.now();
  const { directories, files, skipped } = await walk(options.roots, excluder(options.policy.exclude));
  const counters = new SharedArrayBuffer(12);
  const seen = new Int32Array(counters);
  const { exclude, hashSizeBytesMax, entriesMax } = options.policy;
  const task: ScanTask = { directories, files, exclude, hashSizeBytesMax, counters };
  const unreadable = [...skipped];
  const lines: string[] = [];
  let hashedBytes = 0;
  let beyondBound = 0;
  const total = directories.length + 1;
  const timer = setInterval(() => {
    const done = Atomics.load(seen, 1) / total;
    const elapsed = (performance.now() - startedAt) / 1_000;
    options.onProgress?.(done, done > 0.02 ? (elapsed * (1 - done)) / done : undefined);
  }, PROGRESS_EVERY_MS);
  try {
    await Promise.all(
      Array.from({ length: SCAN_WORKERS }, () =>
        runWorker(options.spawn(task), options.signal, (message) => {
          if (message.kind === 'lines') {
            const received = message.lines.split('\n');
            const room = Math.max(0, entriesMax - lines.length);
            for (const line of received.slice(0, room)) lines.push(line);
            beyondBound += Math.max(0, received.length - room);
          } else if (message.kind === 'unreadable')
            unreadable.push({ path: message.path, because: message.because });
          else hashedBytes += message.bytes;
        }),
      ),
    );
  } finally {
    clearInterval(timer);
  }
  return { lines, skipped: unreadable, hashedBytes, beyondBound, elapsedMs: performance.now() - startedAt };
}

function runWorker(
  worker: Worker,
  signal: AbortSignal | undefined,
  onMessage: (message: ScanMessage) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => void worker.terminate();
    signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', onMessage);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted === true) reject(new Error('the scan was stopped'));
      else if (code === 0) resolve();
      else reject(new Error(`a scan worker ended with ${code}`));
    });
  });
}
