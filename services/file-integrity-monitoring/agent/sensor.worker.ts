/**
 * The real-time sensor: one fanotify group, read in a thread of its own.
 *
 * Waits for events, then another ten milliseconds, so that the kernel merges what one process does to one
 * file; resolves directories; leaves out what nobody watches; posts the rest in batches with the process
 * behind each. An event says "this object changed": what it is now is for the reader of the batch to see.
 */
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ProcConnector, type ProcessEvents } from '@demarc/platform/processes';
import { giveWay } from '@demarc/platform/workers/give-way';
import { type FanotifyEvent, INFO, parseEvents } from './fanotify.ts';
import {
  AT_FDCWD,
  close,
  FAN,
  fanotifyInit,
  fanotifyMark,
  lastErrno,
  lastError,
  O_CLOEXEC,
  O_LARGEFILE,
  O_PATH,
  openByHandleAt,
  poll,
  read,
  readlink,
} from './libc.ts';
import { directoryOf, excluder, fsPath, isBelow, join } from './paths.ts';
import { Processes, type ProcessFacts } from './processes.ts';

export interface SensorTask {
  /** Paths in the room's own form. */
  readonly roots: readonly string[];
  readonly exclude: readonly string[];
  /** [0]: set to 1 to stop; [1]: changes posted and not yet taken, so that a slow reader is noticed. */
  readonly control: SharedArrayBuffer;
}

export interface SensorChange {
  readonly path: string;
  /** Where it was, when this is a rename into `path`. */
  readonly fromPath?: string;
  readonly isDirectory: boolean;
  /** It was made, or moved here: there was nothing of this name before, or something else. */
  readonly appeared?: boolean;
  readonly process: ProcessFacts;
  readonly seenAtMs: number;
}

export type SensorMessage =
  | {
      readonly kind: 'ready';
      readonly unwatchable: readonly { readonly path: string; readonly because: string }[];
      /** Why the kernel does not say here who started whom. */
      readonly lineageMissing: string | undefined;
    }
  | { readonly kind: 'failed'; readonly because: string }
  | { readonly kind: 'changes'; readonly changes: readonly SensorChange[] }
  /** Not everything was seen: what lies below `path` must be verified. */
  | { readonly kind: 'gap'; readonly path: string | undefined; readonly because: string };

const BUFFER_BYTES = 1_048_576;
const POLL_MS = 200;
const GATHER_MS = 10;
const DIRECTORIES_MAX = 50_000;
/** Changes the reader may be behind before the thread waits; then the kernel's own queue is the bound. */
const BEHIND_MAX = 32_768;
const EINTR = 4;
const POLLIN = 1;
/** On whole file systems, where every program pays for it: only what says exactly who wrote a file. */
const FINISHED = FAN.CLOSE_WRITE;
/** In each watched directory: all else that can happen in it. */
const INSIDE =
  FAN.CREATE | FAN.DELETE | FAN.RENAME | FAN.ATTRIB | FAN.MODIFY | FAN.EVENT_ON_CHILD | FAN.ONDIR;
/** In the directories above a watched path: it can be moved away with them. */
const ABOVE = FAN.CREATE | FAN.DELETE | FAN.RENAME | FAN.ONDIR;
/** Each mark keeps its directory in the kernel's memory. Beyond, whole file systems are watched for everything. */
const MARKED_MAX = 65_536;

const task = (workerData as { readonly data: SensorTask }).data;
const control = new Int32Array(task.control);
const excluded = excluder(task.exclude);
const processes = new Processes();
const opened = ProcConnector.open();
const connector = typeof opened === 'string' ? undefined : opened;
const processEvents: ProcessEvents = {
  forked: (parent, child) => processes.forked(parent, child),
  executed: (pid) => processes.startedProgram(pid),
  userChanged: (pid, uid) => processes.userChanged(pid, uid),
  lost: () => processes.lost(),
};
/** Directory key → its path, or `null` for one that nobody watches and runs no programs of interest. */
const directories = new Map<string, string | null>();
/** Per batch, until its next program: a batch of a thousand changes by one process carries it once. */
const behind = new Map<number, ProcessFacts>();
/** A path on each marked file system. Opened only while it is used: an open one could not be unmounted. */
const mounts: string[] = [];
let marked = 0;
const mountOf = new Map<string, string>();
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
const linkBuffer = Buffer.allocUnsafeSlow(4_096);
const ownPid = process.pid;

main();

function main(): void {
  giveWay();
  const group = fanotifyInit(
    FAN.CLOEXEC | FAN.NONBLOCK | FAN.REPORT_DFID_NAME | FAN.UNLIMITED_MARKS,
    O_CLOEXEC | O_LARGEFILE,
  );
  if (group < 0) return send({ kind: 'failed', because: `fanotify_init: ${lastError()}` });
  const unwatchable = mark(group);
  send({ kind: 'ready', unwatchable, lineageMissing: typeof opened === 'string' ? opened : undefined });
  try {
    watch(group);
  } finally {
    close(group);
    connector?.close();
  }
}

