/** One full reading of the watched paths, by two workers, with progress. */
import { lstatSync, type Stats } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { FileIntegrityPolicy } from '../policy.ts';
import { countEntries } from './count.ts';
import { Lines } from './lines.ts';
import { mountPoints } from './mounts.ts';
import { excluder, fromUtf8, fsPath, isBelow } from './paths.ts';
import { makeQueueBuffer } from './queue.ts';
import type { Root, ScanMessage, ScanTask } from './scan.worker.ts';

export const SCAN_WORKERS = 2;
const PROGRESS_EVERY_MS = 500;
/** A reading that takes longer says how long it will still take; counting what there is costs a little. */
const COUNT_AFTER_MS = 2_000;
const SKIPPED_MAX = 1_000;

export interface Skipped {
  readonly path: string;
  readonly because: string;
}

export interface ScanResult {
  readonly entries: number;
  /** The first thousand that were left out and why: other file systems, loops, what cannot be read. */
  readonly skipped: readonly Skipped[];
  readonly skippedCount: number;
  readonly hashedBytes: number;
  /** Entries beyond `entriesMax`, counted and left out. */
  readonly beyondBound: number;
  readonly elapsedMs: number;
}

export interface ScanOptions {
  readonly roots: readonly string[];
  readonly policy: Pick<FileIntegrityPolicy, 'exclude' | 'hashSizeBytesMax' | 'entriesMax'>;
  spawn(task: ScanTask): Worker;
  /** Entries as they are read, a line each (line.ts), in no order: to keep them all is a matter of memory. */
  onLines(lines: Lines): void;
  onProgress?(done: number, remainingSeconds: number | undefined): void;
  readonly signal?: AbortSignal;
}

export async function scan(options: ScanOptions): Promise<ScanResult> {
  const startedAt = performance.now();
  const excluded = excluder(options.policy.exclude);
  const found = new Found(options.policy.entriesMax, options.onLines);
  const { roots, files } = rootsOf(options.roots, excluded);
  const done = new SharedArrayBuffer(4);
  const stopProgress = sayProgress(options, done, startedAt, excluded);
  try {
    await read(options, { roots, files, known: [], done }, found);
    // Stays on the file system of each watched path; what is mounted from the same one is read unless it has been.
    for (let mounted = found.mounted.shift(); mounted !== undefined; mounted = found.mounted.shift()) {
      await read(options, { roots: [mounted], files: [], known: found.directories(), done }, found);
    }
  } finally {
    stopProgress();
  }
  const { entries, skipped, skippedCount, hashedBytes, beyondBound } = found;
  return {
    entries,
    skipped,
    skippedCount,
    hashedBytes,
    beyondBound,
    elapsedMs: performance.now() - startedAt,
  };
}

class Found {
  readonly skipped: Skipped[] = [];
  readonly mounted: Root[] = [];
  entries = 0;
  skippedCount = 0;
  hashedBytes = 0;
  beyondBound = 0;
  readonly #directories: Float64Array[] = [];
  readonly #entriesMax: number;
  readonly #onLines: ScanOptions['onLines'];

  constructor(entriesMax: number, onLines: ScanOptions['onLines']) {
    this.#entriesMax = entriesMax;
    this.#onLines = onLines;
  }

  take(message: ScanMessage): void {
    switch (message.kind) {
      case 'lines': {
        const lines = new Lines(message.bytes, message.count);
        const within = lines.first(this.#entriesMax - this.entries);
        this.entries += within.count;
        this.beyondBound += lines.count - within.count;
        this.#onLines(within);
        break;
      }
      case 'skipped':
        this.skippedCount += 1;
        if (this.skipped.length < SKIPPED_MAX)
          this.skipped.push({ path: message.path, because: message.because });
        break;
      case 'mounted':
        this.mounted.push({ path: message.path, device: message.device });
        break;
      case 'done':
        this.hashedBytes += message.bytes;
        this.#directories.push(message.directories);
        break;
    }
  }

  /** Identities of the directories read so far. */
  directories(): readonly string[] {
    return this.#directories.flatMap((identities) =>
      Array.from(
        { length: identities.length / 2 },
        (_, index) => `${identities[index * 2]}:${identities[index * 2 + 1]}`,
      ),
    );
  }
}

/** What is watched and is there; the defaults name what only some distributions have. */
function rootsOf(
  watched: readonly string[],
  excluded: (path: string) => boolean,
): { readonly roots: readonly Root[]; readonly files: readonly string[] } {
  const roots: Root[] = [];
  const files: string[] = [];
  for (const path of watched.map(fromUtf8).filter((each) => !excluded(each))) {
    let stats: Stats;
    try {
      stats = lstatSync(fsPath(path));
    } catch {
      continue;
    }
    if (!stats.isDirectory()) files.push(path);
    else if (!roots.some((root) => isBelow(path, root.path))) roots.push({ path, device: stats.dev });
  }
  return { roots, files };
}

async function read(
  options: ScanOptions,
  part: Pick<ScanTask, 'roots' | 'files' | 'known' | 'done'>,
  found: Found,
): Promise<void> {
  const { exclude, hashSizeBytesMax } = options.policy;
  const queue = makeQueueBuffer(part.roots.map(({ path }) => path));
  const task: ScanTask = { ...part, mounts: mountPoints(), exclude, hashSizeBytesMax, queue };
  // What one worker has found and not read is lost with it: the others would wait for it.
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const workers = Array.from({ length: SCAN_WORKERS }, (_, index) =>
    runWorker(options.spawn(index === 0 ? task : { ...task, files: [] }), signal, (message) =>
      found.take(message),
    ),
  );
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}

/** Returns what ends it. */
function sayProgress(
  options: ScanOptions,
  done: SharedArrayBuffer,
  startedAt: number,
  excluded: (path: string) => boolean,
): () => void {
  const { onProgress } = options;
  if (onProgress === undefined) return () => undefined;
  const ended = new AbortController();
  let total: number | undefined;
  const counting = setTimeout(() => {
    void countEntries(options.roots.map(fromUtf8), excluded, options.policy.entriesMax, ended.signal).then(
      (count) => {
        total = count;
      },
    );
  }, COUNT_AFTER_MS);
  const entries = new Int32Array(done);
  const timer = setInterval(() => {
    const part = total === undefined ? 0 : Math.min(1, Atomics.load(entries, 0) / Math.max(1, total));
    const elapsed = (performance.now() - startedAt) / 1_000;
    onProgress(part, part > 0.02 ? (elapsed * (1 - part)) / part : undefined);
  }, PROGRESS_EVERY_MS);
  return () => {
    ended.abort();
    clearTimeout(counting);
    clearInterval(timer);
  };
}

function runWorker(
  worker: Worker,
  signal: AbortSignal,
  onMessage: (message: ScanMessage) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => void worker.terminate();
    signal.addEventListener('abort', abort, { once: true });
    worker.on('message', onMessage);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', abort);
      if (signal.aborted) reject(new Error('the scan was stopped'));
      else if (code === 0) resolve();
      else reject(new Error(`a scan worker ended with ${code}`));
    });
  });
}
