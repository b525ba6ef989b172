/**
 * The values that a record brings for the places of its template, as JSON: numbers where they are exact,
 * everything else as the text that Windows shows.
 *
 * @see MS-EVEN6 2.2.15 (BinXml value types)
 */
import { Damage } from './cursor.ts';

export type Scalar = string | number | boolean | null;

export const NULL = 0x00;
const STRING = 0x01;
const ANSI = 0x02;
const BINARY = 0x0e;
const GUID = 0x0f;
const SIZE = 0x10;
const SID = 0x13;
/** A nested fragment, which is not a scalar; `render.ts` reads it. */
export const BINXML = 0x21;
const ARRAY = 0x80;

/** Bytes of one value of the types that have one size. */
const WIDTHS: Readonly<Record<number, number>> = {
  3: 1,
  4: 1,
  5: 2,
  6: 2,
  7: 4,
  8: 4,
  9: 8,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  15: 16,
  17: 8,
  18: 16,
  20: 4,
  21: 8,
};
/** Of FILETIME's start, 1601, from that of Unix time. */
const EPOCH_MS = 11_644_473_600_000n;
const TICKS_PER_MS = 10_000n;
/** What `Date` can hold is far more than FILETIME's first bit allows; beyond the year 9999 is damage. */
const FILETIME_MAX = 2_650_467_744_000_000_000n;
const SID_PARTS_MAX = 15;

/**
 * @param size in bytes; a null and an empty value of most types are the same
 * @throws Damage when the bytes are not a value of the type
 */
export function valueOf(bytes: Buffer, at: number, size: number, type: number): Scalar | readonly Scalar[] {
  if ((type & ARRAY) !== 0) return size === 0 ? null : arrayOf(bytes, at, size, type & ~ARRAY);
  if (type === NULL) return null;
  if (type === STRING) return untilZero(bytes.toString('utf16le', at, at + (size & ~1)));
  if (size === 0) return null;
  const width = WIDTHS[type];
  if (width !== undefined && size < width) throw new Damage(`a value of type ${type} has ${size} bytes`);
  return scalarOf(bytes, at, size, type);
}

function scalarOf(bytes: Buffer, at: number, size: number, type: number): Scalar {
  switch (type) {
    case ANSI:
      return untilZero(bytes.toString('latin1', at, at + size));
    case 3:
      return bytes.readInt8(at);
    case 4:
      return bytes.readUInt8(at);
    case 5:
      return bytes.readInt16LE(at);
    case 6:
      return bytes.readUInt16LE(at);
    case 7:
      return bytes.readInt32LE(at);
    case 8:
      return bytes.readUInt32LE(at);
    case 9:
      return exact(bytes.readBigInt64LE(at));
    case 10:
      return exact(bytes.readBigUInt64LE(at));
    case 11:
      return finite(bytes.readFloatLE(at));
    case 12:
      return finite(bytes.readDoubleLE(at));
    case 13:
      return bytes.readUInt32LE(at) !== 0;
    case GUID:
      return guid(bytes, at);
    case SIZE:
      return size >= 8 ? hex64(bytes, at) : size >= 4 ? hex32(bytes, at) : hexadecimal(bytes, at, size);
    case 17:
      return filetime(bytes.readBigUInt64LE(at));
    case 18:
      return systemtime(bytes, at);
    case SID:
      return sid(bytes, at, size);
    case 20:
      return hex32(bytes, at);
    case 21:
      return hex64(bytes, at);
    case BINARY:
    default:
      // Handles (0x20) and types that are not known, too: nothing of them is lost.
      return hexadecimal(bytes, at, size);
  }
}

