/**
 * Reads directories that it shares with the other workers of a scan, and posts the entries as lines.
 * Two of these keep two processors busy; hashing is what costs.
 */
import { constants } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '@demarc/platform/workers/give-way';
import { type Kind, namesIn } from './directory.ts';
import { type Entry, entryOf, readEntry } from './entry.ts';
import { FileState } from './file-state.ts';
import { LargeFiles } from './large-files.ts';
import { close, lastError } from './libc.ts';
import { toLine } from './line.ts';
import { Lines } from './lines.ts';
import { openError, openIn, openPath } from './open.ts';
import { excluder, isBelow, join } from './paths.ts';
import { DirectoryQueue, type DirectoryQueueBuffer } from './queue.ts';
import { readRegularFile } from './regular-file.ts';
import { xattrsOf } from './xattrs.ts';

export interface ScanTask {
  /** The directories and the single files to begin with; those below are found. */
  readonly roots: readonly Root[];
  readonly files: readonly string[];
  /** Where something is mounted: what lies there is another file system, or has been read elsewhere. */
  readonly mounts: readonly string[];
  /** Identities (`dev:ino`) of directories that have been read before, to be left out. */
  readonly known: readonly string[];
  readonly exclude: readonly string[];
  readonly hashSizeBytesMax: number;
  readonly queue: DirectoryQueueBuffer;
  /** [entries done], shared by all workers of a scan. */
  readonly done: SharedArrayBuffer;
}
export interface Root {
  readonly path: string;
  readonly device: number;
}
export type ScanMessage =
  /** What `Lines` is made of. */
  | { readonly kind: 'lines'; readonly bytes: Uint8Array<ArrayBuffer>; readonly count: number }
  | { readonly kind: 'skipped'; readonly path: string; readonly because: string }
  /** Mounted from the same file system: whether it has been read elsewhere is known when all have. */
  | { readonly kind: 'mounted'; readonly path: string; readonly device: number }
  /** With the identities of the directories that were read: device and inode of each. */
  | { readonly kind: 'done'; readonly bytes: number; readonly directories: Float64Array };

const POST_CHARACTERS = 1_048_576;
/** Before a path in the queue that is a regular file; no path has it. */
const SINGLE = '\0';
const OTHER_FILE_SYSTEM = 'another file system is mounted there';

const task = (workerData as { readonly data: ScanTask }).data;
const queue = new DirectoryQueue(task.queue);
const done = new Int32Array(task.done);
const mounts = new Set(task.mounts);
const known = new Set(task.known);
const roots = new Map(task.roots.map(({ path, device }) => [path, device]));
const excluded = excluder(task.exclude);
const large = new LargeFiles(task.hashSizeBytesMax, take);
giveWay();
const state = new FileState();
const directories: number[] = [];
let lines: string[] = [];
let characters = 0;
let bytes = 0;

for (const file of task.files) take(readEntry(file, task.hashSizeBytesMax));
const idle = (): void => large.finish();
for (let path = queue.pop(idle); path !== undefined; path = queue.pop(idle)) {
  try {
    if (path.startsWith(SINGLE)) take(readRegularFile(path.slice(1), task.hashSizeBytesMax, large));
    else scanDirectory(path);
  } finally {
    queue.done();
  }
}
post();
send({ kind: 'done', bytes, directories: Float64Array.from(directories) });

function scanDirectory(directory: string): void {
  if (mounts.has(directory) && !roots.has(directory)) {
    // Not opened: that would mount what is mounted on demand.
    const itself = readEntry(directory, 0);
    if (itself?.type !== 'directory') return;
    if (itself.dev === deviceOf(directory)) send({ kind: 'mounted', path: directory, device: itself.dev });
    else skip(directory, OTHER_FILE_SYSTEM);
    return;
  }
  const descriptor = openPath(directory, constants.O_DIRECTORY);
  if (descriptor === undefined) {
    const because = openError();
    const itself = readEntry(directory, 0);
    if (itself?.type !== 'directory') return;
    take(itself);
    skip(directory, because);
    return;
  }
  try {
    readDirectory(directory, descriptor);
  } finally {
    close(descriptor);
  }
}

function readDirectory(directory: string, descriptor: number): void {
  if (!state.read(descriptor)) {
    skip(directory, lastError());
    return;
  }
  const itself = entryOf(directory, 'directory', state, xattrsOf(descriptor));
  if (itself.dev !== deviceOf(directory)) {
    skip(directory, OTHER_FILE_SYSTEM);
    return;
  }
  if (known.size > 0 && known.has(`${itself.dev}:${itself.ino}`)) {
    skip(directory, 'the same directory as another one (bind mount or overlap)');
    return;
  }
  directories.push(itself.dev, itself.ino);
  take(itself);
  const ended = namesIn(
    descriptor,
    (name) => kindOf(join(directory, name)),
    (name, kind, address) => {
      const path = join(directory, name);
      if (excluded(path)) return;
      if (kind === 'directory') queue.push(path);
      else if (kind === 'other') take(readEntry(path, task.hashSizeBytesMax));
      else if (queue.hungry) queue.share(`${SINGLE}${path}`);
      else take(readRegularFile(path, task.hashSizeBytesMax, large, openIn(descriptor, address)));
    },
  );
  if (ended !== undefined) skip(directory, ended);
}

function kindOf(path: string): Kind {
  const type = readEntry(path, 0)?.type;
  return type === 'file' || type === 'directory' ? type : 'other';
}

function deviceOf(directory: string): number | undefined {
  for (const [root, device] of roots) if (isBelow(directory, root)) return device;
  return undefined;
}

function take(entry: Entry | undefined): void {
  if (entry === undefined) return;
  const line = toLine(entry);
  bytes += entry.sha256 === '' ? 0 : entry.size;
  lines.push(line);
  characters += line.length;
  Atomics.add(done, 0, 1);
  if (characters > POST_CHARACTERS) post();
}

function skip(path: string, because: string): void {
  send({ kind: 'skipped', path, because });
}

function post(): void {
  if (lines.length > 0) {
    const { bytes: text, count } = Lines.of(lines);
    send({ kind: 'lines', bytes: text, count }, [text.buffer]);
  }
  lines = [];
  characters = 0;
}

function send(message: ScanMessage, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}
