/**
 * A journal entry (of `JournalExportReader`, or a line of `journalctl -o json`): what a program wrote is read
 * as if it had come by syslog, and every other field of the entry stays under its own name.
 *
 * @see systemd.journal-fields(7)
 */

import { integer } from '../../event/text.ts';
import type { NormaliseContext } from '../../normaliser.ts';
import type { Line } from '../../syslog/line.ts';
import { own, type SyslogRecord } from '../../syslog/record.ts';

export type Journal = Readonly<Record<string, unknown>>;

export function isJournal(record: Journal): boolean {
  return typeof record['__REALTIME_TIMESTAMP'] === 'string' && record['MESSAGE'] !== undefined;
}

/** The entry as a syslog message; the journal's own clock is that of the machine, in microseconds. */
export function syslogOf(entry: Journal): SyslogRecord {
  const stamp = text(entry['_SOURCE_REALTIME_TIMESTAMP']) ?? text(entry['__REALTIME_TIMESTAMP']);
  const microseconds = stamp === undefined || stamp.length > 16 ? undefined : Number(stamp);
  return {
    facility: integer(text(entry['SYSLOG_FACILITY'])),
    severity: severity(text(entry['PRIORITY'])),
    timeMs: Number.isSafeInteger(microseconds) ? Math.floor((microseconds ?? 0) / 1_000) : undefined,
    originalTime: stamp,
    host: text(entry['_HOSTNAME']),
    app: text(entry['SYSLOG_IDENTIFIER']) ?? text(entry['_COMM']),
    pid: text(entry['SYSLOG_PID']) ?? text(entry['_PID']),
    msgid: undefined,
    structured: undefined,
    message: message(entry['MESSAGE']),
  };
}

/** Puts the entry's own fields beside what its message said. */
export function withJournal(line: Line, entry: Journal): void {
  (line.event['metadata'] as Record<string, unknown>)['log_name'] = 'journald';
  for (const [name, value] of Object.entries(entry)) own(line.rest, name, value);
}

function severity(value: string | undefined): number | undefined {
  const number = integer(value);
  return number === undefined || number > 7 ? undefined : number;
}

function text(value: unknown): string | undefined {
  if (Array.isArray(value) && typeof value[0] === 'string') return value[0];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list of numbers is bytes that are no UTF-8; a list of texts is a field that came several times. */
function message(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  if (typeof value[0] === 'number')
    return Buffer.from(value.filter((each) => typeof each === 'number')).toString('utf8');
  return value.filter((each) => typeof each === 'string').join('\n');
}
