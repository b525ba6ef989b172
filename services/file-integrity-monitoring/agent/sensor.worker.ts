/**
 * The real-time sensor: one fanotify group, read in a thread of its own.
 *
 * Waits for events, then another ten milliseconds, so that the kernel merges what one process does to one
 * file; resolves directories; leaves out what nobody watches; posts the rest in batches with the process
 * behind each. An event says "this object changed": what it is now is for the reader of the batch to see.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
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
import { excluder, isBelow, join } from './paths.ts';
import { ProcConnector, type ProcessEvents } from './proc-connector.ts';
import { Processes, type ProcessFacts } from './processes.ts';

export interface SensorTask {
  /** Paths in the room's own form. */
  readonly roots: readonly string[];
  readonly exclude: readonly string[];
  /** [0]: set to 1 to stop; [1]: batches posted and not yet handled, so that a slow reader is noticed. */
  readonly control: SharedArrayBuffer;
}

export interface SensorChange {
  readonly path: string;
  /** Where it was, when this is a rename into `path`. */
  readonly fromPath?: string;
  readonly isDirectory: boolean;
  readonly process: ProcessFacts;
  readonly seenAtMs: number;
}

export type SensorMessage =
  | {
      readonly kind: 'ready';
      readonly unwatchable: readonly { readonly path: string; readonly because: string }[];
    }
  | { readonly kind: 'failed'; readonly because: string }
  | { readonly kind: 'changes'; readonly changes: readonly SensorChange[] }
  /** Not everything was seen: what lies below `path` must be verified. */
  | { readonly kind: 'gap'; readonly path: string | undefined; readonly because: string };

const BUFFER_BYTES = 1_048_576;
const POLL_MS = 200;
const GATHER_MS = 10;
const DIRECTORIES_MAX = 50_000;
/** Batches the reader may be behind before the thread waits; then the kernel's own queue is the bound. */
const BEHIND_MAX = 64;
const EINTR = 4;
const POLLIN = 1;
const CHANGES = FAN.CREATE | FAN.DELETE | FAN.MODIFY | FAN.CLOSE_WRITE | FAN.ATTRIB | FAN.RENAME | FAN.ONDIR;

const task = (workerData as { readonly data: SensorTask }).data;
const control = new Int32Array(task.control);
const excluded = excluder(task.exclude);
const processes = new Processes();
const connector = ProcConnector.open();
const processEvents: ProcessEvents = {
  forked: (parent, child) => processes.forked(parent, child),
  executed: (pid) => processes.startedProgram(pid),
  userChanged: (pid, uid) => processes.userChanged(pid, uid),
};
/** Directory key → its path, or `null` for one that nobody watches and runs no programs of interest. */
const directories = new Map<string, string | null>();
const mounts: number[] = [];
const mountOf = new Map<string, number>();
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
const linkBuffer = Buffer.allocUnsafeSlow(4_096);
const ownPid = process.pid;

main();

function main(): void {
  const group = fanotifyInit(
    FAN.CLOEXEC | FAN.NONBLOCK | FAN.REPORT_DFID_NAME | FAN.UNLIMITED_MARKS,
    O_CLOEXEC | O_LARGEFILE,
  );
  if (group < 0) return send({ kind: 'failed', because: `fanotify_init: ${lastError()}` });
  const unwatchable = mark(group);
  send({ kind: 'ready', unwatchable });
  try {
    watch(group);
  } finally {
    close(group);
    connector?.close();
    for (const mount of mounts) closeSync(mount);
  }
}

/** Marks each file system below the roots for changes, and every local one for the programs that start on it. */
function mark(group: number): { path: string; because: string }[] {
  const unwatchable: { path: string; because: string }[] = [];
  for (const root of task.roots) {
    if (
      fanotifyMark(
        group,
        FAN.MARK_ADD | FAN.MARK_FILESYSTEM,
        BigInt(CHANGES | FAN.OPEN_EXEC),
        AT_FDCWD,
        root,
      ) === 0
    ) {
      mounts.push(openSync(root, 'r'));
    } else unwatchable.push({ path: root, because: lastError() });
  }
  for (const path of localMounts()) {
    // Programs run from anywhere; where the kernel cannot say so, /proc is all there is.
    if (
      fanotifyMark(group, FAN.MARK_ADD | FAN.MARK_FILESYSTEM, BigInt(FAN.OPEN_EXEC), AT_FDCWD, path) === 0
    ) {
      mounts.push(openSync(path, 'r'));
    }
  }
  return unwatchable;
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
    for (const event of parseEvents(buffer, length)) {
      if ((event.mask & FAN.Q_OVERFLOW) !== 0) {
        send({ kind: 'gap', path: undefined, because: 'the kernel’s event queue overflowed' });
        continue;
      }
      if ((event.mask & FAN.OPEN_EXEC) !== 0) executed(event);
      if ((event.mask & ~FAN.OPEN_EXEC & ~FAN.ONDIR) !== 0) changed(event, seenAtMs, changes);
    }
    if (changes.length > 0) {
      Atomics.add(control, 1, 1);
      send({ kind: 'changes', changes });
    }
  }
}

function executed(event: FanotifyEvent): void {
  const info = event.infos[0];
  const directory = info === undefined ? undefined : resolve(info.key, info.handle);
  if (info !== undefined && directory !== undefined)
    processes.executed(event.pid, join(directory, info.name));
}

function changed(event: FanotifyEvent, seenAtMs: number, changes: SensorChange[]): void {
  if (event.pid === ownPid && event.infos.every((info) => !isCanary(info.name))) return;
  const isDirectory = (event.mask & FAN.ONDIR) !== 0;
  const paths = event.infos.map((info) => ({ type: info.type, path: pathOf(info) }));
  const from = paths.find(({ type }) => type === INFO.OLD_DFID_NAME)?.path;
  const to = paths.find(({ type }) => type === INFO.NEW_DFID_NAME)?.path;
  const plain = paths.find(({ type }) => type === INFO.DFID_NAME)?.path;
  if (isDirectory && (event.mask & (FAN.RENAME | FAN.DELETE)) !== 0) directories.clear();
  const process = (): ProcessFacts => processes.of(event.pid);
  // Within what is watched a rename is one story, told at its new name; a directory's old name has a subtree.
  const alone = to !== undefined && !isDirectory && watched(to) ? [plain] : [from, plain];
  for (const path of new Set(alone)) {
    if (path !== undefined && watched(path))
      changes.push({ path, isDirectory, process: process(), seenAtMs });
  }
  if (to !== undefined && watched(to)) {
    changes.push({
      path: to,
      isDirectory,
      process: process(),
      seenAtMs,
      ...(from === undefined ? {} : { fromPath: from }),
    });
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
    const descriptor = openByHandleAt(mount, handle, O_PATH | O_CLOEXEC);
    if (descriptor < 0) continue;
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

function send(message: SensorMessage): void {
  parentPort?.postMessage(message);
}
