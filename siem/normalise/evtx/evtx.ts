/**
 * Windows event logs (`*.evtx`), chunk by chunk: each record as JSON, each damage with its place and reason.
 * A damaged record or chunk costs only itself; what stands around it is read.
 *
 * The header's count of chunks is not asked: a log that was copied while it was written, or never closed,
 * says less than it holds.
 *
 * @see https://github.com/libyal/libevtx (documentation of the format)
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { CHUNK_SIGNATURE, CHUNK_SIZE, type EvtxDamage, type EvtxRecord, readChunk } from './chunk.ts';

export type { EvtxDamage, EvtxRecord } from './chunk.ts';

const FILE_SIGNATURE = 'ElfFile\0';
const FILE_HEADER_SIZE = 4_096;
/** Of the header, what its checksum is over and where it stands. */
const CHECKED_SIZE = 120;
const CHECKSUM_AT = 124;
/** The log was not closed; its header is behind its chunks then, which is no damage. */
const FLAGS_AT = 120;
const DIRTY = 1;

/** Something that holds a file's bytes. `read` answers fewer bytes than asked for only at the end. */
export interface EvtxSource {
  readonly size: number;
  readonly read: (at: number, length: number) => Buffer;
}

/** The file stays open until the generator is done or returned. @throws of `node:fs` when it cannot be read */
export function* readEvtxFile(path: string): Generator<EvtxRecord | EvtxDamage, void, undefined> {
  const file = openSync(path, 'r');
  try {
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < length) {
        const count = readSync(file, bytes, filled, length - filled, at + filled);
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    };
    yield* readEvtx({ size: fstatSync(file).size, read });
  } finally {
    closeSync(file);
  }
}

export function evtxSource(bytes: Buffer): EvtxSource {
  return { size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) };
}

/** Holds one chunk at a time; never throws but what `source.read` throws. */
export function* readEvtx(source: EvtxSource): Generator<EvtxRecord | EvtxDamage, void, undefined> {
  const header = source.read(0, Math.min(FILE_HEADER_SIZE, source.size));
  const because = damageOfHeader(header);
  if (because !== undefined) yield { kind: 'damage', at: 0, because };
  let at = FILE_HEADER_SIZE;
  while (at < source.size) {
    const bytes = source.read(at, Math.min(CHUNK_SIZE, source.size - at));
    if (bytes.length === 0) return;
    if (startsWith(bytes, CHUNK_SIGNATURE)) {
      yield* readChunk(bytes, at);
      at += bytes.length;
      continue;
    }
    const isUnused = bytes.every((byte) => byte === 0);
    const found = isUnused ? -1 : bytes.indexOf(CHUNK_SIGNATURE, 1, 'latin1');
    if (!isUnused) yield { kind: 'damage', at, because: 'no chunk begins here' };
    // A signature may lie across the border of two reads.
    const step = found > 0 ? found : bytes.length - CHUNK_SIGNATURE.length + 1;
    at += isUnused ? bytes.length : Math.max(step, 1);
  }
}

function damageOfHeader(header: Buffer): string | undefined {
  if (!startsWith(header, FILE_SIGNATURE)) return 'the file does not begin like an event log';
  if (header.length < FILE_HEADER_SIZE) return 'the file ends within its header';
  const isDirty = (header.readUInt32LE(FLAGS_AT) & DIRTY) !== 0;
  const isSound = crc32(header.subarray(0, CHECKED_SIZE)) === header.readUInt32LE(CHECKSUM_AT);
  return isSound || isDirty ? undefined : 'the checksum of the header of the file is wrong';
}

function startsWith(bytes: Buffer, signature: string): boolean {
  return bytes.toString('latin1', 0, signature.length) === signature;
}
