/** What stands before the message: when, on which host, which program. */
import { findTimestamp, timestampAt } from './timestamp.ts';
import type { Timestamp } from './timestamp-forms.ts';

export interface Header {
  readonly timestamp: Timestamp | undefined;
  /** The machine that wrote the line. */
  readonly hostName: string | undefined;
  /** As it names itself, in lower case, without its path: `postfix/smtpd`, `sshd`. */
  readonly program: string | undefined;
  readonly pid: number | undefined;
  /** Where the message begins in the line. */
  readonly from: number;
  /** Where what stands behind the time begins. */
  readonly restFrom: number;
}
type Names = Pick<Header, 'hostName' | 'program' | 'pid' | 'from'>;
const NO_NAMES = { hostName: undefined, program: undefined, pid: undefined };

const PROGRAM_CHARACTERS_MAX = 96;
const PID_DIGITS_MAX = 10;

export function headerOf(line: string, isKnown: (program: string) => boolean): Header {
  const priority = line[0] === '<' ? (/^<\d{1,3}>(?:1 )?/.exec(line)?.[0].length ?? 0) : 0;
  const bracket = line[priority] === '[' || line[priority] === '<' ? 1 : 0;
  const ahead = timestampAt(line, priority + bracket);
  if (ahead === undefined) {
    const inside = findTimestamp(line)?.timestamp;
    const named = namesAt(line, 0);
    // Without a time, only a program with its process is a header: `srv sshd[13709]: …`.
    if (named !== undefined && named.pid !== undefined) return { timestamp: inside, ...named, restFrom: 0 };
    return { timestamp: inside, ...NO_NAMES, from: 0, restFrom: 0 };
  }
  // Where seconds since the epoch stand before a date they say the same.
  let { timestamp, end } = ahead;
  if (ahead.isEpoch) {
    const other = findTimestamp(line);
    if (other !== undefined && other.start > ahead.start) ({ timestamp, end } = other);
  }
  const from = pastSeparators(line, end);
  const named = namesAt(line, from);
  // `Host: 1.2.3.4` is a message and no program, unless somebody knows a program of that name.
  const isWord = named !== undefined && named.hostName === undefined && named.pid === undefined;
  return named === undefined || (isWord && !isKnown(named.program ?? ''))
    ? { timestamp, ...NO_NAMES, from, restFrom: from }
    : { timestamp, ...named, restFrom: from };
}

/** `host program[pid]: `, `program[pid]: `, RFC 5424's `host program pid id - `, or nothing of that. */
function namesAt(line: string, from: number): Names | undefined {
  let at = from;
  // BSD: <mail.notice> before the host.
  if (line[at] === '<') {
    const close = line.indexOf('> ', at);
    if (close !== -1 && close - at < 32) at = close + 2;
  }
  const alone = programAt(line, at);
  if (alone !== undefined) return { hostName: undefined, ...alone };
  const space = line.indexOf(' ', at);
  if (space === -1 || space - at > 255 || space === at) return undefined;
  const hostName = line.slice(at, space);
  if (!/^[\w.:-]{1,255}$/.test(hostName)) return undefined;
  const second = pastSpaces(line, space);
  const program = programAt(line, second);
  if (program !== undefined) return { hostName, ...program };
  const structured = structuredAt(line, second);
  return structured === undefined ? undefined : { hostName, ...structured };
}

/** `name[pid]: `, `name: `, `name(pid): `; some pad the name: `fail2ban.actions        [123]: `. */
function programAt(line: string, from: number): Omit<Names, 'hostName'> | undefined {
  let at = from;
  const last = Math.min(line.length, from + PROGRAM_CHARACTERS_MAX);
  while (at < last && isProgramCharacter(line.charCodeAt(at))) at += 1;
  if (at === from) return undefined;
  let name = line.slice(from, at);
  // Parentheses belong to the name where letters stand in them: login(pam_unix)[1234].
  if (line[at] === '(') {
    const close = line.indexOf(')', at);
    if (close === -1 || close - at > 32 || (line[close + 1] !== '[' && line[close + 1] !== ':'))
      return undefined;
    if (/\s|[,=<>]/.test(line.slice(at, close))) return undefined;
    name += line.slice(at, close + 1);
    at = close + 1;
  }
  const bracket = pastSpaces(line, at);
  let pid: number | undefined;
  if (line[bracket] === '[') {
    let end = bracket + 1;
    while (end - bracket <= PID_DIGITS_MAX && isDigit(line.charCodeAt(end))) end += 1;
    if (end > bracket + 1 && line[end] === ']') {
      pid = Number(line.slice(bracket + 1, end));
      at = end + 1;
    }
  }
  if (
    line[at] === ':' &&
    (line[at + 1] === ' ' || line[at + 1] === '\t' || at + 1 === line.length || pid !== undefined)
  )
    at += 1;
  else if (pid === undefined || line[at] !== ' ') return undefined;
  if (/^\d+$/.test(name)) return undefined;
  return { program: plain(name), pid, from: pastSpaces(line, at) };
}

/** RFC 5424 §6: app name, process, message id, structured data. */
function structuredAt(line: string, from: number): Omit<Names, 'hostName'> | undefined {
  const found = /^([\w./-]{1,48}) (-|\d{1,10}) ([\w.-]{1,32}) (-|\[)/.exec(line.slice(from, from + 128));
  if (found === null) return undefined;
  let end = from + found[0].length;
  if (found[4] === '[') {
    const close = line.indexOf('] ', end);
    if (close === -1) return undefined;
    end = close + 1;
  }
  const pid = found[2] === '-' ? undefined : Number(found[2]);
  return { program: plain(found[1] ?? ''), pid, from: pastSpaces(line, end) };
}

/** Without its path, but not without its parts: `/usr/sbin/cron`, `postfix/submission/smtpd`. */
function plain(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith('/') ? lower.slice(lower.lastIndexOf('/') + 1) : lower;
}

function pastSeparators(line: string, from: number): number {
  let at = from;
  // `] `, `: `, ` - `, and the name of a zone or a share of load that some write behind the time.
  if (line[at] === ']' || line[at] === '>') at += 1;
  if (line[at] === ':') at += 1;
  at = pastSpaces(line, at);
  return line.startsWith('- ', at) ? at + 2 : at;
}

function pastSpaces(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ' || line[at] === '\t') at += 1;
  return at;
}
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
function isProgramCharacter(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2d ||
    code === 0x5f ||
    code === 0x2e ||
    code === 0x2f ||
    code === 0x40 ||
    code === 0x2b
  );
}
