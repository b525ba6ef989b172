/**
 * The few calls into libc that Node has no door for, through koffi: no compiler anywhere.
 * Constants are from the kernel's uapi headers (linux/fanotify.h, linux/xattr.h).
 */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

/** -1 on failure; then `errno()` says why. */
export const fanotifyInit = libc.func('int fanotify_init(unsigned int, unsigned int)') as (
  flags: number,
  eventFlags: number,
) => number;
export const fanotifyMark = libc.func('int fanotify_mark(int, unsigned int, uint64_t, int, const void*)') as (
  fd: number,
  flags: number,
  mask: bigint,
  directory: number,
  path: Uint8Array,
) => number;
export const openByHandleAt = libc.func('int open_by_handle_at(int, const void*, int)') as (
  mount: number,
  handle: Uint8Array,
  flags: number,
) => number;
export const readlink = libc.func('int64_t readlink(const char*, void*, size_t)') as (
  path: string,
  buffer: Uint8Array,
  size: number,
) => number | bigint;
export const read = libc.func('int64_t read(int, void*, size_t)') as (
  fd: number,
  buffer: Uint8Array,
  size: number,
) => number | bigint;
/** Addresses (`pinned`) instead of buffers: these are called for each file of a scan. */
export const openat = libc.func('int openat(int, uintptr_t, int)') as (
  directory: number,
  pathAddress: number,
  flags: number,
) => number;
export const syscall = libc.func('int64_t syscall(int64_t, int64_t, uintptr_t, size_t)') as (
  number: number,
  fd: number,
  address: number,
  size: number,
) => number | bigint;
export const pread = libc.func('int64_t pread(int, uintptr_t, size_t, int64_t)') as (
  fd: number,
  address: number,
  size: number,
  offset: number,
) => number | bigint;
export const statx = libc.func('int statx(int, uintptr_t, int, unsigned int, uintptr_t)') as (
  fd: number,
  pathAddress: number,
  flags: number,
  mask: number,
  address: number,
) => number;
export const close = libc.func('int close(int)') as (fd: number) => number;
export const poll = libc.func('int poll(void*, unsigned long, int)') as (
  fds: Uint8Array,
  count: number,
  timeoutMs: number,
) => number;
/** Once for paths that are plain text, once for those that are not: a string is cheaper to hand over. */
type ListXattr<Of> = (of: Of, list: Uint8Array, size: number) => number | bigint;
type GetXattr<Of> = (of: Of, name: string, value: Uint8Array, size: number) => number | bigint;
export const llistxattr = libc.func('int64_t llistxattr(const char*, void*, size_t)') as ListXattr<string>;
export const lgetxattr = libc.func(
  'int64_t lgetxattr(const char*, const char*, void*, size_t)',
) as GetXattr<string>;
export const llistxattrBytes = libc.func(
  'int64_t llistxattr(const void*, void*, size_t)',
) as ListXattr<Uint8Array>;
export const lgetxattrBytes = libc.func(
  'int64_t lgetxattr(const void*, const char*, void*, size_t)',
) as GetXattr<Uint8Array>;
export const flistxattr = libc.func('int64_t flistxattr(int, void*, size_t)') as ListXattr<number>;
export const fgetxattr = libc.func('int64_t fgetxattr(int, const char*, void*, size_t)') as GetXattr<number>;
/** Of Node's own OpenSSL; see sha256-pair.ts. Undefined where the runtime has no such function. */
export const sha256MultiBlock = ownFunction('void sha256_multi_block(void*, const void*, int)') as
  | ((state: Uint8Array, inputs: Uint8Array, lanesByFour: number) => void)
  | undefined;
const strerror = libc.func('const char* strerror(int)') as (code: number) => string;

function ownFunction(prototype: string): unknown {
  // Of another generation of OpenSSL nothing is known.
  if (!process.versions.openssl.startsWith('3.')) return undefined;
  try {
    return koffi.load(null).func(prototype);
  } catch {
    return undefined;
  }
}

/** Memory of its own, whose address may be kept as long as the buffer is: small arrays lie in the heap, and move. */
export interface Pinned {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly address: number;
}

export function pinned(bytes: number): Pinned {
  const buffer = new ArrayBuffer(bytes);
  return { bytes: Buffer.from(buffer), address: Number(koffi.address(buffer)) };
}

export function lastError(): string {
  return strerror(koffi.errno());
}

export function lastErrno(): number {
  return koffi.errno();
}

export const FAN = {
  CLOEXEC: 0x1,
  NONBLOCK: 0x2,
  REPORT_DFID_NAME: 0xc00,
  UNLIMITED_MARKS: 0x20,
  MARK_ADD: 0x1,
  MARK_DONT_FOLLOW: 0x4,
  MARK_ONLYDIR: 0x8,
  MARK_FILESYSTEM: 0x100,
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  CREATE: 0x100,
  DELETE: 0x200,
  OPEN_EXEC: 0x1000,
  Q_OVERFLOW: 0x4000,
  RENAME: 0x10000000,
  EVENT_ON_CHILD: 0x08000000,
  ONDIR: 0x40000000,
} as const;

export const O_CLOEXEC = 0o2000000;
export const O_LARGEFILE = 0o100000;
export const O_PATH = 0o10000000;
export const AT_FDCWD = -100;
