/**
 * The Syslog Protocol, by hand: RFC 5424 section 6. One pass, nothing is looked at twice.
 *
 * Lenient where senders are: a timestamp that cannot be read leaves the time open, structured data that does
 * not end is part of the message. What the format promises is kept: NILVALUE is absent, escapes in parameter
 * values are resolved, a byte order mark before the message is dropped.
 */
import { readIso } from '../event/clock.ts';
import { readPriority, type StructuredElement, type SyslogRecord } from './record.ts';

/** @returns undefined when the line does not begin with a priority and version 1 */
export function parseRfc5424(line: string): SyslogRecord | undefined {
  const priority = readPriority(line);
  if (priority === undefined) return undefined;
  const { value, end } = priority;
  if (line.charCodeAt(end) !== 49 || line.charCodeAt(end + 1) !== 32) return undefined;
  let at = end + 2;

  const timeEnd = fieldEnd(line, at);
  const originalTime = field(line, at, timeEnd);
  const time = originalTime === undefined ? undefined : readIso(line, at);
  const timeMs = time?.end === timeEnd ? time.ms : undefined;
  at = timeEnd + 1;
  const hostEnd = fieldEnd(line, at);
  const host = field(line, at, hostEnd);
  at = hostEnd + 1;
  const appEnd = fieldEnd(line, at);
  const app = field(line, at, appEnd);
  at = appEnd + 1;
  const pidEnd = fieldEnd(line, at);
  const pid = field(line, at, pidEnd);
  at = pidEnd + 1;
  const msgidEnd = fieldEnd(line, at);
  const msgid = field(line, at, msgidEnd);
  at = msgidEnd + 1;

  let structured: SyslogRecord['structured'];
  if (line.charCodeAt(at) === 45) at += 1;
  else if (line.charCodeAt(at) === 91) {
    const elements: StructuredElement[] = [];
    const after = readElements(line, at, elements);
    if (after > at) {
      structured = elements;
      at = after;
    }
  }
  if (line.charCodeAt(at) === 32) at += 1;
  if (line.charCodeAt(at) === 0xfeff) at += 1;
  // rsyslog counts the blank behind a tag to the message, and so sends two.
  else if (line.charCodeAt(at) === 32) at += 1;
  return {
    facility: value >> 3,
    severity: value & 7,
    timeMs,
    originalTime,
    host,
    app,
    pid,
    msgid,
    structured,
    message: line.slice(at),
  };
}

function fieldEnd(line: string, at: number): number {
  const end = line.indexOf(' ', at);
  return end < 0 ? line.length : end;
}

/** NILVALUE is no value. */
function field(line: string, at: number, end: number): string | undefined {
  return end <= at || (end === at + 1 && line.charCodeAt(at) === 45) ? undefined : line.slice(at, end);
}

/** Reads `[id name="value" …][…]` at `at`; @returns where it ended, or `at` when it is not well formed. */
function readElements(line: string, at: number, into: StructuredElement[]): number {
  let cursor = at;
  while (line.charCodeAt(cursor) === 91) {
    let idEnd = cursor + 1;
    for (; idEnd < line.length; idEnd += 1) {
      const code = line.charCodeAt(idEnd);
      if (code === 32 || code === 93) break;
      if (code === 61 || code === 34 || code === 91) return at;
    }
    if (idEnd === cursor + 1 || idEnd >= line.length) return at;
    const parameters: [string, string][] = [];
    const end = readParameters(line, idEnd, parameters);
    if (end < 0) return at;
    into.push({ id: line.slice(cursor + 1, idEnd), parameters });
    cursor = end;
  }
  return cursor;
}

/** Reads ` name="value"` until `]`; @returns behind it, or -1. */
function readParameters(line: string, at: number, into: [string, string][]): number {
  let cursor = at;
  for (;;) {
    while (line.charCodeAt(cursor) === 32) cursor += 1;
    if (line.charCodeAt(cursor) === 93) return cursor + 1;
    const equals = nameEnd(line, cursor);
    if (equals < 0) return -1;
    const start = equals + 2;
    let end = start;
    let hasEscape = false;
    for (; end < line.length; end += 1) {
      const code = line.charCodeAt(end);
      if (code === 34) break;
      if (code === 92) {
        hasEscape = true;
        end += 1;
      }
    }
    if (end >= line.length) return -1;
    into.push([line.slice(cursor, equals), hasEscape ? unescape(line, start, end) : line.slice(start, end)]);
    cursor = end + 1;
  }
}

/** Where `="` follows a name; -1 when it does not. */
function nameEnd(line: string, at: number): number {
  for (let end = at; end < line.length; end += 1) {
    const code = line.charCodeAt(end);
    if (code === 61) return end > at && line.charCodeAt(end + 1) === 34 ? end : -1;
    if (code === 32 || code === 93 || code === 34) return -1;
  }
  return -1;
}

/** Section 6.3.3: only `"`, `\` and `]` are escaped; a backslash before anything else stands for itself. */
function unescape(line: string, start: number, end: number): string {
  let text = '';
  let from = start;
  for (let at = start; at < end; at += 1) {
    if (line.charCodeAt(at) !== 92) continue;
    const next = line.charCodeAt(at + 1);
    if (next === 34 || next === 92 || next === 93) {
      text += line.slice(from, at);
      from = at + 1;
    }
    at += 1;
  }
  return text + line.slice(from, end);
}
