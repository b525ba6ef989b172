/**
 * sudo and su: a user takes another's rights, or tries to. OCSF has it as an account switch
 * (authentication, activity 7).
 *
 * sudo writes `alice : [reason ;] TTY=… ; PWD=… ; USER=… ; COMMAND=…` (sudoers(5), "Log format"); a command
 * may hold anything, so it is the rest of the line.
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { put } from '../event/draft.ts';
import { fit } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, keepOwn, type Line, processOf } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const sudoMapping: Mapping = {
  name: 'sudo',
  paths: {
    ...HEADER_PATHS,
    user: 'actor.user.name',
    USER: 'user.name',
    TTY: 'session.terminal',
    reason: 'status_detail',
  },
};

export const suMapping: Mapping = {
  name: 'su',
  paths: { ...HEADER_PATHS, user: 'actor.user.name', target: 'user.name', tty: 'session.terminal' },
};

const ACCOUNT_SWITCH = 7;
const SUBSTITUTE_USER = 1;

export function parseSudo(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const text = record.message.trimStart();
  const colon = text.indexOf(' : ');
  if (colon < 0) return undefined;
  const commandAt = text.indexOf('COMMAND=', colon);
  const fields = new Map<string, string>();
  let reason: string | undefined;
  const head = commandAt < 0 ? text.slice(colon + 3) : text.slice(colon + 3, commandAt);
  for (const part of head.split(' ; ')) {
    const equals = part.indexOf('=');
    if (equals > 0 && isCapitals(part, equals)) fields.set(part.slice(0, equals), part.slice(equals + 1));
    else if (part.trim() !== '') reason = reason === undefined ? part : `${reason} ; ${part}`;
  }
  const target = fields.get('USER');
  if (target === undefined) return undefined;
  const isRefused = reason !== undefined;
  const line = substitute('sudo', record, context, text.slice(0, colon), target, isRefused);
  put(line.event, 'status_detail', reason === undefined ? undefined : fit(reason));
  const terminal = fields.get('TTY');
  if (terminal !== undefined) line.event['session'] = { terminal: fit(terminal) };
  for (const [name, value] of fields) if (name !== 'USER' && name !== 'TTY') keepOwn(line, name, value);
  if (commandAt >= 0) {
    const command = text.slice(commandAt + 8);
    keepOwn(line, 'COMMAND', command);
    const process = (line.event['actor'] as { process?: Record<string, unknown> }).process;
    if (process !== undefined) {
      process['cmd_line'] = fit(command);
      put(process, 'working_directory', fields.get('PWD'));
    }
  }
  return line;
}

/** util-linux (`(to root) alice on pts/0`), shadow (`Successful su for root by alice`, `+ pts/0 alice:root`). */
export function parseSu(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const text = record.message;
  const isFailed = text.startsWith('FAILED ');
  const to = text.indexOf('(to ');
  const close = to < 0 ? -1 : text.indexOf(') ', to);
  if (close > 0) {
    const onAt = text.lastIndexOf(' on ');
    const user = onAt > close ? text.slice(close + 2, onAt) : text.slice(close + 2);
    const line = substitute('su', record, context, user, text.slice(to + 4, close), isFailed);
    if (onAt > close) line.event['session'] = { terminal: fit(text.slice(onAt + 4)) };
    return line;
  }
  const forAt = text.indexOf(' su for ');
  const byAt = forAt < 0 ? -1 : text.indexOf(' by ', forAt);
  if (byAt > 0)
    return substitute('su', record, context, text.slice(byAt + 4), text.slice(forAt + 8, byAt), isFailed);
  const sign = text.charCodeAt(0);
  if ((sign !== 43 && sign !== 45) || text.charCodeAt(1) !== 32) return undefined;
  const space = text.indexOf(' ', 2);
  const colon = space < 0 ? -1 : text.indexOf(':', space);
  if (colon < 0) return undefined;
  const line = substitute(
    'su',
    record,
    context,
    text.slice(space + 1, colon),
    text.slice(colon + 1),
    sign === 45,
  );
  line.event['session'] = { terminal: fit(text.slice(2, space)) };
  return line;
}

function substitute(
  parser: string,
  record: SyslogRecord,
  context: NormaliseContext,
  user: string,
  target: string,
  isRefused: boolean,
): Line {
  const line = begin(parser, record, context, OCSF_CLASS.authentication, ACCOUNT_SWITCH);
  const process = processOf(record);
  line.event['account_switch_type_id'] = SUBSTITUTE_USER;
  line.event['status_id'] = isRefused ? 2 : 1;
  line.event['actor'] = { user: { name: fit(user) }, ...(process === undefined ? {} : { process }) };
  line.event['user'] = { name: fit(target) };
  line.event['service'] = { name: parser };
  return line;
}

function isCapitals(text: string, end: number): boolean {
  for (let at = 0; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 65 || code > 90) return false;
  }
  return true;
}
