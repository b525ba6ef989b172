/**
 * Writes event logs for tests: one chunk, one template, records of whatever values. Only what the reader reads
 * is set; checksums are right.
 */
import { crc32 } from 'node:zlib';

export interface WrittenValue {
  readonly type: number;
  readonly bytes: Buffer;
}

export interface WrittenElement {
  readonly name: string;
  /** The number of the value that stands in the attribute `Name`'s place is not supported: a text is. */
  readonly dataName?: string;
  /** Texts, numbers of values, elements. */
  readonly children: readonly (string | number | WrittenElement)[];
}

const HEADER_SIZE = 4_096;
const CHUNK_SIZE = 65_536;
const RECORDS_AT = 512;

/** The template is defined in the first record; the others point there. */
export function writeLog(template: WrittenElement, records: readonly (readonly WrittenValue[])[]): Buffer {
  const chunk = Buffer.alloc(CHUNK_SIZE);
  let at = RECORDS_AT;
  let definitionAt = 0;
  let lastAt = at;
  for (const [index, values] of records.entries()) {
    const start = at;
    lastAt = start;
    at += 24;
    at = bytes(chunk, at, [0x0f, 1, 1, 0, 0x0c, 1, 0, 0, 0, 0]);
    if (definitionAt === 0) {
      definitionAt = at + 4;
      at = u32(chunk, at, definitionAt);
      const bodyAt = at + 24;
      const end = bytes(chunk, element(chunk, bytes(chunk, bodyAt, [0x0f, 1, 1, 0]), template), [0]);
      chunk.writeUInt32LE(end - bodyAt, at + 20);
      at = end;
    } else at = u32(chunk, at, definitionAt);
    at = u32(chunk, at, values.length);
    for (const { type, bytes: value } of values)
      at = bytes(chunk, at, [value.length & 0xff, value.length >> 8, type, 0]);
    for (const { bytes: value } of values) at += value.copy(chunk, at);
    at = bytes(chunk, at, [0]);
    const size = at + 4 - start;
    u32(chunk, start, 0x2a2a);
    u32(chunk, start + 4, size);
    chunk.writeBigUInt64LE(BigInt(index + 1), start + 8);
    chunk.writeBigUInt64LE(133_000_000_012_345_678n, start + 16);
    at = u32(chunk, at, size);
  }
  // The first and last record, twice: what libevtx wants to see.
  for (const [place, id] of [1, records.length, 1, records.length].entries())
    chunk.writeBigUInt64LE(BigInt(id), 8 + place * 8);
  u32(chunk, 44, lastAt);
  return sealed(chunk, at);
}

/** A log of one chunk, whose records end at `freeAt`. */
export function sealed(chunk: Buffer, freeAt: number): Buffer {
  chunk.write('ElfChnk\0', 0, 'latin1');
  u32(chunk, 40, 128);
  u32(chunk, 48, freeAt);
  u32(chunk, 52, crc32(chunk.subarray(RECORDS_AT, freeAt)));
  u32(chunk, 120, 1);
  u32(chunk, 124, crc32(chunk.subarray(128, RECORDS_AT), crc32(chunk.subarray(0, 120))));
  return logOf([chunk]);
}

/** A log of chunks as they are. */
export function logOf(chunks: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  header.write('ElfFile\0', 0, 'latin1');
  header.writeBigUInt64LE(BigInt(chunks.length - 1), 16);
  header.writeBigUInt64LE(2n, 24);
  u32(header, 32, 128);
  header.writeUInt16LE(2, 36);
  header.writeUInt16LE(3, 38);
  header.writeUInt16LE(HEADER_SIZE, 40);
  header.writeUInt16LE(chunks.length, 42);
  u32(header, 124, crc32(header.subarray(0, 120)));
  return Buffer.concat([header, ...chunks]);
}

function element(chunk: Buffer, start: number, { name, dataName, children }: WrittenElement): number {
  let at = bytes(chunk, start, [dataName === undefined ? 0x01 : 0x41, 0, 0, 0, 0, 0, 0]);
  at = nameAt(chunk, at, name);
  if (dataName !== undefined) {
    const listAt = at;
    at = nameAt(chunk, bytes(chunk, at + 4, [0x06]), 'Name');
    at = text(chunk, at, dataName);
    u32(chunk, listAt, at - listAt - 4);
  }
  at = bytes(chunk, at, [0x02]);
  for (const child of children) {
    if (typeof child === 'string') at = text(chunk, at, child);
    else if (typeof child === 'number') at = bytes(chunk, at, [0x0e, child & 0xff, child >> 8, 0]);
    else at = element(chunk, at, child);
  }
  at = bytes(chunk, at, [0x04]);
  u32(chunk, start + 3, at - start - 7);
  return at;
}

function nameAt(chunk: Buffer, start: number, name: string): number {
  let at = u32(chunk, start, start + 4);
  at = bytes(chunk, at, [0, 0, 0, 0, 0, 0, name.length & 0xff, name.length >> 8]);
  at += chunk.write(`${name}\0`, at, 'utf16le');
  return at;
}

function text(chunk: Buffer, start: number, value: string): number {
  const at = bytes(chunk, start, [0x05, 0x01, value.length & 0xff, value.length >> 8]);
  return at + chunk.write(value, at, 'utf16le');
}

function bytes(chunk: Buffer, at: number, values: readonly number[]): number {
  for (const [index, value] of values.entries()) chunk[at + index] = value;
  return at + values.length;
}

function u32(chunk: Buffer, at: number, value: number): number {
  return chunk.writeUInt32LE(value, at);
}
