/** System calls that were audited, as OCSF: a program started, a connection opened, a file touched. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { type Members, put } from '../../event/draft.ts';
import { endpoint, fit, fitted, integer, nameOf } from '../../event/text.ts';
import { type AuditFields, addressOf, argumentsOf, first, ofRecord } from './fields.ts';
import type { AuditRecord } from './record.ts';
import type { Shape } from './shape.ts';

/** `activity_id`s as published. */
const LAUNCH = 1;
const LAUNCHED_BY_EXEC = 3;
const OPEN_CONNECTION = 1;
const FILE_ACTIVITY: Readonly<Record<string, number>> = {
  chmod: 7,
  fchmod: 7,
  fchmodat: 7,
  chown: 7,
  fchown: 7,
  fchownat: 7,
  lchown: 7,
  setxattr: 6,
  lsetxattr: 6,
  fsetxattr: 6,
  removexattr: 6,
  truncate: 3,
  ftruncate: 3,
  open: 14,
  openat: 14,
  openat2: 14,
};
const FILE_CREATE = 1;
const FILE_DELETE = 4;
const FILE_RENAME = 5;
const FILE_OTHER = 99;

export function callShape(records: readonly AuditRecord[], fields: AuditFields): Shape | undefined {
  const call = records.find(({ type }) => type === 'SYSCALL');
  const pid = integer(ofRecord(call, 'pid'));
  if (call === undefined || pid === undefined) return launchOf(records);
  const process = processOf(call, pid, fields);
  // A call that fails has no `EXECVE` record; it was an attempt to launch nevertheless.
  const name = first(fields, 'SYSCALL');
  if (name === 'execve' || name === 'execveat' || records.some(({ type }) => type === 'EXECVE'))
    return launchShape(records, process, call, fields);
  return connectionShape(records, process, fields) ?? fileShape(records, process, fields);
}

/** An `EXECVE` record alone has arguments and nobody who ran them; the rules for processes still want them. */
function launchOf(records: readonly AuditRecord[]): Shape | undefined {
  const given = argumentsOf(records);
  if (given.length === 0) return undefined;
  return {
    classUid: OCSF_CLASS.base_event,
    activityId: 99,
    members: {},
    rest: { CommandLine: given.join(' ') },
  };
}

function processOf(call: AuditRecord, pid: number, fields: AuditFields): Members {
  const process: Members = { pid };
  put(process, 'name', fitted(ofRecord(call, 'comm')));
  const exe = ofRecord(call, 'exe');
  if (exe !== undefined) process['file'] = { name: fit(nameOf(exe)), path: fit(exe), type_id: 1 };
  const uid = ofRecord(call, 'uid');
  if (uid !== undefined) {
    const user: Members = { uid: fit(uid) };
    put(user, 'name', fitted(ofRecord(call, 'UID')));
    process['user'] = user;
  }
  put(process, 'working_directory', fitted(first(fields, 'cwd')));
  const session = ofRecord(call, 'ses');
  if (session !== undefined) process['session'] = { uid: fit(session) };
  return process;
}

function launchShape(
  records: readonly AuditRecord[],
  process: Members,
  call: AuditRecord,
  fields: AuditFields,
): Shape {
  const given = argumentsOf(records);
  if (given.length > 0) process['cmd_line'] = fit(given.join(' '));
  const parent = integer(ofRecord(call, 'ppid'));
  const rest: Members = {};
  put(rest, 'User', ofRecord(call, 'UID') ?? ofRecord(call, 'uid'));
  put(rest, 'LogonId', first(fields, 'ses'));
  if (parent !== undefined) process['parent_process'] = { pid: parent };
  return {
    classUid: OCSF_CLASS.process_activity,
    activityId: LAUNCH,
    members: {
      process,
      launch_type_id: LAUNCHED_BY_EXEC,
      // Exec keeps the process: who launched it is its parent, or itself where that is not said.
      actor: { process: { pid: parent ?? (process['pid'] as number) } },
    },
    rest,
  };
}

function connectionShape(
  records: readonly AuditRecord[],
  process: Members,
  fields: AuditFields,
): Shape | undefined {
  const saddr = ofRecord(
    records.find(({ type }) => type === 'SOCKADDR'),
    'saddr',
  );
  const to = saddr === undefined ? undefined : addressOf(saddr);
  if (to === undefined || first(fields, 'SYSCALL') !== 'connect') return undefined;
  const rest: Members = { Initiated: 'true' };
  put(rest, 'Image', first(fields, 'exe'));
  return {
    classUid: OCSF_CLASS.network_activity,
    activityId: OPEN_CONNECTION,
    members: { actor: { process }, dst_endpoint: endpoint(to.ip, to.port) },
    rest,
  };
}

function fileShape(
  records: readonly AuditRecord[],
  process: Members,
  fields: AuditFields,
): Shape | undefined {
  const paths = records.filter(({ type }) => type === 'PATH');
  const made = paths.find((path) => ofRecord(path, 'nametype') === 'CREATE');
  const gone = paths.find((path) => ofRecord(path, 'nametype') === 'DELETE');
  const touched = made ?? gone ?? paths.find((path) => ofRecord(path, 'nametype') === 'NORMAL');
  const name = ofRecord(touched, 'name');
  if (touched === undefined || name === undefined) return undefined;
  const cwd = first(fields, 'cwd');
  const path = name.startsWith('/') || cwd === undefined ? name : `${cwd === '/' ? '' : cwd}/${name}`;
  const call = first(fields, 'SYSCALL') ?? '';
  const rest: Members = {};
  put(rest, 'Image', first(fields, 'exe'));
  return {
    classUid: OCSF_CLASS.file_activity,
    activityId:
      made !== undefined && gone !== undefined
        ? FILE_RENAME
        : made !== undefined
          ? FILE_CREATE
          : gone !== undefined
            ? FILE_DELETE
            : Object.hasOwn(FILE_ACTIVITY, call)
              ? (FILE_ACTIVITY[call] ?? FILE_OTHER)
              : FILE_OTHER,
    members: {
      actor: { process },
      file: {
        name: fit(nameOf(path)),
        path: fit(path),
        type_id: fileType(ofRecord(touched, 'mode')),
      },
    },
    rest,
  };
}

/** `type_id` of a file by the format bits of its mode, which is octal. */
function fileType(mode: string | undefined): number {
  const kind = Number.parseInt(mode ?? '', 8) & 0o170000;
  if (kind === 0o100000) return 1;
  if (kind === 0o040000) return 2;
  if (kind === 0o020000) return 3;
  if (kind === 0o060000) return 4;
  if (kind === 0o140000) return 5;
  if (kind === 0o010000) return 6;
  return kind === 0o120000 ? 7 : 0;
}
