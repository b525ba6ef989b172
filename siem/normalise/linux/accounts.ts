/**
 * The tools that change accounts and groups (shadow 4.13: `useradd`, `usermod`, `userdel`, `groupadd`,
 * `groupmod`, `groupdel`, `passwd`, `chpasswd`, `chage`, `gpasswd`, `chsh`).
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Mapping } from '@demarc/platform/sigma/view';
import { between, fit } from '../event/text.ts';
import type { NormaliseContext } from '../normaliser.ts';
import { begin, HEADER_PATHS, keepOwn, type Line, processOf } from '../syslog/line.ts';
import type { SyslogRecord } from '../syslog/record.ts';

export const accountsMapping: Mapping = {
  name: 'accounts',
  paths: { ...HEADER_PATHS, user: 'user.name', group: 'group.name' },
};

export const ACCOUNT_TOOLS = [
  'useradd',
  'usermod',
  'userdel',
  'groupadd',
  'groupmod',
  'groupdel',
  'passwd',
  'chpasswd',
  'chage',
  'gpasswd',
  'chsh',
  'chfn',
  'adduser',
  'deluser',
] as const;

/** `activity_id` of Account Change and of Group Management. */
const CREATE = 1;
const PASSWORD = 3;
const DELETE = 6;
const LOCK = 9;
const UNLOCK = 12;
const OTHER = 99;
const ADD_USER = 3;
const REMOVE_USER = 4;
const DELETE_GROUP = 5;
const CREATE_GROUP = 6;

interface Change {
  readonly isGroup: boolean;
  readonly activity: number;
  readonly user?: string | undefined;
  readonly uid?: string | undefined;
  readonly group?: string | undefined;
  readonly gid?: string | undefined;
}

export function parseAccounts(record: SyslogRecord, context: NormaliseContext): Line | undefined {
  const change = changeOf(record.message);
  if (change === undefined) return undefined;
  const { isGroup, activity, user, uid, group, gid } = change;
  const line = begin(
    'accounts',
    record,
    context,
    isGroup ? OCSF_CLASS.group_management : OCSF_CLASS.account_change,
    activity,
  );
  const process = processOf(record);
  if (process !== undefined) line.event['actor'] = { process };
  line.event['status_id'] = record.message.startsWith('failed') ? 2 : 1;
  if (user !== undefined)
    line.event['user'] = { name: fit(user), ...(uid === undefined ? {} : { uid: fit(uid) }) };
  if (!isGroup) keepOwn(line, 'group', group);
  else line.event['group'] = { name: fit(group ?? ''), ...(gid === undefined ? {} : { uid: fit(gid) }) };
  for (const name of ['home', 'shell', 'from', 'UID', 'GID'])
    keepOwn(line, name, between(`${record.message},`, `, ${name}=`, ','));
  return line;
}

function changeOf(text: string): Change | undefined {
  const quoted = between(text, "'", "'");
  if (text.startsWith('new user: name=')) {
    const user = between(text, 'name=', ',');
    return user === undefined
      ? undefined
      : { isGroup: false, activity: CREATE, user, uid: between(text, 'UID=', ',') };
  }
  if (text.startsWith('new group: name=') || text.startsWith('group added to ')) {
    const group = between(`${text},`, 'name=', ',');
    return group === undefined
      ? undefined
      : { isGroup: true, activity: CREATE_GROUP, group, gid: between(`${text},`, 'GID=', ',') };
  }
  if (text.startsWith('delete user ')) return user(DELETE, quoted);
  if (text.startsWith('group ') && text.includes(' removed')) {
    const group = quoted ?? between(text, 'group ', ' removed');
    return group === undefined ? undefined : { isGroup: true, activity: DELETE_GROUP, group };
  }
  if (text.startsWith('removed group ') || text.startsWith('removed shadow group '))
    return quoted === undefined ? undefined : { isGroup: true, activity: DELETE_GROUP, group: quoted };
  if (text.startsWith('group changed in ')) {
    const group = between(text, '(group ', ',');
    if (group === undefined) return undefined;
    const slash = group.indexOf('/');
    return {
      isGroup: true,
      activity: OTHER,
      group: slash < 0 ? group : group.slice(0, slash),
      gid: slash < 0 ? undefined : group.slice(slash + 1),
    };
  }
  return membership(text, quoted) ?? password(text, quoted);
}

/** `add 'bob' to group 'ops'`, `delete 'bob' from group 'ops'`, `user bob removed by root from group ops`. */
function membership(text: string, quoted: string | undefined): Change | undefined {
  const isAdd = text.startsWith("add '");
  if ((isAdd || text.startsWith("delete '")) && quoted !== undefined) {
    const group = between(text, "group '", "'");
    return group === undefined
      ? undefined
      : { isGroup: true, activity: isAdd ? ADD_USER : REMOVE_USER, user: quoted, group };
  }
  if (!text.startsWith('user ')) return undefined;
  const name = between(text, 'user ', ' ');
  const group = between(text, ' group ', '');
  if (name === undefined || group === undefined) return undefined;
  if (text.includes(' removed by ')) return { isGroup: true, activity: REMOVE_USER, user: name, group };
  return text.includes(' added by ') ? { isGroup: true, activity: ADD_USER, user: name, group } : undefined;
}

function password(text: string, quoted: string | undefined): Change | undefined {
  if (text.startsWith('password for ')) {
    const isLocked = text.includes(' locked by ');
    return user(isLocked ? LOCK : text.includes(' unlocked by ') ? UNLOCK : PASSWORD, quoted);
  }
  if (text.startsWith('lock user ')) return user(LOCK, quoted);
  if (text.startsWith('unlock user ')) return user(UNLOCK, quoted);
  if (text.startsWith('changed password expiry for ')) return user(OTHER, text.slice(28));
  if (text.startsWith('change user ')) return user(text.includes(' password') ? PASSWORD : OTHER, quoted);
  return undefined;
}

function user(activity: number, name: string | undefined): Change | undefined {
  return name === undefined ? undefined : { isGroup: false, activity, user: name };
}
