/**
 * Instants as sources write them, and how far they are believed.
 *
 * A record says when it happened by a clock that whoever runs the source can set, so its instant is only
 * taken where it is plausible beside the moment of receipt; otherwise the receipt stands for it. What the
 * record said is kept as text (`metadata.original_time`).
 */

/** A clock may run ahead, and a time without a zone may be a day of zones off. */
export const AHEAD_MS_MAX = 86_400_000;
/** Before this no log of today's software was written; a clock that lost its battery starts here. */
export const EARLIEST_MS = Date.UTC(1990, 0, 1);

export function believed(ownMs: number | undefined, receivedAtMs: number): number {
  if (ownMs === undefined || !(ownMs >= EARLIEST_MS && ownMs <= receivedAtMs + AHEAD_MS_MAX))
    return receivedAtMs;
  return Math.floor(ownMs);
}

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
const DAYS_IN = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Milliseconds since the epoch of a civil time in UTC, some ten times as fast as `Date.UTC`.
 *
 * @returns undefined for what no calendar has; a leap second is the second after
 */
export function epochMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > (DAYS_IN[month - 1] ?? 0)) return undefined;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29 && !isLeap) return undefined;
  if (hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  if (!(year >= 0 && year <= 9_999)) return undefined;
  const before = year - 1;
  const leapDays = ((before / 4) | 0) - ((before / 100) | 0) + ((before / 400) | 0) - 477;
  const days =
    (year - 1970) * 365 + leapDays + (DAYS_BEFORE[month - 1] ?? 0) + (isLeap && month > 2 ? 1 : 0) + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000;
}

/** The digits of `text` in `[at, at + count)` as a number, or -1 when one of them is none. */
export function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    // Not a number (past the end) fails both comparisons' opposites.
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Two digits at `at` as a number, or -1: what nearly every part of an instant is. */
export function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Where the instant that `readIso` read ended, and the instant. One object, reused: read it at once. */
export interface IsoReading {
  ms: number;
  end: number;
}
const reading: IsoReading = { ms: 0, end: 0 };

/**
 * An ISO 8601 instant at `at`: `2026-11-26T02:48:04.123456+01:00`; `T` or a blank, `.` or `,` before the
 * fraction (any precision, truncated to milliseconds), zone `Z`, `±hh:mm`, `±hhmm`, `±hh` or none (UTC).
 *
 * @returns undefined when there is none
 */
export function readIso(text: string, at: number): IsoReading | undefined {
  if (text.charCodeAt(at + 4) !== 45 || text.charCodeAt(at + 7) !== 45) return undefined;
  const year = digits(text, at, 4);
  const month = two(text, at + 5);
  const day = two(text, at + 8);
  const between = text.charCodeAt(at + 10);
  if (year < 0 || month < 0 || day < 0 || (between !== 84 && between !== 32 && between !== 116))
    return undefined;
  const hour = two(text, at + 11);
  const minute = two(text, at + 14);
  const second = two(text, at + 17);
  if (hour < 0 || minute < 0 || second < 0) return undefined;
  if (text.charCodeAt(at + 13) !== 58 || text.charCodeAt(at + 16) !== 58) return undefined;
  const whole = epochMs(year, month, day, hour, minute, second);
  if (whole === undefined) return undefined;
  let end = at + 19;
  let milliseconds = 0;
  const point = text.charCodeAt(end);
  if (point === 46 || point === 44) {
    let scale = 100;
    for (end += 1; ; end += 1) {
      const digit = text.charCodeAt(end) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      if (scale >= 1) milliseconds += digit * scale;
      scale /= 10;
    }
  }
  let offsetMinutes = 0;
  const zone = text.charCodeAt(end);
  if (zone === 90 || zone === 122) end += 1;
  else if (zone === 43 || zone === 45) {
    const hours = two(text, end + 1);
    const hasColon = text.charCodeAt(end + 3) === 58;
    const minutes = two(text, end + (hasColon ? 4 : 3));
    if (hours < 0 || hours > 23 || minutes > 59) return undefined;
    offsetMinutes = (hours * 60 + Math.max(minutes, 0)) * (zone === 43 ? 1 : -1);
    end += minutes < 0 ? 3 : hasColon ? 6 : 5;
  }
  reading.ms = whole + milliseconds - offsetMinutes * 60_000;
  reading.end = end;
  return reading;
}

/** An instant that fills the text as a whole. */
export function isoMs(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const found = readIso(text, 0);
  return found === undefined || found.end !== text.length ? undefined : found.ms;
}

/**
 * English abbreviations in one number each, so that a month is found by comparing numbers.
 *
 * @returns 1 to 12, or 0 when no month is abbreviated at `at`
 */
export function monthAt(text: string, at: number): number {
  switch ((text.charCodeAt(at) << 16) | (text.charCodeAt(at + 1) << 8) | text.charCodeAt(at + 2)) {
    case 0x4a616e:
      return 1;
    case 0x466562:
      return 2;
    case 0x4d6172:
      return 3;
    case 0x417072:
      return 4;
    case 0x4d6179:
      return 5;
    case 0x4a756e:
      return 6;
    case 0x4a756c:
      return 7;
    case 0x417567:
      return 8;
    case 0x536570:
      return 9;
    case 0x4f6374:
      return 10;
    case 0x4e6f76:
      return 11;
    case 0x446563:
      return 12;
    default:
      return 0;
  }
}
