/**
 * A block on disk: a header of 32 bytes, then peer, `about` and mark as JSON, the bounds, and the bytes as they came.
 * All numbers are little-endian; the checksum covers everything after itself, so that a block that was half
 * written, or rotted, is known for what it is.
 *
 *   0 magic u32 · 4 length after the header u32 · 8 crc32 u32 · 12 kind u8 · 13 format u8 · 14 zero u16
 *   16 records u32 · 20 length of peer and about u32 · 24 received at, ms, f64
 *
 * A block of kind `counts` has no records: it is the increments of what was refused and dropped since the one
 * before, as JSON. They lie between the records, so that what is counted and what is kept stand or fall together.
 */
import { crc32 } from 'node:zlib';
import { RECORD_FORMATS } from '@demarc/platform/contract/intake';
import type { Counts } from '../accounting.ts';
import { type Block, recordCount } from '../record.ts';

const MAGIC = 0x31_42_49_44; // DIB1
export const HEADER_BYTES = 32;
const CHECKED_FROM = 12;
const KIND_RECORDS = 0;
const KIND_COUNTS = 1;
/** No writer makes a longer one: a reader that sees one looks at something else. */
export const BLOCK_BYTES_MAX = 67_108_864; // 64 MiB

/** The parts of a block, to be written one after the other. @param mark what its writer is to find again */
export function encodeRecords(block: Block, mark?: string): readonly Uint8Array[] {
  const said = Buffer.from(JSON.stringify([block.peer, block.about, mark]));
  const { bounds, bytes } = block;
  const places = new Uint8Array(bounds.buffer, bounds.byteOffset, bounds.byteLength);
  return encode(KIND_RECORDS, block, [said, places, bytes]);
}

export function encodeCounts(counts: Counts, atMs: number): readonly Uint8Array[] {
  const said = Buffer.from(JSON.stringify(counts));
  return encode(KIND_COUNTS, { format: 'text', receivedAtMs: atMs, bounds: new Uint32Array(0) }, [said]);
}

function encode(
  kind: number,
  { format, receivedAtMs, bounds }: Pick<Block, 'format' | 'receivedAtMs' | 'bounds'>,
  parts: readonly Uint8Array[],
): readonly Uint8Array[] {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  header.writeUInt8(kind, 12);
  header.writeUInt8(RECORD_FORMATS.indexOf(format), 13);
  header.writeUInt32LE(recordCount(bounds), 16);
  header.writeUInt32LE(parts[0]?.length ?? 0, 20);
  header.writeDoubleLE(receivedAtMs, 24);
  let sum = crc32(header.subarray(CHECKED_FROM));
  for (const part of parts) sum = crc32(part, sum);
  header.writeUInt32LE(sum, 8);
  return [header, ...parts];
}

export type Decoded =
  | {
      readonly kind: 'records';
      readonly block: Block;
      readonly mark: string | undefined;
      readonly end: number;
    }
  | { readonly kind: 'counts'; readonly counts: Counts; readonly end: number };

/**
 * The block that begins at `at`.
 *
 * @returns `short` when there are not enough bytes for it, `damaged` when it is none that was written whole
 */
export function decode(bytes: Buffer, at: number): Decoded | 'short' | 'damaged' {
  if (bytes.length - at < HEADER_BYTES) return 'short';
  const length = bytes.readUInt32LE(at + 4);
  if (bytes.readUInt32LE(at) !== MAGIC || length > BLOCK_BYTES_MAX) return 'damaged';
  const end = at + HEADER_BYTES + length;
  if (end > bytes.length) return 'short';
  if (crc32(bytes.subarray(at + CHECKED_FROM, end)) !== bytes.readUInt32LE(at + 8)) return 'damaged';
  const saidEnd = at + HEADER_BYTES + bytes.readUInt32LE(at + 20);
  const said = JSON.parse(bytes.toString('utf8', at + HEADER_BYTES, saidEnd)) as unknown;
  if (bytes.readUInt8(at + 12) === KIND_COUNTS) return { kind: 'counts', counts: said as Counts, end };
  const count = bytes.readUInt32LE(at + 16);
  const bounds = new Uint32Array(count * 2);
  const boundsEnd = saidEnd + bounds.byteLength;
  bytes.copy(new Uint8Array(bounds.buffer), 0, saidEnd, boundsEnd);
  const [peer, about, mark] = said as [string, Readonly<Record<string, string>>, string | null];
  return {
    kind: 'records',
    end,
    mark: mark ?? undefined,
    block: {
      format: RECORD_FORMATS[bytes.readUInt8(at + 13)] ?? 'text',
      receivedAtMs: bytes.readDoubleLE(at + 24),
      peer,
      about,
      bounds,
      bytes: bytes.subarray(boundsEnd, end),
    },
  };
}

/** Length of the block that begins at `at`, header included; undefined when the header is not there. */
export function lengthAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined;
  return HEADER_BYTES + bytes.readUInt32LE(at + 4);
}
