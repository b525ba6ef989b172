/** systemd's units and logind's sessions. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { between, fit } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, type Line } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const systemdMapping: Mapping = {
  name: 'systemd',
  paths: { ...HEADER_PATHS, unit: 'app.name', user: 'user.name', session: 'session.uid' },
};

/** `activity_id` of Application Lifecycle, and whether it came to pass. */
const SENTENCES = [
  ['Started ', 3, 1],
  ['Stopped ', 4, 1],
  ['Failed to start ', 3, 2],
  ['Reloaded ', 99, 1],
  ['Finished ', 4, 1],
] as const;

export function parseSystemd(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  for (const [beginning, activity, status] of SENTENCES) {
    if (!record.message.startsWith(beginning)) continue;
    const text = record.message.slice(beginning.length);
    const line = begin('systemd', record, context, OCSF_CLASS.application_lifecycle, activity);
    line.event['status_id'] = status;
    line.event['app'] = { name: fit(text.endsWith('.') ? text.slice(0, -1) : text) };
    return line;
  }
  return undefined;
}

/** `New session 4 of user alice.`, `Session 4 logged out. …` */
export function parseLogind(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  if (!record.message.startsWith('New session ')) return undefined;
  const uid = between(record.message, 'session ', ' of user ');
  const user = between(record.message, ' of user ', '.');
  if (uid === undefined || user === undefined) return undefined;
  const line = begin('systemd', record, context, OCSF_CLASS.authentication, 1);
  line.event['status_id'] = 1;
  line.event['user'] = { name: fit(user) };
  line.event['session'] = { uid: fit(uid) };
  line.event['service'] = { name: 'systemd-logind' };
  return line;
}
