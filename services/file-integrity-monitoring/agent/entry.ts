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

/** What the file system says of a file without reading it. */
export type Attributes = Readonly<
  Pick<Stats, 'mode' | 'uid' | 'gid' | 'size' | 'mtimeMs' | 'ctimeMs' | 'ino' | 'dev' | 'nlink'>
>;

export type MutableEntry = { -readonly [Name in keyof Entry]: Entry[Name] };

const CHUNK_BYTES = 262_144;
const TRIES_MAX = 3;
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
    const entry = entryOf(path, type, stats, xattrsAt(path, at));
    if (type === 'symlink') entry.target = linkTarget(at);
    return entry;
  }
  let descriptor: number;
  try {
    descriptor = openToRead(at);
  } catch (error) {
    if (isGone(error)) return undefined;
    return { ...entryOf(path, type, stats, xattrsAt(path, at)), unread: codeOf(error) };
  }
  const entry = readOpen(path, descriptor, hashSizeBytesMax);
  return entry.type === 'file'
    ? entry
    : { ...entryOf(path, type, stats, NO_XATTRS), unread: 'replaced while it was read' };
}

/**
 * Closes the descriptor. Reads again when the file changed while it was read; after a few tries says that it
 * does not hold still.
 */
function readOpen(path: string, descriptor: number, hashSizeBytesMax: number): Entry {
  let entry: MutableEntry = { ...EMPTY, path };
  try {
    let before = fstatSync(descriptor);
    entry = entryOf(path, typeOf(before), before, NO_XATTRS);
    if (entry.type !== 'file') return entry;
    entry.xattrs = xattrsOf(descriptor);
    if (before.size > hashSizeBytesMax) {
      entry.unread = `larger than ${hashSizeBytesMax} bytes`;
      return entry;
    }
    for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
      const sha256 = hashDescriptor(descriptor, before.size, hashSizeBytesMax);
      const after = fstatSync(descriptor);
      // The change time, too: nobody can set that one back.
      if (
        after.mtimeMs === before.mtimeMs &&
        after.ctimeMs === before.ctimeMs &&
        after.size === before.size
      ) {
        entry.sha256 = sha256;
        return entry;
      }
      before = after;
      entry = entryOf(path, 'file', after, xattrsOf(descriptor));
    }
    entry.unread = 'changes while it is read';
    return entry;
  } catch (error) {
    entry.unread = codeOf(error);
    return entry;
  } finally {
    closeSync(descriptor);
  }
}

/** O_NOFOLLOW: a link put in place of the file must not lead elsewhere. O_NONBLOCK: a FIFO must not hold us. */
export function openToRead(at: string | Buffer): number {
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

/** Without what has to be read: digest and target. */
export function entryOf(path: string, type: EntryType, of: Attributes, xattrs: Xattrs): MutableEntry {
  return {
    path,
    type,
    mode: of.mode & 0o7777,
    uid: of.uid,
    gid: of.gid,
    // A directory's size is the file system's own business.
    size: type === 'directory' ? 0 : of.size,
    mtimeMs: Math.trunc(of.mtimeMs),
    ctimeMs: Math.trunc(of.ctimeMs),
    ino: of.ino,
    dev: of.dev,
    nlink: type === 'directory' ? 0 : of.nlink,
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

function codeOf(error: unknown): string {
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
