/**
 * Reads directories that it takes from a shared list, one after the other, and posts the entries as lines.
 * Two of these keep two processors busy; hashing is what costs.
 */
import { readdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { isGone, readEntry } from './entry.ts';
import { toLine } from './line.ts';
import { excluder, fsPath, join } from './paths.ts';

export interface ScanTask {
  readonly directories: readonly string[];
  readonly files: readonly string[];
  readonly exclude: readonly string[];
  readonly hashSizeBytesMax: number;
  /** [next directory, directories done, entries done]: shared by all workers of a scan. */
  readonly counters: SharedArrayBuffer;
}
export type ScanMessage =
  | { readonly kind: 'lines'; readonly lines: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly because: string }
  | { readonly kind: 'done'; readonly bytes: number };

const POST_CHARACTERS = 1_048_576;

const task = (workerData as { readonly data: ScanTask }).data;
const counters = new Int32Array(task.counters);
const excluded = excluder(task.exclude);
let lines: string[] = [];
let characters = 0;
let bytes = 0;

for (let at = Atomics.add(counters, 0, 1); at <= task.directories.length; at = Atomics.add(counters, 0, 1)) {
  // The place after the last directory stands for the single files.
  if (at === task.directories.length) for (const file of task.files) take(file);
  else scanDirectory(task.directories[at] ?? '');
  Atomics.add(counters, 1, 1);
}
post();
send({ kind: 'done', bytes });

function scanDirectory(directory: string): void {
  take(directory);
  let entries: readonly { readonly name: string; isDirectory(): boolean }[];
  try {
    entries = readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' });
  } catch (error) {
    if (!isGone(error))
      send({
        kind: 'unreadable',
        path: directory,
        because: (error as { readonly code?: string }).code ?? '',
      });
    return;
  }
  for (const entry of entries) {
    // Directories are in the list themselves.
    if (!entry.isDirectory()) {
      const path = join(directory, entry.name);
      if (!excluded(path)) take(path);
    }
  }
}

function take(path: string): void {
  const entry = readEntry(path, task.hashSizeBytesMax);
  if (entry === undefined) return;
  const line = toLine(entry);
  bytes += entry.sha256 === '' ? 0 : entry.size;
  lines.push(line);
  characters += line.length;
  Atomics.add(counters, 2, 1);
  if (characters > POST_CHARACTERS) post();
}

function post(): void {
  if (lines.length > 0) send({ kind: 'lines', lines: lines.join('\n') });
  lines = [];
  characters = 0;
}

function send(message: ScanMessage): void {
  parentPort?.postMessage(message);
}
