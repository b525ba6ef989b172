/**
 * BSD syslog, by hand: what RFC 3164 describes and what is really sent and found in files.
 *
 * `<34>Oct 11 22:14:15 host su[230]: text` with any of it missing; a year before or after the time; fractions;
 * an ISO 8601 timestamp (rsyslog's and systemd's files); Cisco's sequence number, `*` or `.` of a clock that
 * is not set, zone names, and its `%FACILITY-SEVERITY-MNEMONIC` in place of a tag. One pass over the header.
 */
import { AHEAD_MS_MAX, digits, epochMs, monthAt, readIso, two } from '../event/clock.ts';
import { readPriority, type SyslogRecord } from './record.ts';

/** RFC 3164 allows a tag of 32; names of units and of Postfix's services are longer. */
const TAG_LENGTH_MAX = 128;
const HOST_LENGTH_MAX = 255;

/** Where the timestamp ended. One object, reused: read it at once. */
interface Stamp {
  ms: number | undefined;
  end: number;
}
const stamp: Stamp = { ms: undefined, end: 0 };

/**
 * @param receivedAtMs gives the year where the record has none: the one that brings it nearest before this
 * @param isCertain that it is syslog, although nothing in the line may say so
 * @returns undefined when the line has neither priority nor timestamp and nobody is certain
 */
export function parseRfc3164(
  line: string,
  receivedAtMs: number,
  isCertain = false,
): SyslogRecord | undefined {
  const priority = readPriority(line);
  const value = priority?.value;
  let at = priority?.end ?? 0;
  if (value !== undefined) at = skipSequence(line, at);
  const mark = line.charCodeAt(at);
  const from = mark === 42 || mark === 46 ? at + 1 : at;
  const hasTime = readStamp(line, from, receivedAtMs);
  if (!hasTime && value === undefined && !isCertain) return undefined;
  let timeMs: number | undefined;
  let originalTime: string | undefined;
  let isCisco = false;
  if (hasTime) {
    timeMs = stamp.ms;
    originalTime = line.slice(from, stamp.end);
    at = stamp.end;
    // Cisco ends a timestamp with a colon and has no host behind it.
    isCisco = line.charCodeAt(at) === 58;
    if (isCisco) at += 1;
    while (line.charCodeAt(at) === 32) at += 1;
  }
  let host: string | undefined;
  if (!isCisco) {
    const end = hostEnd(line, at);
    if (end > at) {
      host = line.slice(at, end);
      at = end + 1;
    }
  }
  // What is behind the header begins with a tag, or is all message.
  const rest = { app: undefined as string | undefined, pid: undefined as string | undefined };
  at = readTag(line, at, rest);
  return {
    facility: value === undefined ? undefined : value >> 3,
    severity: value === undefined ? undefined : value & 7,
    timeMs,
    originalTime,
    host,
    app: rest.app,
    pid: rest.pid,
    msgid: undefined,
    structured: undefined,
    message: line.slice(at),
  };
}

/** Cisco's `45: ` before the time, and `000045: `. */
function skipSequence(line: string, at: number): number {
  let end = at;
  while (end < at + 10 && isDigit(line.charCodeAt(end))) end += 1;
  return end > at && line.charCodeAt(end) === 58 && line.charCodeAt(end + 1) === 32 ? end + 2 : at;
}

/** `Oct 11 22:14:`, as the last record had it, in the latest year it may be of: most have it like the one before. */
interface Minute {
  readonly text: string;
  readonly ms: number;
  readonly year: number;
}
const MINUTE_LENGTH = 13;
let minute: Minute = { text: '\n', ms: 0, year: 0 };

