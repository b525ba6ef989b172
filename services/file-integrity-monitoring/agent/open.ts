/**
 * Opens what a scan reads, without following a link and without waiting for a FIFO's other end. Node keeps a list of
 * the descriptors that a worker opened through it: these are in none, and are closed with `close` of libc.ts.
 */
import { constants } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { AT_FDCWD, lastErrno, O_CLOEXEC, openat, pinned } from './libc.ts';

const PATH_BYTES_MAX = 4_096;
const O_NOATIME = 0o1000000;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | O_CLOEXEC;

const terminated = pinned(PATH_BYTES_MAX);

/** Undefined when it cannot be opened; then `openError` says why. */
export function openPath(path: string, flags = 0): number | undefined {
  const { bytes, address } = terminated;
  bytes[bytes.write(path, 0, PATH_BYTES_MAX - 1, 'latin1')] = 0;
  return openIn(AT_FDCWD, address, flags);
}

/** By the address of a name in an open directory. */
export function openIn(directory: number, nameAddress: number, flags = 0): number | undefined {
  let descriptor = openat(directory, nameAddress, FLAGS | O_NOATIME | flags);
  // Only the owner and root may leave the access time alone (open(2)).
  if (descriptor < 0 && openError() === 'EPERM') descriptor = openat(directory, nameAddress, FLAGS | flags);
  return descriptor < 0 ? undefined : descriptor;
}

export function openError(): string {
  return getSystemErrorName(-lastErrno());
}
