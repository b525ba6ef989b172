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

/** Where the timestamp ended, and what it says. One object, reused: read it at once. */
interface Stamp {
  /** `NaN` for what no calendar has: a member that is only ever a number is not allocated anew. */
  ms: number;
  end: number;
}
const stamp: Stamp = { ms: Number.NaN, end: 0 };

/** Where the parts of a tag ended; what is not there is empty. One object, reused: read it at once. */
interface Tag {
  appEnd: number;
  pidFrom: number;
  pidEnd: number;
}
const tag: Tag = { appEnd: 0, pidFrom: 0, pidEnd: 0 };

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
  const again = secondOf(line, from, receivedAtMs);
  const hasTime = again >= 0 || readStamp(line, from, receivedAtMs);
  if (!hasTime && value === undefined && !isCertain) return undefined;
  let timeMs: number | undefined;
  let originalTime: string | undefined;
  let isCisco = false;
  if (hasTime) {
    if (again >= 0) {
      timeMs = minute.ms + again * 1_000;
      originalTime = minute.sent[again] ??= alone(line, from, STAMP_LENGTH);
      at = from + STAMP_LENGTH;
    } else {
      if (!Number.isNaN(stamp.ms)) timeMs = stamp.ms;
      originalTime = line.slice(from, stamp.end);
      at = stamp.end;
    }
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
  const rest = readTag(line, at);
  const app = rest > at ? line.slice(at, tag.appEnd) : undefined;
  const pid = rest > at && tag.pidFrom > 0 ? line.slice(tag.pidFrom, tag.pidEnd) : undefined;
  return {
    facility: value === undefined ? undefined : value >> 3,
    severity: value === undefined ? undefined : value & 7,
    timeMs,
    originalTime,
    host,
    app,
    pid,
    msgid: undefined,
    structured: undefined,
    message: line.slice(rest),
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
  readonly ms: number;
  readonly year: number;
  /** By second: what was sent with it, so that a text is made once and not for every record. */
  readonly sent: string[];
}
const MINUTE_LENGTH = 13;
const STAMP_LENGTH = MINUTE_LENGTH + 2;
let minute: Minute = { ms: 0, year: Number.NaN, sent: [] };
/** Its characters: comparing them here takes a third of what `startsWith` does. */
const minuteCodes = new Uint16Array(MINUTE_LENGTH);

/** The second of a timestamp that is of the same minute as the record before; -1 for anything else. */
function secondOf(line: string, at: number, receivedAtMs: number): number {
  // From behind: that is where another minute differs.
  for (let index = MINUTE_LENGTH - 1; index >= 0; index -= 1)
    if (line.charCodeAt(at + index) !== minuteCodes[index]) return -1;
  const second = two(line, at + MINUTE_LENGTH);
  // What stands behind the seconds may say more, and a second too far ahead is of another year.
  if (second >= 60 || !isEndOfStamp(line, at + STAMP_LENGTH)) return -1;
  const latestMs = receivedAtMs + AHEAD_MS_MAX;
  return minute.ms + second * 1_000 <= latestMs && yearOf(latestMs) === minute.year ? second : -1;
}

/** A copy: a slice would keep the line that it is of. */
function alone(line: string, at: number, length: number): string {
  return String.fromCharCode(...Array.from({ length }, (_, index) => line.charCodeAt(at + index)));
}

/** Reads into `stamp`. `Oct 11 22:14:15[.123]`, with a year before or after the time and a zone's name. */
function readStamp(line: string, at: number, receivedAtMs: number): boolean {
  if (isDigit(line.charCodeAt(at))) {
    const iso = readIso(line, at);
    if (iso === undefined) return false;
    stamp.ms = iso.ms;
    stamp.end = iso.end;
    return true;
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
  stamp.ms = whole === undefined ? Number.NaN : whole + milliseconds;
  if (whole !== undefined && stamp.end === at + STAMP_LENGTH) {
    const latest = yearOf(receivedAtMs + AHEAD_MS_MAX);
    const ms = epochMs(latest, month, day, hour, minutes, 0);
    if (ms !== undefined && ms + second * 1_000 === whole) {
      minute = { ms, year: latest, sent: [] };
      for (let index = 0; index < MINUTE_LENGTH; index += 1) minuteCodes[index] = line.charCodeAt(at + index);
    }
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

/** Reads `tag[pid]: ` or `tag: ` or `%ASA-6-302013: ` into `tag`; @returns where the message begins, or `at`. */
function readTag(line: string, at: number): number {
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
    tag.appEnd = end;
    tag.pidFrom = end + 1;
    tag.pidEnd = close;
    end = close + (after === 58 ? 2 : 1);
  } else if (code === 58) {
    // A word such as `https://…` or `10:30` is no tag.
    const after = line.charCodeAt(end + 1);
    if (after !== 32 && end + 1 < line.length) return at;
    tag.appEnd = end;
    tag.pidFrom = 0;
    end += 1;
  } else return at;
  return line.charCodeAt(end) === 32 ? end + 1 : end;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