function arrayOf(bytes: Buffer, at: number, size: number, type: number): Scalar | readonly Scalar[] {
  if (type === STRING) {
    const texts = bytes.toString('utf16le', at, at + (size & ~1)).split('\0');
    // Each text ends in a zero, the last one perhaps not.
    if (texts.at(-1) === '') texts.pop();
    return texts;
  }
  const values: Scalar[] = [];
  if (type === SID) {
    for (let next = at; next + 8 <= at + size; ) {
      const length = 8 + bytes.readUInt8(next + 1) * 4;
      values.push(sid(bytes, next, at + size - next));
      next += length;
    }
    return values;
  }
  const width = type === SIZE ? 8 : WIDTHS[type];
  if (width === undefined) return hexadecimal(bytes, at, size);
  for (let next = at; next + width <= at + size; next += width)
    values.push(scalarOf(bytes, next, width, type));
  return values;
}

/** Ticks of 100 ns since 1601 as RFC 3339 with all seven digits. */
export function filetime(ticks: bigint): string {
  if (ticks > FILETIME_MAX) throw new Damage('a time lies beyond the year 9999');
  const ms = ticks / TICKS_PER_MS - EPOCH_MS;
  const date = new Date(Number(ms)).toISOString();
  const fraction = (ticks % 10_000_000n).toString().padStart(7, '0');
  return `${date.slice(0, date.lastIndexOf('.'))}.${fraction}Z`;
}

/** Year, month, day of the week, day, hour, minute, second, millisecond: what the bytes say, unjudged. */
function systemtime(bytes: Buffer, at: number): string {
  const part = (index: number, digits: number): string =>
    bytes
      .readUInt16LE(at + index * 2)
      .toString()
      .padStart(digits, '0');
  return `${part(0, 4)}-${part(1, 2)}-${part(3, 2)}T${part(4, 2)}:${part(5, 2)}:${part(6, 2)}.${part(7, 3)}Z`;
}

function guid(bytes: Buffer, at: number): string {
  const first = bytes.readUInt32LE(at).toString(16).padStart(8, '0');
  const second = bytes
    .readUInt16LE(at + 4)
    .toString(16)
    .padStart(4, '0');
  const third = bytes
    .readUInt16LE(at + 6)
    .toString(16)
    .padStart(4, '0');
  const rest = bytes.toString('hex', at + 8, at + 16);
  return `{${first}-${second}-${third}-${rest.slice(0, 4)}-${rest.slice(4)}}`.toUpperCase();
}

/** @see MS-DTYP 2.4.2.1 (an authority of more than 32 bits is written in hexadecimal) */
function sid(bytes: Buffer, at: number, size: number): string {
  const parts = size < 8 ? SID_PARTS_MAX + 1 : bytes.readUInt8(at + 1);
  if (parts > SID_PARTS_MAX || 8 + parts * 4 > size) throw new Damage('a security identifier is cut off');
  const authority = bytes.readUIntBE(at + 2, 6);
  const shown = authority > 0xffff_ffff ? `0x${authority.toString(16).padStart(12, '0')}` : `${authority}`;
  let text = `S-${bytes.readUInt8(at)}-${shown}`;
  for (let part = 0; part < parts; part += 1) text += `-${bytes.readUInt32LE(at + 8 + part * 4)}`;
  return text;
}

function hexadecimal(bytes: Buffer, at: number, size: number): string {
  return bytes.toString('hex', at, at + size).toUpperCase();
}

function hex32(bytes: Buffer, at: number): string {
  return `0x${bytes.readUInt32LE(at).toString(16)}`;
}

function hex64(bytes: Buffer, at: number): string {
  const high = bytes.readUInt32LE(at + 4);
  const low = bytes.readUInt32LE(at).toString(16);
  return high === 0 ? `0x${low}` : `0x${high.toString(16)}${low.padStart(8, '0')}`;
}

/** A number that a double cannot hold stays a text, whole. */
function exact(value: bigint): Scalar {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** JSON has no infinity. */
function finite(value: number): Scalar {
  return Number.isFinite(value) ? value : String(value);
}

function untilZero(text: string): string {
  const zero = text.indexOf('\0');
  return zero < 0 ? text : text.slice(0, zero);
}
