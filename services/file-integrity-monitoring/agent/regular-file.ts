/**
 * The short road of a scan to what a directory just said is a regular file: opened at once, all else is asked of
 * the open file, with as few calls and objects as it takes. Whatever is not as usual takes the long one
 * (`readEntry`): a file that changes, that cannot be opened, that is something else by now, that has no size.
 */

import { hash } from 'node:crypto';
import { type Entry, entryOf, readEntry } from './entry.ts';
import { FileState } from './file-state.ts';
import { close, pinned, pread } from './libc.ts';
import { openPath } from './open.ts';
import { type Xattrs, xattrsOf } from './xattrs.ts';

/** Opened by open.ts. Who has it closes the descriptor, and copies the state: the next file has the same memory. */
export interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  readonly state: FileState;
  readonly xattrs: Xattrs;
}

/** From here on two files at a time are faster than one after the other, with all that has to be kept for it. */
const LARGE_BYTES_MIN = 16_384;

const chunk = pinned(LARGE_BYTES_MIN);
const before = new FileState();
const after = new FileState();

/**
 * @param large takes over the larger ones; then nothing is returned
 * @param opened the file, where that was already to be had
 */
export function readRegularFile(
  path: string,
  hashSizeBytesMax: number,
  large: { take(file: OpenFile): void },
  opened?: number,
): Entry | undefined {
  const descriptor = opened ?? openPath(path);
  if (descriptor === undefined) return readEntry(path, hashSizeBytesMax);
  if (!before.read(descriptor) || !before.isFile || before.size > hashSizeBytesMax) {
    close(descriptor);
    return readEntry(path, hashSizeBytesMax);
  }
  const xattrs = xattrsOf(descriptor);
  if (before.size >= LARGE_BYTES_MIN) {
    large.take({ path, descriptor, state: before, xattrs });
    return undefined;
  }
  const bytes = Number(pread(descriptor, chunk.address, LARGE_BYTES_MIN, 0));
  const isStill = bytes === before.size && after.read(descriptor) && before.isSame(after);
  close(descriptor);
  if (!isStill) return readEntry(path, hashSizeBytesMax);
  const entry = entryOf(path, 'file', before, xattrs);
  entry.sha256 = hash('sha256', chunk.bytes.subarray(0, bytes), 'hex');
  return entry;
}
