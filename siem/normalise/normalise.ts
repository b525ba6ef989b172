/**
 * Door of normalisation: any record in, one OCSF event out, never an error.
 *
 * Which parser reads a record is decided by its first bytes or by its names; a hint from whoever configured
 * the source goes first. Every event is validated before it is handed on; one that came out wrong, as a hostile
 * record may bring about, is kept raw.
 */
import { validateOcsf } from '@demarc/platform/ocsf';
import { parseAudit } from './cloud/audit.ts';
import type { Members } from './event/draft.ts';
import { parseAuditd } from './linux/auditd/auditd.ts';
import { isJournal } from './linux/journald/journald.ts';
import { readServerLog } from './network/server-log.ts';
import { isSuricata, parseSuricata } from './network/suricata.ts';
import { isZeek, parseZeek } from './network/zeek.ts';
import type { NormaliseContext, Normalised, Parser } from './normaliser.ts';
import { rawEvent } from './raw.ts';
import { fromJournal, fromSyslog } from './syslog/dispatch.ts';
import { parseRfc3164 } from './syslog/rfc3164.ts';
import { parseRfc5424 } from './syslog/rfc5424.ts';
import { parseAccess } from './web/access.ts';
import { isAccessJson, parseAccessJson } from './web/access-json.ts';
import { parseErrorLog } from './web/error-log.ts';
import { normaliseWindows } from './windows/windows.ts';

/** What a source is configured to be; the record itself is believed when it is not so. */
export type FormatHint = 'syslog' | 'auditd' | 'nginx' | 'apache' | 'named' | 'unbound' | 'dnsmasq' | 'json';

export function normalise(
  record: string | Uint8Array | Members,
  context: NormaliseContext,
  hint?: FormatHint,
): Normalised {
  if (typeof record === 'string') return fromText(record, context, hint);
  if (record instanceof Uint8Array) return fromText(utf8.decode(record), context, hint);
  const event = parseObject(record, context);
  return event !== undefined && isValid(event) ? event : raw(textOf(record), record, context);
}

const utf8 = new TextDecoder('utf-8');
const QUIET = new Set(['\n', '\r', '\0']);

function fromText(record: string, context: NormaliseContext, hint: FormatHint | undefined): Normalised {
  let end = record.length;
  while (end > 0 && QUIET.has(record.charAt(end - 1))) end -= 1;
  const text = end === record.length ? record : record.slice(0, end);
  const event = parseText(text, context, hint);
  if (event !== undefined && isValid(event)) return event;
  return raw(text, text.charCodeAt(0) === BRACE ? objectOf(text) : undefined, context);
}

const BRACE = 123;
const LESS = 60;
const BRACKET = 91;

/** By the first character: few formats begin alike. */
function parseText(
  text: string,
  context: NormaliseContext,
  hint: FormatHint | undefined,
): Normalised | undefined {
  const code = text.charCodeAt(0);
  if (code === BRACE) return readJson(text, context);
  if (code === LESS) {
    const record = parseRfc5424(text) ?? parseRfc3164(text, context.receivedAtMs);
    return record === undefined ? undefined : fromSyslog(record, context, readJson);
  }
  if (text.startsWith('type=') || text.startsWith('node=')) return parseAuditd(text, context);
  const product = hint === 'nginx' || hint === 'apache' ? hint : undefined;
  if (code === BRACKET || product !== undefined || (code >= 48 && code <= 57)) {
    const event = parseErrorLog(text, context);
    if (event !== undefined) return event;
  }
  const access = parseAccess(text, context, product);
  if (access !== undefined) return access;
  // Files that syslog daemons write have no priority; appliances send CEF without any header.
  const record =
    readServerLog(text) ??
    (text.startsWith('CEF:') || text.startsWith('LEEF:')
      ? bare(text)
      : parseRfc3164(text, context.receivedAtMs, hint === 'syslog'));
  return record === undefined ? undefined : fromSyslog(record, context, readJson);
}

function bare(message: string): NonNullable<ReturnType<typeof parseRfc3164>> {
  const absent = undefined;
  return {
    facility: absent,
    severity: absent,
    timeMs: absent,
    originalTime: absent,
    host: absent,
    app: absent,
    pid: absent,
    msgid: absent,
    structured: absent,
    message,
  };
}

function readJson(text: string, context: NormaliseContext): Normalised | undefined {
  const record = objectOf(text);
  return record === undefined ? undefined : parseObject(record, context);
}

function objectOf(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Members)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Each knows its records by names that no other format has. */
const READERS: readonly Parser<Members>[] = [
  (record, context) => (isJournal(record) ? fromJournal(record, context, readJson) : undefined),
  (record, context) => (isSuricata(record) ? parseSuricata(record, context) : undefined),
  (record, context) => (isZeek(record) ? parseZeek(record, context) : undefined),
  normaliseWindows,
  parseAudit,
  (record, context) => (isAccessJson(record) ? parseAccessJson(record, context, undefined) : undefined),
];

function parseObject(record: Members, context: NormaliseContext): Normalised | undefined {
  for (const read of READERS) {
    const event = read(record, context);
    if (event !== undefined) return event;
  }
  return undefined;
}

function isValid({ event }: Normalised): boolean {
  return validateOcsf(event).ok;
}

function raw(text: string, record: Members | undefined, context: NormaliseContext): Normalised {
  const kept = rawEvent(text, record, context);
  return isValid(kept) ? kept : rawEvent(text, undefined, context);
}

/** A record that came parsed may hold what JSON cannot say. */
function textOf(record: Members): string {
  try {
    return JSON.stringify(record) ?? '';
  } catch {
    return '';
  }
}
