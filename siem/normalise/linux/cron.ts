/** cron's jobs and crontab's changes: `(root) CMD (command)`, `(alice) REPLACE (alice)`. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { fit } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, type Line, processOf } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const cronMapping: Mapping = {
  name: 'cron',
  paths: { ...HEADER_PATHS, user: 'job.user.name', command: 'job.cmd_line' },
};

/** `activity_id` of Scheduled Job Activity; what is not named here is 99. */
const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['CMD', 6],
  ['REPLACE', 2],
  ['DELETE', 3],
]);
const VERB_LENGTH_MAX = 32;

export function parseCron(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const { message } = record;
  if (message.charCodeAt(0) !== 40) return undefined;
  const close = message.indexOf(') ');
  const open = close < 0 ? -1 : message.indexOf(' (', close);
  if (open < 0 || open - close > VERB_LENGTH_MAX || !message.endsWith(')')) return undefined;
  const user = message.slice(1, close);
  const verb = message.slice(close + 2, open);
  let command = message.slice(open + 2, -1);
  const activity = ACTIVITIES.get(verb) ?? 99;
  const line = begin('cron', record, context, OCSF_CLASS.scheduled_job_activity, activity);
  const process = processOf(record);
  if (process !== undefined) line.event['actor'] = { process };
  line.rest['action'] = verb;
  // `cron -L` writes the number of the process that it starts.
  if (command.startsWith('[')) {
    const end = command.indexOf('] ');
    if (end > 0) {
      line.rest['job_pid'] = command.slice(1, end);
      command = command.slice(end + 2);
    }
  }
  line.event['job'] = { name: fit(command), cmd_line: fit(command), user: { name: fit(user) } };
  return line;
}