/** Reads into `stamp`. `Oct 11 22:14:15[.123]`, with a year before or after the time and a zone's name. */
function readStamp(line: string, at: number, receivedAtMs: number): boolean {
  if (isDigit(line.charCodeAt(at))) {
    const iso = readIso(line, at);
    if (iso === undefined) return false;
    stamp.ms = iso.ms;
    stamp.end = iso.end;
    return true;
  }
  if (line.startsWith(minute.text, at) && yearOf(receivedAtMs + AHEAD_MS_MAX) === minute.year) {
    const second = two(line, at + MINUTE_LENGTH);
    const ms = minute.ms + second * 1_000;
    // What stands behind the seconds may say more, and a second too far ahead is of another year.
    if (
      second >= 0 &&
      second < 60 &&
      ms <= receivedAtMs + AHEAD_MS_MAX &&
      isEndOfStamp(line, at + MINUTE_LENGTH + 2)
    ) {
      stamp.ms = ms;
      stamp.end = at + MINUTE_LENGTH + 2;
      return true;
    }
  }
  const month = monthAt(line, at);
  if (month === 0 || line.charCodeAt(at + 3) !== 32) return false;
  let cursor = at + 4;
  if (line.charCodeAt(cursor) === 32) cursor += 1;
  const dayDigits = isDigit(line.charCodeAt(cursor + 1)) ? 2 : 1;
  const day = digits(line, cursor, dayDigits);
  cursor += dayDigits + 1;
  if (day < 1) return false;
  let year = 0;
  if (line.charCodeAt(cursor + 4) === 32) {
    year = digits(line, cursor, 4);
    if (year < 0) return false;
    cursor += 5;
  }
  const hour = two(line, cursor);
  const minutes = two(line, cursor + 3);
  const second = two(line, cursor + 6);
  if (hour < 0 || minutes < 0 || second < 0 || line.charCodeAt(cursor + 2) !== 58) return false;
  cursor += 8;
  let milliseconds = 0;
  if (line.charCodeAt(cursor) === 46 && isDigit(line.charCodeAt(cursor + 1))) {
    cursor += 1;
    for (let scale = 100; isDigit(line.charCodeAt(cursor)); scale /= 10, cursor += 1)
      if (scale >= 1) milliseconds += (line.charCodeAt(cursor) - 48) * scale;
  }
  if (year === 0 && line.charCodeAt(cursor) === 32 && line.charCodeAt(cursor + 5) === 32) {
    const after = digits(line, cursor + 1, 4);
    if (after >= 1970) {
      year = after;
      cursor += 5;
    }
  }
  stamp.end = zoneEnd(line, cursor);
  const whole =
    year > 0
      ? epochMs(year, month, day, hour, minutes, second)
      : withoutYear(month, day, hour, minutes, second, receivedAtMs);
  stamp.ms = whole === undefined ? undefined : whole + milliseconds;
  if (whole !== undefined && stamp.end === at + MINUTE_LENGTH + 2) {
    const latest = yearOf(receivedAtMs + AHEAD_MS_MAX);
    const ms = epochMs(latest, month, day, hour, minutes, 0);
    if (ms !== undefined && ms + second * 1_000 === whole)
      minute = { text: line.slice(at, at + MINUTE_LENGTH), ms, year: latest };
  }
  return true;
}

/** A blank, and behind it neither a year nor the name of a zone. */
function isEndOfStamp(line: string, at: number): boolean {
  const next = line.charCodeAt(at + 1);
  return line.charCodeAt(at) === 32 && !isDigit(next) && !(next >= 65 && next <= 90);
}

/** Cisco's ` UTC:`; the name says nothing that can be relied on, the time is taken for UTC. */
function zoneEnd(line: string, at: number): number {
  if (line.charCodeAt(at) !== 32) return at;
  let end = at + 1;
  while (end < at + 6 && line.charCodeAt(end) >= 65 && line.charCodeAt(end) <= 90) end += 1;
  return end > at + 2 && line.charCodeAt(end) === 58 ? end : at;
}

/** The latest year in which the instant is not further ahead than a clock may be. */
function withoutYear(
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  receivedAtMs: number,
): number | undefined {
  const latest = yearOf(receivedAtMs + AHEAD_MS_MAX);
  for (let year = latest; year > latest - 2; year -= 1) {
    const ms = epochMs(year, month, day, hour, minute, second);
    if (ms !== undefined && ms <= receivedAtMs + AHEAD_MS_MAX) return ms;
  }
  return undefined;
}

let knownYear = 0;
let knownFromMs = 1;
let knownToMs = 0;
/** A `Date` for every line would cost as much as the rest of it. */
function yearOf(ms: number): number {
  if (ms < knownFromMs || ms >= knownToMs) {
    knownYear = new Date(ms).getUTCFullYear();
    knownFromMs = Date.UTC(knownYear, 0, 1);
    knownToMs = Date.UTC(knownYear + 1, 0, 1);
  }
  return knownYear;
}

/** The end of a host name at `at`; `at` when the word there is a tag, or the last one. */
function hostEnd(line: string, at: number): number {
  const limit = Math.min(line.length, at + HOST_LENGTH_MAX);
  for (let end = at; end < limit; end += 1) {
    const code = line.charCodeAt(end);
    if (code === 32) return end > at && line.charCodeAt(end - 1) !== 58 ? end : at;
    if (code === 91 || code === 37 || code === 34 || code === 123) return at;
  }
  return at;
}

/** `tag[pid]: ` or `tag: ` or `%ASA-6-302013: `; @returns where the message begins. */
function readTag(
  line: string,
  at: number,
  into: { app: string | undefined; pid: string | undefined },
): number {
  const limit = Math.min(line.length, at + TAG_LENGTH_MAX);
  let end = at;
  for (; end < limit; end += 1) {
    const code = line.charCodeAt(end);
    if (code === 58 || code === 91 || code === 32) break;
  }
  const code = line.charCodeAt(end);
  if (end === at) return at;
  if (code === 91) {
    const close = line.indexOf(']', end);
    if (close < 0 || close - end > TAG_LENGTH_MAX) return at;
    const after = line.charCodeAt(close + 1);
    // `[pid]` is followed by a colon, or by a blank in journals that were printed.
    if (after !== 58 && after !== 32) return at;
    into.app = line.slice(at, end);
    into.pid = line.slice(end + 1, close);
    end = close + (after === 58 ? 2 : 1);
  } else if (code === 58) {
    // A word such as `https://…` or `10:30` is no tag.
    const after = line.charCodeAt(end + 1);
    if (after !== 32 && end + 1 < line.length) return at;
    into.app = line.slice(at, end);
    end += 1;
  } else return at;
  return line.charCodeAt(end) === 32 ? end + 1 : end;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
