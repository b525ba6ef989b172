/**
 * One chunk of an event log, 64 KiB: its checksums, its records, and what they share: names and templates.
 *
 * @see https://github.com/libyal/libevtx (documentation of the format: chunk, event record)
 */
import { crc32 } from 'node:zlib';
import { Cursor, Damage } from './cursor.ts';
import { DEFINITION_HEADER_SIZE, type Json, type Node, readFragment } from './fragment.ts';
import { type Place, renderRecord } from './render.ts';
import { filetime } from './values.ts';

export const CHUNK_SIZE = 65_536;
export const CHUNK_SIGNATURE = 'ElfChnk\0';
const CHUNK_HEADER_SIZE = 512;
const RECORD_HEADER_SIZE = 24;
/** Header, and the size again at its end. */
const RECORD_SIZE_MIN = RECORD_HEADER_SIZE + 4;
/** The letters `**`, and two zeros. */
const RECORD_SIGNATURE = 0x0000_2a2a;
/** Of an element's or attribute's name: next name, hash, length; then the text and a zero. */
const NAME_HEADER_SIZE = 8;
const NAME_CHARACTERS_MAX = 512;
/**
 * Tokens, values and characters of names read in one chunk. A sound chunk has at most as many as bytes, read
 * twice at worst; where templates overlap, it could be as many as bytes squared.
 */
const WORK_MAX = CHUNK_SIZE * 4;

export interface EvtxRecord {
  readonly kind: 'event';
  readonly recordId: bigint;
  /** When the record was written, which is not when the event happened; RFC 3339, seven digits. */
  readonly writtenAt: string;
  /** `{ Event: { System, EventData or UserData } }` */
  readonly event: Json;
}

/** Something that could not be read, or that is not what its checksum says. */
export interface EvtxDamage {
  readonly kind: 'damage';
  /** From the start of the file. */
  readonly at: number;
  readonly because: string;
}

/** @param at of the chunk in its file; `bytes` may be cut off */
export function* readChunk(bytes: Buffer, at: number): Generator<EvtxRecord | EvtxDamage, void, undefined> {
  if (bytes.length < CHUNK_HEADER_SIZE) {
    yield { kind: 'damage', at, because: 'the file ends within the header of a chunk' };
    return;
  }
  const freeAt = bytes.readUInt32LE(48);
  const isFreeSound = freeAt >= CHUNK_HEADER_SIZE && freeAt <= bytes.length;
  const because = damageOfHeader(bytes, isFreeSound ? freeAt : undefined);
  if (because !== undefined) yield { kind: 'damage', at, because };
  const place = placeOf(bytes);
  let next = CHUNK_HEADER_SIZE;
  // Where the chunk's own word on its end cannot be trusted, every byte of it is looked at.
  const end = because === undefined ? freeAt : bytes.length;
  while (next + RECORD_SIZE_MIN <= end) {
    const size = recordSizeAt(bytes, next, end);
    if (size === undefined) {
      const found = nextRecordAfter(bytes, next, end);
      if (isBlank(bytes, next, found ?? end) && found === undefined) return;
      yield { kind: 'damage', at: at + next, because: `no record for ${(found ?? end) - next} bytes` };
      if (found === undefined) return;
      next = found;
      continue;
    }
    yield recordAt(place, next, size, at);
    next += size;
  }
}

/** @param freeAt undefined where it is out of bounds */
function damageOfHeader(bytes: Buffer, freeAt: number | undefined): string | undefined {
  if (freeAt === undefined) return 'the chunk says that its records end outside of it';
  const header = crc32(bytes.subarray(128, CHUNK_HEADER_SIZE), crc32(bytes.subarray(0, 120)));
  if (header !== bytes.readUInt32LE(124)) return 'the checksum of the header of the chunk is wrong';
  if (crc32(bytes.subarray(CHUNK_HEADER_SIZE, freeAt)) !== bytes.readUInt32LE(52))
    return 'the checksum of the records of the chunk is wrong';
  return undefined;
}

/** A record says its size at both ends. */
function recordSizeAt(bytes: Buffer, at: number, end: number): number | undefined {
  if (bytes.readUInt32LE(at) !== RECORD_SIGNATURE) return undefined;
  const size = bytes.readUInt32LE(at + 4);
  if (size < RECORD_SIZE_MIN || at + size > end) return undefined;
  return bytes.readUInt32LE(at + size - 4) === size ? size : undefined;
}

const SIGNATURE_BYTES = Buffer.from([0x2a, 0x2a, 0, 0]);

function nextRecordAfter(bytes: Buffer, at: number, end: number): number | undefined {
  for (let next = bytes.indexOf(SIGNATURE_BYTES, at + 1); next >= 0 && next + RECORD_SIZE_MIN <= end; ) {
    if (recordSizeAt(bytes, next, end) !== undefined) return next;
    next = bytes.indexOf(SIGNATURE_BYTES, next + 1);
  }
  return undefined;
}

function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}

function recordAt(place: Place, at: number, size: number, chunkAt: number): EvtxRecord | EvtxDamage {
  const { bytes } = place;
  try {
    const recordId = bytes.readBigUInt64LE(at + 8);
    const writtenAt = filetime(bytes.readBigUInt64LE(at + 16));
    const from = at + RECORD_HEADER_SIZE;
    const to = at + size - 4;
    return { kind: 'event', recordId, writtenAt, event: renderRecord(fragmentAt(place, from, to), place) };
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return { kind: 'damage', at: chunkAt + at, because: `the record ${error.message}` };
  }
}

/** Forwarded events have no template, and then no dependency identifiers either; nothing says which it is. */
function fragmentAt(place: Place, from: number, to: number): readonly Node[] {
  try {
    return readFragment(new Cursor(place.bytes, from, to), true, place);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return readFragment(new Cursor(place.bytes, from, to), false, place);
  }
}

function placeOf(bytes: Buffer): Place {
  const names = new Map<number, { readonly name: string; readonly size: number }>();
  const definitions = new Map<number, readonly Node[]>();
  let work = 0;
  const spend = (amount: number): void => {
    work += amount;
    if (work > WORK_MAX) throw new Damage('is in a chunk whose templates overlap');
  };
  const place: Place = {
    bytes,
    spend,
    nameAt: (at) => {
      const known = names.get(at);
      if (known !== undefined) return known;
      const cursor = new Cursor(bytes, at, bytes.length);
      cursor.skip(NAME_HEADER_SIZE - 2);
      const length = cursor.u16();
      if (length > NAME_CHARACTERS_MAX) throw new Damage(`has a name of ${length} characters`);
      spend(length);
      const read = { name: cursor.text(length), size: NAME_HEADER_SIZE + length * 2 + 2 };
      names.set(at, read);
      return read;
    },
    definitionAt: (at) => {
      const known = definitions.get(at);
      if (known !== undefined) return known;
      const header = new Cursor(bytes, at, bytes.length);
      header.skip(DEFINITION_HEADER_SIZE - 4);
      const size = header.u32();
      const body = readFragment(new Cursor(bytes, header.at, header.at + size), true, place);
      definitions.set(at, body);
      return body;
    },
  };
  return place;
}
