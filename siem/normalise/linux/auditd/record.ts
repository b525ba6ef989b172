/**
 * One record of the Linux audit system: `type=SYSCALL msg=audit(1795661643.610:11): arch=c000003e …`, and what
 * auditd's enriched format writes behind a group separator (0x1d).
 *
 * Values are in double quotes when they are clean, hexadecimal when they hold a blank, a quote or a byte
 * outside printable ASCII (`audit_log_untrustedstring` in the kernel); which fields may be so is known by name.
 */
import { digits } from '../../event/clock.ts';

export interface AuditRecord {
  /** `SYSCALL`, `USER_AUTH`, …; a number where the writer knew no name. */
  readonly type: string;
  /** `1795661643.610:11`: all records of one event have the same. */
  readonly id: string;
  readonly timeMs: number | undefined;
  readonly node: string | undefined;
  /** In order; a name may come twice. Hexadecimal values are decoded. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** The kernel's bound on arguments that it logs is far below (`MAX_EXECVE_AUDIT_LEN` is 7500 bytes a record). */
const FIELDS_MAX = 2_048;
const GROUP_SEPARATOR = 0x1d;

/** @returns undefined when the line is no audit record */
export function parseAuditRecord(line: string): AuditRecord | undefined {
  let at = 0;
  let node: string | undefined;
  if (line.startsWith('node=')) {
    const end = line.indexOf(' ', 5);
    if (end < 0) return undefined;
    node = line.slice(5, end);
    at = end + 1;
  }
  if (!line.startsWith('type=', at)) return undefined;
  const typeEnd = line.indexOf(' ', at);
  if (typeEnd < 0) return undefined;
  const rawType = line.slice(at + 5, typeEnd);
  // The kernel's own log has `audit(`, auditd's has `msg=audit(`.
  const open = line.startsWith('msg=audit(', typeEnd + 1) ? typeEnd + 11 : typeEnd + 7;
  if (!line.startsWith('audit(', open - 6)) return undefined;
  const close = line.indexOf(')', open);
  if (close < 0) return undefined;
  const type = typeName(rawType);
  const id = line.slice(open, close);
  const start = line.indexOf(':', close) + 1;
  const fields: [string, string][] = [];
  if (start > 0) {
    readDenial(line, start, fields);
    readFields(line, start, line.length, type, fields);
  }
  return { type, id, timeMs: timeOf(id), node, fields };
}

function timeOf(id: string): number | undefined {
  const point = id.indexOf('.');
  if (point < 1 || point > 12) return undefined;
  const seconds = digits(id, 0, point);
  const milliseconds = digits(id, point + 1, 3);
  return seconds < 0 || milliseconds < 0 ? undefined : seconds * 1_000 + milliseconds;
}

/** SELinux's `avc:  denied  { read write } for …` has no names for these two; ausearch gives them these. */
function readDenial(line: string, from: number, into: [string, string][]): void {
  const at = line.indexOf('avc:', from);
  if (at < 0 || at > from + 4) return;
  const open = line.indexOf('{', at);
  const close = open < 0 ? -1 : line.indexOf('}', open);
  if (close < 0) return;
  into.push(['seresult', line.slice(at + 4, open).trim()], ['seperms', line.slice(open + 1, close).trim()]);
}

function readFields(line: string, from: number, to: number, type: string, into: [string, string][]): void {
  let at = from;
  while (at < to && into.length < FIELDS_MAX) {
    const code = line.charCodeAt(at);
    if (code === 32 || code === GROUP_SEPARATOR || code === 44) {
      at += 1;
      continue;
    }
    // `name=`; a word without one is passed over (`avc:  denied  { read } for …` keeps its fields).
    let equals = at;
    while (equals < to && !isEnd(line.charCodeAt(equals)) && line.charCodeAt(equals) !== 61) equals += 1;
    if (equals >= to || line.charCodeAt(equals) !== 61) {
      at = equals + 1;
      continue;
    }
    const name = line.slice(at, equals);
    const quote = line.charCodeAt(equals + 1);
    const closing = quote === 34 ? '"' : quote === 39 ? "'" : quote === 123 ? '}' : '';
    if (closing !== '') {
      const found = line.indexOf(closing, equals + 2);
      const end = found < 0 || found > to ? to : found;
      // A program's own message is a record in the record.
      if (quote === 39) readFields(line, equals + 2, end, type, into);
      else into.push([name, line.slice(equals + 2, end).trim()]);
      at = end + 1;
      continue;
    }
    let end = equals + 1;
    while (end < to && !isEnd(line.charCodeAt(end))) end += 1;
    into.push([name, decoded(type, name, line.slice(equals + 1, end))]);
    at = end + 1;
  }
}

function isEnd(code: number): boolean {
  return code === 32 || code === GROUP_SEPARATOR;
}

/** Fields of any record that hold texts from outside (`typetab.h` of the audit userspace, type ESCAPED). */
const ESCAPED: ReadonlySet<string> = new Set([
  'acct',
  'cmd',
  'comm',
  'cwd',
  'data',
  'dir',
  'exe',
  'file',
  'key',
  'name',
  'new',
  'ocomm',
  'old',
  'path',
  'proctitle',
  'vm',
  'watch',
]);

function decoded(type: string, name: string, value: string): string {
  const isArgument =
    type === 'EXECVE' && name.charCodeAt(0) === 97 && name !== 'argc' && !name.endsWith('_len');
  if ((!isArgument && !ESCAPED.has(name)) || !isHex(value)) return value;
  const text = Buffer.from(value, 'hex').toString('utf8');
  // A command line's arguments are apart by zero bytes.
  return name === 'proctitle' || name === 'cmd' ? text.replaceAll('\0', ' ') : text;
}

/** Whole bytes in capital digits, as the kernel writes them. */
export function isHex(value: string): boolean {
  if (value.length === 0 || value.length % 2 === 1) return false;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (!((code >= 48 && code <= 57) || (code >= 65 && code <= 70))) return false;
  }
  return true;
}

/** `include/uapi/linux/audit.h`, for the kernel's own log, which has numbers. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['1006', 'LOGIN'],
  ['1100', 'USER_AUTH'],
  ['1101', 'USER_ACCT'],
  ['1103', 'CRED_ACQ'],
  ['1104', 'CRED_DISP'],
  ['1105', 'USER_START'],
  ['1106', 'USER_END'],
  ['1112', 'USER_LOGIN'],
  ['1123', 'USER_CMD'],
  ['1130', 'SERVICE_START'],
  ['1131', 'SERVICE_STOP'],
  ['1300', 'SYSCALL'],
  ['1302', 'PATH'],
  ['1305', 'CONFIG_CHANGE'],
  ['1306', 'SOCKADDR'],
  ['1307', 'CWD'],
  ['1309', 'EXECVE'],
  ['1325', 'NETFILTER_CFG'],
  ['1326', 'SECCOMP'],
  ['1327', 'PROCTITLE'],
  ['1334', 'BPF'],
  ['1400', 'AVC'],
  ['1700', 'ANOM_PROMISCUOUS'],
  ['1701', 'ANOM_ABEND'],
]);

function typeName(raw: string): string {
  const number = raw.startsWith('UNKNOWN[') ? raw.slice(8, -1) : raw;
  return TYPES.get(number) ?? raw;
}
