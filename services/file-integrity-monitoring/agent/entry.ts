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
import { lgetxattr, llistxattr } from './libc.ts';
import { fsPath } from './paths.ts';

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
  readonly ino: number;
  readonly dev: number;
  readonly nlink: number;
  /** SHA-256 (hex) of a regular file; empty when it was not hashed, and `unread` says why. */
  readonly sha256: string;
  readonly target: string;
  /** Extended attributes: ACL, capabilities, SELinux label among them; values in hex. */
  readonly xattrs: Readonly<Record<string, string>>;
  readonly unread: string;
}

const CHUNK_BYTES = 262_144;
const TRIES_MAX = 3;
const O_NOATIME = 0o1000000;
const XATTR_LIST_BYTES_MAX = 65_536;
const XATTR_VALUE_BYTES_MAX = 65_536;

const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
const list = Buffer.allocUnsafeSlow(XATTR_LIST_BYTES_MAX);
const value = Buffer.allocUnsafeSlow(XATTR_VALUE_BYTES_MAX);

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
  const entry: Entry = { ...fromStats(path, type, stats), xattrs: readXattrs(path, at) };
  if (type === 'symlink') return { ...entry, target: linkTarget(at) };
  if (type !== 'file') return entry;
  if (stats.size > hashSizeBytesMax) return { ...entry, unread: `larger than ${hashSizeBytesMax} bytes` };
  return hashed(entry, at, stats);
}

/** Reads again when the file changed while it was read; after a few tries says that it does not hold still. */
function hashed(entry: Entry, at: string | Buffer, first: Stats): Entry | undefined {
  let before = first;
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    let descriptor: number;
    try {
      descriptor = open(at);
    } catch (error) {
      if (isGone(error)) return undefined;
      return { ...entry, unread: codeOf(error) };
    }
    try {
      const opened = fstatSync(descriptor);
      if (!opened.isFile()) return { ...entry, unread: 'replaced while it was read' };
      before = opened;
      const sha256 = hashDescriptor(descriptor);
      const after = fstatSync(descriptor);
      if (after.mtimeMs === before.mtimeMs && after.size === before.size) {
        return { ...fromStats(entry.path, 'file', after), xattrs: entry.xattrs, sha256 };
      }
    } catch (error) {
      return { ...entry, unread: codeOf(error) };
    } finally {
      closeSync(descriptor);
    }
  }
  return { ...entry, unread: 'changes while it is read' };
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

function hashDescriptor(descriptor: number): string {
  let bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
  if (bytes < CHUNK_BYTES) {
    // One call for the many small files; a short read at the end of a file is the end of it.
    const rest = bytes === 0 ? 0 : readSync(descriptor, chunk, bytes, CHUNK_BYTES - bytes, null);
    if (rest === 0) return hash('sha256', chunk.subarray(0, bytes), 'hex');
    bytes += rest;
  }
  const digest = createHash('sha256').update(chunk.subarray(0, bytes));
  for (
    bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
    bytes > 0;
    bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, null)
  ) {
    digest.update(chunk.subarray(0, bytes));
  }
  return digest.digest('hex');
}

function readXattrs(path: string, at: string | Buffer): Readonly<Record<string, string>> {
  const terminated = typeof at === 'string' ? Buffer.from(`${path}\0`, 'latin1') : Buffer.concat([at, NUL]);
  const length = Number(llistxattr(terminated, list, list.length));
  if (length <= 0) return NO_XATTRS;
  const found: Record<string, string> = {};
  for (const name of list
    .toString('latin1', 0, length - 1)
    .split('\0')
    .sort()) {
    const size = Number(lgetxattr(terminated, name, value, value.length));
    if (size >= 0) found[name] = value.toString('hex', 0, size);
  }
  return found;
}

function linkTarget(at: string | Buffer): string {
  try {
    return readlinkSync(at, 'latin1');
  } catch {
    return '';
  }
}

function fromStats(path: string, type: EntryType, stats: Stats): Entry {
  return {
    path,
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    // A directory's size is the file system's own business.
    size: type === 'directory' ? 0 : stats.size,
    mtimeMs: Math.trunc(stats.mtimeMs),
    ino: stats.ino,
    dev: stats.dev,
    nlink: type === 'directory' ? 0 : stats.nlink,
    sha256: '',
    target: '',
    xattrs: NO_XATTRS,
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

const NUL = Buffer.from([0]);
const NO_XATTRS: Readonly<Record<string, string>> = Object.freeze({});
const EMPTY = {
  type: 'unknown',
  mode: 0,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeMs: 0,
  ino: 0,
  dev: 0,
  nlink: 0,
  sha256: '',
  target: '',
  xattrs: NO_XATTRS,
} as const;
