/** One file as the baseline knows it, and how it is read without trusting that it holds still. */
import { createHash, hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { fsPath } from './paths.ts';
import { NO_XATTRS, type Xattrs, xattrsAt, xattrsOf } from './xattrs.ts';

export const TYPES = [
  'file',
  'directory',
  'symlink',
  'fifo',
  'socket',
  'block-device',
  'character-device',
  'unknown',
] as const;
export type EntryType = (typeof TYPES)[number];

export interface Entry {
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeMs: number;
  /** Of the last change of any kind; nobody can set it. With the inode it names one state of one file. */
  readonly ctimeMs: number;
  readonly ino: number;
  readonly dev: number;
  readonly nlink: number;
  /** SHA-256 (hex) of a regular file; empty when it was not hashed, and `unread` says why. */
  readonly sha256: string;
  readonly target: string;
  /** Extended attributes: ACL, capabilities, SELinux label among them; values in hex. */
  readonly xattrs: Xattrs;
  readonly unread: string;
}

type MutableEntry = { -readonly [Name in keyof Entry]: Entry[Name] };

/** A regular file while it is read, and what it was when it was opened. Who has it closes the descriptor. */
export interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  readonly stats: Stats;
  readonly xattrs: Xattrs;
}

/** A file that does not hold still is read so often. */
export const TRIES_MAX = 3;
export const CHANGES = 'changes while it is read';
/** From here on two files at a time are faster than one after the other. */
const LARGE_BYTES_MIN = 32_768;
const CHUNK_BYTES = 262_144;
const O_NOATIME = 0o1000000;

const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/** Undefined when there is nothing at the path (any more). Never opens what could block: FIFOs, devices. */
export function readEntry(path: string, hashSizeBytesMax: number): Entry | undefined {
  const at = fsPath(path);
  let stats: Stats;
  try {
    stats = lstatSync(at);
  } catch (error) {
    if (isGone(error)) return undefined;
    return { ...EMPTY, path, unread: codeOf(error) };
  }
  const type = typeOf(stats);
  if (type !== 'file') {
    const entry = fromStats(path, type, stats, xattrsAt(path, at));
    if (type === 'symlink') entry.target = linkTarget(at);
    return entry;
  }
  let descriptor: number;
  try {
    descriptor = open(at);
  } catch (error) {
    if (isGone(error)) return undefined;
    return { ...fromStats(path, type, stats, xattrsAt(path, at)), unread: codeOf(error) };
  }
  const entry = readOpen(path, descriptor, hashSizeBytesMax);
  return entry.type === 'file'
    ? entry
    : { ...fromStats(path, type, stats, NO_XATTRS), unread: 'replaced while it was read' };
}

/**
 * The same for what a directory just said is a regular file: opened at once, all else is asked of the open
 * file, so that the path is resolved once. Half the calls of a scan are saved here.
 *
 * @param large takes over the files that are worth reading two at a time; nothing is returned for these
 */
export function readRegularFile(
  path: string,
  hashSizeBytesMax: number,
  large: { take(file: OpenFile): void },
): Entry | undefined {
  let descriptor: number;
  try {
    descriptor = open(fsPath(path));
  } catch {
    return readEntry(path, hashSizeBytesMax);
  }
  const entry = readOpen(path, descriptor, hashSizeBytesMax, large);
  return entry === undefined || entry.type === 'file' ? entry : readEntry(path, hashSizeBytesMax);
}

/** Closes the descriptor, unless `large` has taken it over. */
function readOpen(path: string, descriptor: number, hashSizeBytesMax: number): Entry;
function readOpen(
  path: string,
  descriptor: number,
  hashSizeBytesMax: number,
  large: { take(file: OpenFile): void } | undefined,
): Entry | undefined;
function readOpen(
  path: string,
  descriptor: number,
  hashSizeBytesMax: number,
  large?: { take(file: OpenFile): void },
): Entry | undefined {
  let entry: MutableEntry = { ...EMPTY, path };
  let isOurs = true;
  try {
    const stats = fstatSync(descriptor);
    entry = fromStats(path, typeOf(stats), stats, NO_XATTRS);
    if (entry.type !== 'file') return entry;
    entry.xattrs = xattrsOf(descriptor);
    if (stats.size > hashSizeBytesMax) {
      entry.unread = `larger than ${hashSizeBytesMax} bytes`;
      return entry;
    }
    const file = { path, descriptor, stats, xattrs: entry.xattrs };
    if (large !== undefined && stats.size >= LARGE_BYTES_MIN) {
      isOurs = false;
      large.take(file);
      return undefined;
    }
    return readWhole(file, hashSizeBytesMax);
  } catch (error) {
    entry.unread = codeOf(error);
    return entry;
  } finally {
    if (isOurs) closeSync(descriptor);
  }
}