/**
 * Marks each file system below the roots for files that were written, each directory for the rest, and every
 * local file system for the programs that start on it.
 */
function mark(group: number): { path: string; because: string }[] {
  const unwatchable: { path: string; because: string }[] = [];
  for (const root of task.roots) {
    if (markFileSystem(group, root, FINISHED | FAN.OPEN_EXEC)) mounts.push(root);
    else unwatchable.push({ path: root, because: lastError() });
  }
  markRoots(group);
  for (const path of localMounts()) {
    // Programs run from anywhere; where the kernel cannot say so, /proc is all there is.
    if (markFileSystem(group, path, FAN.OPEN_EXEC)) mounts.push(path);
  }
  return unwatchable;
}

/** Again after events were lost: directories may have appeared unseen. */
function markRoots(group: number): void {
  marked = 0;
  for (const root of task.roots) markRoot(group, root);
}

/** What is above first: a root that appears while this runs is seen there, or marked here. */
function markRoot(group: number, root: string): void {
  const above: string[] = [];
  for (let at = directoryOf(root); ; at = directoryOf(at)) {
    above.unshift(at);
    if (at === '/') break;
  }
  for (const directory of above) markDirectory(group, directory, ABOVE);
  // A watched path that is a single file is seen by its directory.
  if (!markTree(group, root)) markDirectory(group, directoryOf(root), INSIDE);
}

/** Marks a directory and those below it, and only then reads them: what comes later has its event. */
function markTree(group: number, root: string): boolean {
  let any = false;
  const waiting = [root];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    if (!markDirectory(group, directory, INSIDE)) continue;
    any = true;
    try {
      for (const entry of readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' })) {
        const path = join(directory, entry.name);
        if (entry.isDirectory() && !excluded(path)) waiting.push(path);
      }
    } catch {
      // Gone, or not to be read: then nothing in it is watched by name either.
    }
  }
  return any;
}

/** False when it is no directory (any more). */
function markDirectory(group: number, directory: string, mask: number): boolean {
  if (marked >= MARKED_MAX)
    return markFileSystem(group, directory, FINISHED | (INSIDE & ~FAN.EVENT_ON_CHILD));
  const done = addMark(group, FAN.MARK_ONLYDIR | FAN.MARK_DONT_FOLLOW, mask, directory);
  if (done) marked += 1;
  return done;
}

function markFileSystem(group: number, path: string, mask: number): boolean {
  return addMark(group, FAN.MARK_FILESYSTEM, mask, path);
}

function addMark(group: number, flags: number, mask: number, path: string): boolean {
  // A path in the room's form is bytes, ended by NUL as C wants it.
  const bytes = Buffer.from(`${path}\0`, 'latin1');
  return fanotifyMark(group, FAN.MARK_ADD | flags, BigInt(mask), AT_FDCWD, bytes) === 0;
}

function localMounts(): readonly string[] {
  const local = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'tmpfs', 'overlay', 'zfs']);
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, path = '', type = ''] = line.split(' ');
      return local.has(type) ? [path.replaceAll('\\040', ' ')] : [];
    });
}

function watch(group: number): void {
  const wanted = Buffer.alloc(16);
  wanted.writeInt32LE(group, 0);
  wanted.writeInt16LE(POLLIN, 4);
  wanted.writeInt32LE(connector?.fd ?? -1, 8);
  wanted.writeInt16LE(POLLIN, 12);
  while (Atomics.load(control, 0) === 0) {
    if (poll(wanted, 2, POLL_MS) <= 0) continue;
    // Processes first and at once: they may be gone in a moment.
    connector?.drain(processEvents);
    if (wanted.readInt16LE(6) === 0) continue;
    gather();
    while (Atomics.load(control, 1) > BEHIND_MAX && Atomics.load(control, 0) === 0)
      Atomics.wait(control, 0, 0, GATHER_MS);
    drain(group);
  }
}

/** Ten milliseconds in which the kernel merges what one process does to one file; the connector is not kept waiting. */
function gather(): void {
  const until = performance.now() + GATHER_MS;
  const wanted = Buffer.alloc(8);
  wanted.writeInt32LE(connector?.fd ?? -1, 0);
  wanted.writeInt16LE(POLLIN, 4);
  for (let left = GATHER_MS; left > 0; left = Math.ceil(until - performance.now())) {
    if (poll(wanted, 1, left) > 0) connector?.drain(processEvents);
  }
}

function drain(group: number): void {
  for (;;) {
    const length = Number(read(group, buffer, BUFFER_BYTES));
    if (length < 0 && lastErrno() === EINTR) continue;
    if (length <= 0) return;
    // Whoever did what was just read has been announced before: the announcement is waiting now.
    connector?.drain(processEvents);
    const changes: SensorChange[] = [];
    const seenAtMs = Date.now();
    behind.clear();
    for (const event of parseEvents(buffer, length)) {
      if ((event.mask & FAN.Q_OVERFLOW) !== 0) {
        markRoots(group);
        send({ kind: 'gap', path: undefined, because: 'the kernel’s event queue overflowed' });
        continue;
      }
      if ((event.mask & FAN.OPEN_EXEC) !== 0) executed(event);
      if ((event.mask & ~FAN.OPEN_EXEC & ~FAN.ONDIR) !== 0) changed(group, event, seenAtMs, changes);
    }
    if (changes.length > 0) {
      Atomics.add(control, 1, changes.length);
      send({ kind: 'changes', changes });
    }
  }
}

