/** A syslog message, by whatever way it came: who reads its text. */

import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Recognition } from '@demarc/platform/sigma/event';
import type { Mapping } from '@demarc/platform/sigma/view';
import { done, keep, type Members } from '../event/draft.ts';
import { LINUX_APPS } from '../linux/apps.ts';
import { parseAuditd } from '../linux/auditd/auditd.ts';
import { type Journal, syslogOf, withJournal } from '../linux/journald/journald.ts';
import { parsePam } from '../linux/pam.ts';
import { NETWORK_APPS } from '../network/network.ts';
import type { NormaliseContext, Normalised } from '../normaliser.ts';
import { parseAccess } from '../web/access.ts';
import { cefMapping, parseCef, parseLeef } from './cef.ts';
import { type AppParser, begin, HEADER_PATHS, type Line, processOf, structuredData } from './line.ts';
import type { SyslogRecord } from './record.ts';

export const syslogMapping: Mapping = { name: 'syslog', paths: HEADER_PATHS };
export const syslogMappings: readonly Mapping[] = [syslogMapping, cefMapping];

const CISCO = { 'metadata.product.vendor_name': ['Cisco'], 'metadata.log_name': ['syslog'] } as const;

export const syslogRecognitions: readonly Recognition[] = ['syslog', 'aaa', 'bgp', 'ldp'].map((service) => ({
  when: CISCO,
  is: { product: 'cisco', service },
}));

const APPS: ReadonlyMap<string, AppParser> = new Map([...LINUX_APPS, ...NETWORK_APPS]);
const WEB: ReadonlySet<string> = new Set(['nginx', 'httpd', 'apache', 'apache2']);
/** Whoever forwards the audit log. */
const AUDIT: ReadonlySet<string> = new Set(['audispd', 'audisp-syslog', 'auditd', 'audit', 'kernel']);

/** Reads a record that came as text in the message; undefined when it is of no kind it knows. */
export type JsonReader = (text: string, context: NormaliseContext) => Normalised | undefined;

export function fromSyslog(record: SyslogRecord, context: NormaliseContext, json: JsonReader): Normalised {
  const app = nameOf(record.app);
  const { message } = record;
  const carried = carriedBy(record, app, context, json);
  if (carried !== undefined) return carried;
  const line = textOf(record, app, message, context) ?? unread(record, context);
  return done(keep(line.event, line.rest), line.parser);
}

/** A journal's entry; its own fields stay beside what its message says. */
export function fromJournal(entry: Journal, context: NormaliseContext, json: JsonReader): Normalised {
  const record = syslogOf(entry);
  const app = nameOf(record.app);
  const carried = carriedBy(record, app, context, json);
  if (carried !== undefined) {
    const event = carried.event as Members;
    withJournal({ parser: '', event, rest: (event['unmapped'] ??= {}) as Members }, entry);
    return carried;
  }
  const line = textOf(record, app, record.message, context) ?? unread(record, context);
  withJournal(line, entry);
  return done(keep(line.event, line.rest), line.parser);
}

function textOf(
  record: SyslogRecord,
  app: string,
  message: string,
  context: NormaliseContext,
): Line | undefined {
  if (message.startsWith('pam_') || message.startsWith('(pam_') || record.app?.endsWith(')') === true) {
    const line = parsePam(record, context);
    if (line !== undefined) return line;
  }
  const parse = APPS.get(app);
  if (parse !== undefined) return parse(record, context);
  if (message.startsWith('CEF:') || record.app === 'CEF') return parseCef(record, context);
  if (message.startsWith('LEEF:')) return parseLeef(record, context);
  // `login`, `dovecot-auth`, … write as PAM does without naming its module.
  return message.startsWith('authentication failure; ') ? parsePam(record, context) : undefined;
}

/** A record of another format whose carrier syslog is. */
function carriedBy(
  record: SyslogRecord,
  app: string,
  context: NormaliseContext,
  json: JsonReader,
): Normalised | undefined {
  const { message } = record;
  const code = message.charCodeAt(0);
  const within = (): NormaliseContext => ({ ...context, peer: record.host ?? context.peer });
  if (code === 123) return withHeader(json(message, within()), record);
  if (code === 64 && message.startsWith('@cee:'))
    return withHeader(json(message.slice(5).trimStart(), within()), record);
  if (WEB.has(app)) return withHeader(parseAccess(message, context, app, record.host), record);
  if (!AUDIT.has(app)) return undefined;
  const typeAt = message.indexOf('type=');
  if (typeAt < 0 || typeAt > 64) return undefined;
  return withHeader(parseAuditd(message.slice(typeAt), within()), record);
}

/** What the carrier said stays as well, where the record has no such names itself. */
function withHeader(carried: Normalised | undefined, record: SyslogRecord): Normalised | undefined {
  if (carried === undefined) return undefined;
  const event = carried.event as Members;
  const rest = (event['unmapped'] ??= {}) as Members;
  if (record.facility !== undefined) rest['facility'] ??= record.facility;
  if (record.pid !== undefined) rest['pid'] ??= record.pid;
  if (record.structured !== undefined) rest['structured_data'] ??= structuredData(record.structured);
  return carried;
}

/** Its header is understood, its text is for the keywords. */
function unread(record: SyslogRecord, context: NormaliseContext): Line {
  const line = begin('syslog', record, context, OCSF_CLASS.base_event, 99);
  const process = processOf(record);
  if (process !== undefined) line.event['actor'] = { process };
  if (record.app?.startsWith('%') === true)
    (line.event['metadata'] as Members)['product'] = { name: 'IOS', vendor_name: 'Cisco' };
  return line;
}

const NAME_LENGTH_MAX = 64;

/** `/usr/sbin/CRON` and `sshd(pam_unix)` are cron and sshd. */
function nameOf(app: string | undefined): string {
  if (app === undefined || app.length > NAME_LENGTH_MAX) return '';
  const slash = app.lastIndexOf('/');
  const open = app.indexOf('(');
  // `postfix/smtpd` is a name, `/usr/sbin/cron` a path.
  const from = app.startsWith('/') ? slash + 1 : 0;
  return app.slice(from, open > from ? open : app.length).toLowerCase();
}