/** Reads again when the file changed while it was read; after a few tries says that it does not hold still. */
function readWhole(file: OpenFile, hashSizeBytesMax: number): Entry {
  let now = file;
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const sha256 = hashDescriptor(now.descriptor, now.stats.size, hashSizeBytesMax);
    const before = now.stats;
    const stats = fstatSync(now.descriptor);
    if (sameState(before, stats)) return { ...entryOf(now), sha256 };
    now = { ...now, stats, xattrs: xattrsOf(now.descriptor) };
  }
  return { ...entryOf(now), unread: CHANGES };
}

/** The change time, too: nobody can set that one back. */
export function sameState(before: Stats, after: Stats): boolean {
  return after.mtimeMs === before.mtimeMs && after.ctimeMs === before.ctimeMs && after.size === before.size;
}

/** Without a digest. */
export function entryOf({ path, stats, xattrs }: OpenFile): Entry {
  return fromStats(path, 'file', stats, xattrs);
}

/** O_NOFOLLOW: a link put in place of the file must not lead elsewhere. O_NONBLOCK: a FIFO must not hold us. */
function open(at: string | Buffer): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(at, flags | O_NOATIME);
  } catch (error) {
    // Only the owner and root may leave the access time alone (open(2)).
    if ((error as { readonly code?: string }).code === 'EPERM') return openSync(at, flags);
    throw error;
  }
}

/**
 * No further than the size that the file had: what grows faster than it is read is no reason to read for ever,
 * and the second fstat tells. Files without a size (of the kernel's own file systems) end where they end.
 */
function hashDescriptor(descriptor: number, size: number, bytesMax: number): string {
  let bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, 0);
  // One read for the many small files; that nothing came after it is what the second fstat shows.
  if (bytes === size && bytes < CHUNK_BYTES) return hash('sha256', chunk.subarray(0, bytes), 'hex');
  const digest = createHash('sha256');
  const end = size === 0 ? bytesMax : size;
  for (let at = bytes; bytes > 0; at += bytes) {
    digest.update(bytes === CHUNK_BYTES ? chunk : chunk.subarray(0, bytes));
    if (at > end) break;
    bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, at);
  }
  return digest.digest('hex');
}

function linkTarget(at: string | Buffer): string {
  try {
    return readlinkSync(at, 'latin1');
  } catch {
    return '';
  }
}

function fromStats(path: string, type: EntryType, stats: Stats, xattrs: Xattrs): MutableEntry {
  return {
    path,
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    // A directory's size is the file system's own business.
    size: type === 'directory' ? 0 : stats.size,
    mtimeMs: Math.trunc(stats.mtimeMs),
    ctimeMs: Math.trunc(stats.ctimeMs),
    ino: stats.ino,
    dev: stats.dev,
    nlink: type === 'directory' ? 0 : stats.nlink,
    sha256: '',
    target: '',
    xattrs,
    unread: '',
  };
}

export function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  if (stats.isBlockDevice()) return 'block-device';
  return stats.isCharacterDevice() ? 'character-device' : 'unknown';
}

export function isGone(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function codeOf(error: unknown): string {
  return (error as { readonly code?: string }).code ?? 'unreadable';
}

const EMPTY = {
  type: 'unknown',
  mode: 0,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeMs: 0,
  ctimeMs: 0,
  ino: 0,
  dev: 0,
  nlink: 0,
  sha256: '',
  target: '',
  xattrs: NO_XATTRS,
  unread: '',
} as const;
