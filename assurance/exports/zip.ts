/**
 * Archives whose bytes depend on nothing but what is in them: fixed dates, entries in the given order, and a
 * compressor in plain JavaScript, because the bytes of zlib differ from one processor and release to another.
 */
import { createHash } from 'node:crypto';
import { type UnzipFileInfo, type Unzipped, unzipSync, type Zippable, zipSync } from 'fflate';
import { exportErrors } from './exports-errors.ts';

/** The first instant that a zip archive can say; in local time, as the format has it. */
const DATED = new Date(1980, 0, 1);
const SEAL = 'sha256:';
const COMMENT_LENGTH_BYTES = 2;
const SEAL_BYTES = SEAL.length + 64;

export interface ZipLimits {
  readonly archiveBytesMax: number;
  readonly filesMax: number;
  /** Of all files together, unpacked: what a small archive may make us hold. */
  readonly bytesMax: number;
  /** Only these names are read: no path leads anywhere else. */
  readonly names: ReadonlySet<string>;
}

export function zip(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: Zippable = {};
  for (const [name, bytes] of files) entries[name] = [bytes, { mtime: DATED, level: 6 }];
  return zipSync(entries);
}

export function unpacked(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(unzipSync(archive)));
}

/** The archive with the SHA-256 of all its bytes as its comment, so that no byte of it can change unseen. */
export function sealed(archive: Uint8Array): Uint8Array {
  const seal = Buffer.from(`${SEAL}${sha256(archive)}`, 'latin1');
  const whole = Buffer.concat([archive, seal]);
  whole.writeUInt16LE(seal.length, archive.length - COMMENT_LENGTH_BYTES);
  return whole;
}

/** Whether the archive is, byte for byte, the one that was sealed. */
export function sealHolds(whole: Uint8Array): boolean {
  if (whole.length <= SEAL_BYTES + COMMENT_LENGTH_BYTES) return false;
  const archive = Buffer.from(whole.subarray(0, whole.length - SEAL_BYTES));
  if (archive.readUInt16LE(archive.length - COMMENT_LENGTH_BYTES) !== SEAL_BYTES) return false;
  archive.writeUInt16LE(0, archive.length - COMMENT_LENGTH_BYTES);
  return Buffer.from(whole.subarray(-SEAL_BYTES)).toString('latin1') === `${SEAL}${sha256(archive)}`;
}

/** @throws EXPORT_BUNDLE_UNREADABLE for what is no archive, is larger than the limits or holds other names */
export function unzipWithin(archive: Uint8Array, limits: ZipLimits): ReadonlyMap<string, Uint8Array> {
  const no = (because: string) => exportErrors.make('EXPORT_BUNDLE_UNREADABLE', { because });
  if (archive.length > limits.archiveBytesMax) throw no(`it is larger than ${limits.archiveBytesMax} bytes`);
  let bytes = 0;
  const seen = new Set<string>();
  const within = ({ name, originalSize, size }: UnzipFileInfo): boolean => {
    if (!limits.names.has(name))
      throw no(`it holds ${JSON.stringify(name.slice(0, 100))}, which no bundle has`);
    if (seen.has(name)) throw no(`it holds ${name} twice`);
    seen.add(name);
    bytes += Math.max(originalSize, size);
    if (bytes > limits.bytesMax) throw no(`unpacked it is larger than ${limits.bytesMax} bytes`);
    if (seen.size > limits.filesMax) throw no(`it holds more than ${limits.filesMax} files`);
    return true;
  };
  let found: Unzipped;
  try {
    found = unzipSync(archive, { filter: within });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EXPORT_BUNDLE_UNREADABLE') throw error;
    throw no(`it is not a whole zip archive (${error instanceof Error ? error.message : 'unknown'})`);
  }
  return new Map(Object.entries(found));
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
