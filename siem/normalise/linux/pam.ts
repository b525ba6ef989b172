/**
 * Linux-PAM's modules, whatever program called them: `pam_unix(sshd:session): session opened for user …`
 * (modules/pam_unix/support.c and pam_unix_sess.c), and the older `(pam_unix)` behind the program's name.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { put } from '../event/draft.ts';
import { endpoint, fit } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, keepOwn, type Line, processOf } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const pamMapping: Mapping = {
  name: 'pam',
  paths: { ...HEADER_PATHS, user: 'user.name', pam_service: 'service.name' },
};

const PASSWORD_CHANGE = 3;

export function parsePam(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const { message, app } = record;
  let module = '';
  let service = app ?? 'pam';
  let type = '';
  let text = message;
  if (message.startsWith('pam_') && !message.startsWith('pam_unix: ')) {
    const open = message.indexOf('(');
    const close = open < 0 ? -1 : message.indexOf('): ', open);
    if (close < 0) return undefined;
    const where = message.slice(open + 1, close);
    const colon = where.lastIndexOf(':');
    module = message.slice(0, open);
    service = colon < 0 ? where : where.slice(0, colon);
    type = colon < 0 ? '' : where.slice(colon + 1);
    text = message.slice(close + 3);
  } else if (message.startsWith('(pam_') || message.startsWith('pam_unix: ')) {
    const end = message.indexOf(message.startsWith('(') ? ') ' : ': ');
    if (end < 0) return undefined;
    module = message.slice(message.startsWith('(') ? 1 : 0, end);
    text = message.slice(end + 2);
  } else if (app !== undefined && app.endsWith(')')) {
    const open = app.lastIndexOf('(');
    module = app.slice(open + 1, -1);
    service = app.slice(0, Math.max(open, 0));
  } else if (!message.startsWith('authentication failure; ')) return undefined;

  const line =
    opened(text, record, context) ?? failure(text, record, context) ?? changed(text, record, context);
  const found = line ?? begin('pam', record, context, OCSF_CLASS.base_event, 99);
  if (line !== undefined && line.event['class_uid'] === OCSF_CLASS.authentication)
    line.event['service'] = { name: fit(service === '' ? 'pam' : service) };
  else keepOwn(found, 'pam_service', service);
  keepOwn(found, 'pam_module', module === '' ? undefined : module);
  keepOwn(found, 'pam_type', type === '' ? undefined : type);
  const process = processOf(record);
  if (process !== undefined) found.event['actor'] = { process };
  return found;
}

/** `session opened for user root(uid=0) by alice(uid=1000)`, `session closed for user root`. */
function opened(text: string, record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const isOpened = text.startsWith('session opened for user ');
  if (!isOpened && !text.startsWith('session closed for user ')) return undefined;
  const byAt = text.lastIndexOf(' by ');
  const who = byAt > 24 ? text.slice(24, byAt) : text.slice(24);
  const line = begin('pam', record, context, OCSF_CLASS.authentication, isOpened ? 1 : 2);
  line.event['status_id'] = 1;
  const user = withUid(who);
  line.event['user'] = user;
  if (byAt > 24) keepOwn(line, 'by', text.slice(byAt + 4));
  return line;
}

/** `root(uid=0)` */
function withUid(who: string): { name: string; uid?: string } {
  const open = who.lastIndexOf('(uid=');
  if (open < 0 || !who.endsWith(')')) return { name: fit(who) };
  return { name: fit(who.slice(0, open)), uid: fit(who.slice(open + 5, -1)) };
}

const FAILURE_FIELDS = ['logname', 'uid', 'euid', 'tty', 'ruser', 'rhost', 'user'] as const;

/** `authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root` */
function failure(text: string, record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const start = text.indexOf('; ');
  if (
    start < 0 ||
    !(text.startsWith('authentication failure') || text.includes('more authentication failure'))
  )
    return undefined;
  const fields: Record<string, string> = {};
  let at = start;
  for (const [index, name] of FAILURE_FIELDS.entries()) {
    const from = text.indexOf(` ${name}=`, at);
    if (from < 0) continue;
    const value = from + name.length + 2;
    const next = FAILURE_FIELDS[index + 1];
    const to = next === undefined ? -1 : text.indexOf(` ${next}=`, value);
    fields[name] = (to < 0 ? text.slice(value) : text.slice(value, to)).trim();
    at = value - 1;
  }
  const user = fields['user'];
  const line = begin('pam', record, context, OCSF_CLASS.authentication, 1);
  line.event['status_id'] = 2;
  line.event['status_detail'] = fit(text.slice(0, start));
  line.event['user'] = { name: fit(user ?? '') };
  const from = fields['rhost'];
  if (from !== undefined && from !== '') {
    line.event['src_endpoint'] = endpoint(from);
    line.event['is_remote'] = true;
  }
  for (const [name, value] of Object.entries(fields)) if (name !== 'user') keepOwn(line, name, value);
  return line;
}

/** `password changed for alice` */
function changed(text: string, record: SyslogRecord, context: NormaliseContext): Line | undefined {
  if (!text.startsWith('password changed for ')) return undefined;
  const line = begin('pam', record, context, OCSF_CLASS.account_change, PASSWORD_CHANGE);
  line.event['status_id'] = 1;
  put(line.event, 'user', { name: fit(text.slice(21)) });
  return line;
}
