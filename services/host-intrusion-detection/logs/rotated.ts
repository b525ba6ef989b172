/** Files that logs were rotated into, and how a file is known again under another name. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Of the beginning of a log, which tells it from the one that took its name, and its number, after it. */
export const FINGERPRINT_BYTES_MAX = 256;
/** Of one log; older ones are not looked at. */
const ROTATED_MAX = 64;
/** A compressed log is held in memory when what was missed of it is read. */
const INFLATED_BYTES_MAX = 268_435_456;

export interface Fingerprint {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Rotated {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly isCompressed: boolean;
}

/** `syslog.1`, `syslog-20261126`, `syslog.2.gz` of `syslog`, the oldest first. */
export function rotatedOf(path: string): readonly Rotated[] {
  const directory = dirname(path);
  const name = basename(path);
  const found: Rotated[] = [];
  for (const other of readdirSync(directory)) {
    if (
      !other.startsWith(name) ||
      other === name ||
      !/^[.-]\d[\d.-]{0,24}(?:\.gz)?$/.test(other.slice(name.length))
    )
      continue;
    try {
      const { dev, ino, size, mtimeMs } = statSync(join(directory, other));
      found.push({
        path: join(directory, other),
        dev,
        ino,
        size,
        mtimeMs,
        isCompressed: other.endsWith('.gz'),
      });
    } catch {
      // Rotated once more in between; its next name is found the next time.
    }
  }
  return found.sort((a, b) => byAge(a, b, path.length)).slice(-ROTATED_MAX);
}

/** Numbers count backwards and dates forwards; where both are there, the time of the last change decides. */
function byAge(a: Rotated, b: Rotated, nameLength: number): number {
  const [first, second] = [a, b].map(({ path }) => path.slice(nameLength + 1).replace(/\.gz$/, ''));
  if (first === undefined || second === undefined) return 0;
  const areNumbers = [first, second].map((suffix) => NUMBER.test(suffix));
  if (areNumbers[0] !== areNumbers[1]) return a.mtimeMs - b.mtimeMs;
  return areNumbers[0] === true
    ? Number(second) - Number(first)
    : first < second
      ? -1
      : first > second
        ? 1
        : 0;
}
const NUMBER = /^\d{1,4}$/;

export function fingerprintOf(bytes: Uint8Array): Fingerprint {
  const beginning = bytes.subarray(0, FINGERPRINT_BYTES_MAX);
  return { bytes: beginning.length, sha256: createHash('sha256').update(beginning).digest('hex') };
}

/** The beginning of an open file, as far as it was known before, or as far as it goes. */
export function fingerprintOfFile(fd: number, bytes = FINGERPRINT_BYTES_MAX): Fingerprint {
  const buffer = Buffer.alloc(bytes);
  return fingerprintOf(buffer.subarray(0, readSync(fd, buffer, 0, bytes, 0)));
}

/** An empty beginning is like every other. */
export function isSame(known: Fingerprint, beginning: Uint8Array): boolean {
  return known.bytes > 0 && fingerprintOf(beginning.subarray(0, known.bytes)).sha256 === known.sha256;
}

/** All of a rotated log that is open. @throws RangeError when it is larger than is held in memory */
export function contentsOf(fd: number, isCompressed: boolean): Buffer {
  const { size } = fstatSync(fd);
  if (size > INFLATED_BYTES_MAX)
    throw new RangeError(`a rotated log is larger than ${INFLATED_BYTES_MAX} bytes`);
  const bytes = Buffer.alloc(size);
  let length = 0;
  for (let read = 1; read > 0 && length < size; length += read)
    read = readSync(fd, bytes, length, size - length, length);
  return isCompressed
    ? gunzipSync(bytes, { maxOutputLength: INFLATED_BYTES_MAX })
    : bytes.subarray(0, length);
}

/** The beginning only, whether compressed or not. */
export function beginningOf({ path, isCompressed }: Rotated): Buffer {
  const fd = openSync(path, 'r');
  try {
    if (isCompressed) return contentsOf(fd, true).subarray(0, FINGERPRINT_BYTES_MAX);
    const bytes = Buffer.alloc(FINGERPRINT_BYTES_MAX);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}