function executed(event: FanotifyEvent): void {
  behind.delete(event.pid);
  const info = event.infos[0];
  const directory = info === undefined ? undefined : resolve(info.key, info.handle);
  if (info !== undefined && directory !== undefined)
    processes.executed(event.pid, join(directory, info.name));
}

function changed(group: number, event: FanotifyEvent, seenAtMs: number, changes: SensorChange[]): void {
  if (event.pid === ownPid && event.infos.every((info) => !isCanary(info.name))) return;
  const isDirectory = (event.mask & FAN.ONDIR) !== 0;
  const appeared = (event.mask & FAN.CREATE) !== 0;
  const paths = event.infos.map((info) => ({ type: info.type, path: pathOf(info) }));
  const from = paths.find(({ type }) => type === INFO.OLD_DFID_NAME)?.path;
  const to = paths.find(({ type }) => type === INFO.NEW_DFID_NAME)?.path;
  const plain = paths.find(({ type }) => type === INFO.DFID_NAME)?.path;
  if (isDirectory && (event.mask & (FAN.RENAME | FAN.DELETE)) !== 0) directories.clear();
  const process = (): ProcessFacts => processOf(event.pid);
  if (isDirectory) {
    for (const path of [plain, to]) if (path !== undefined && watched(path)) markTree(group, path);
    for (const path of [plain, from, to]) if (path !== undefined) movedAbove(group, path);
  }
  // Within what is watched a rename is one story, told at its new name; a directory's old name has a subtree.
  const alone = to !== undefined && !isDirectory && watched(to) ? [plain] : [from, plain];
  for (const path of new Set(alone)) {
    if (path !== undefined && watched(path))
      changes.push({ path, isDirectory, appeared, process: process(), seenAtMs });
  }
  if (to !== undefined && watched(to)) {
    changes.push({
      path: to,
      isDirectory,
      appeared: true,
      process: process(),
      seenAtMs,
      ...(from === undefined ? {} : { fromPath: from }),
    });
  }
}

function processOf(pid: number): ProcessFacts {
  const known = behind.get(pid);
  if (known !== undefined) return known;
  const found = processes.of(pid);
  behind.set(pid, found);
  return found;
}

/** A directory above a watched path came or went: what is at the watched path now is another thing. */
function movedAbove(group: number, path: string): void {
  for (const root of task.roots) {
    if (root === path || !isBelow(root, path)) continue;
    markRoot(group, root);
    send({ kind: 'gap', path: root, because: `${path}, above it, was made, moved or deleted` });
  }
}

/** The agent's own writes are no news, except the one that is made to be seen. */
function isCanary(name: string): boolean {
  return name.startsWith('demarc-canary');
}

function pathOf(info: {
  readonly key: string;
  readonly handle: Buffer;
  readonly name: string;
}): string | undefined {
  const directory = resolve(info.key, info.handle);
  if (directory === undefined) {
    // Already deleted with everything in it: its parent's own event says so, and is verified.
    return undefined;
  }
  return info.name === '.' || info.name === '' ? directory : join(directory, info.name);
}

function watched(path: string): boolean {
  return task.roots.some((root) => isBelow(path, root)) && !excluded(path);
}

/** Path of the directory behind a handle; undefined when it is gone. Cached until a directory moves. */
function resolve(key: string, handle: Buffer): string | undefined {
  const known = directories.get(key);
  if (known !== undefined) return known ?? undefined;
  const fileSystem = key.slice(0, 8);
  const preferred = mountOf.get(fileSystem);
  for (const mount of preferred === undefined ? mounts : [preferred]) {
    const descriptor = openOn(mount, handle);
    if (descriptor < 0) {
      // Where it was found before something else may be by now; the next event looks everywhere again.
      mountOf.delete(fileSystem);
      continue;
    }
    const length = Number(readlink(`/proc/self/fd/${descriptor}`, linkBuffer, linkBuffer.length));
    close(descriptor);
    if (length <= 0) continue;
    const path = linkBuffer.toString('latin1', 0, length);
    if (path.endsWith(' (deleted)')) return undefined;
    mountOf.set(fileSystem, mount);
    if (directories.size >= DIRECTORIES_MAX) directories.clear();
    directories.set(key, path);
    return path;
  }
  return undefined;
}

/** Negative when the handle is not of the file system that is at `mount`, or what it named is gone. */
function openOn(mount: string, handle: Buffer): number {
  let directory: number;
  try {
    directory = openSync(fsPath(mount), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return -1;
  }
  try {
    return openByHandleAt(directory, handle, O_PATH | O_CLOEXEC);
  } finally {
    closeSync(directory);
  }
}

function send(message: SensorMessage): void {
  parentPort?.postMessage(message);
}
