/**
 * Windows' Security log: logons, privileges, processes, services, tasks, policies.
 *
 * @see https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/security-auditing-overview
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import type { Fields } from '@demarc/platform/sigma/view';
import { each, type Family, integerOf, type Members, textOf, within, wordsOf } from '../family.ts';
import { ACCOUNTS } from './accounts.ts';
import { OBJECTS } from './objects.ts';
import { BY_PROCESS, BY_SUBJECT, FROM_ADDRESS } from './parts.ts';

const SUCCESS = 1;
const FAILURE = 2;
/** `logon_type_id` has Windows' own numbers, these of them. */
const LOGON_TYPES = [2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13];

function authentication(
  name: string,
  activity: number,
  paths: Family['paths'],
  statusOf: (fields: Fields) => number,
): Family {
  return {
    name,
    classUid: OCSF_CLASS.authentication,
    activity,
    paths: { TargetUserName: 'user.name', TargetDomainName: 'user.domain', ...FROM_ADDRESS, ...paths },
    complete: (event, fields) => {
      const type = integerOf(textOf(fields, 'LogonType') ?? '');
      if (type !== undefined) event['logon_type_id'] = LOGON_TYPES.includes(type) ? type : 99;
      event['status_id'] = statusOf(fields);
      // Who asks says for which machine; that is the one that logs it.
      within(event, 'dst_endpoint')['name'] = textOf(fields, 'Computer') ?? 'unknown';
    },
  };
}
const always = (status: number) => (): number => status;
const byStatus = (fields: Fields): number =>
  integerOf(textOf(fields, 'Status') ?? '') === 0 ? SUCCESS : FAILURE;

const LOGON = {
  TargetUserSid: 'user.uid',
  TargetLogonId: 'session.uid',
  LogonGuid: 'session.uuid',
  WorkstationName: 'src_endpoint.name',
  AuthenticationPackageName: 'auth_protocol',
  ProcessName: 'logon_process.file.path',
  ProcessId: 'logon_process.pid',
  ...BY_SUBJECT,
};
const TICKET = {
  TargetSid: 'user.uid',
  ServiceName: 'service.name',
  ServiceSid: 'service.uid',
  Status: 'status_code',
};

/** One privilege a word. */
function privileges(field: string): (event: Members, fields: Fields) => void {
  return (event, fields) => {
    event['privileges'] = wordsOf(fields, field);
  };
}
const ASSIGN = 1;
const OTHER = 99;
const SUBJECT_AS_USER = {
  SubjectUserName: 'user.name',
  SubjectUserSid: 'user.uid',
  SubjectDomainName: 'user.domain',
  SubjectLogonId: 'session.uid',
};
const PRIVILEGE_USE: Family = {
  name: 'privilege-use',
  classUid: OCSF_CLASS.authorize_session,
  activity: OTHER,
  paths: { ...SUBJECT_AS_USER, ...BY_PROCESS },
  complete: privileges('PrivilegeList'),
};
const ACCESS_OF_TARGET = {
  TargetUserName: 'user.name',
  TargetUserSid: 'user.uid',
  TargetDomainName: 'user.domain',
};

function task(name: string, activity: number): Family {
  return {
    name,
    classUid: OCSF_CLASS.scheduled_job_activity,
    activity,
    paths: { ...BY_SUBJECT, TaskName: 'job.name' },
  };
}

function clearing(event: Members): void {
  event['log_name'] = 'Security';
}

/** `connection_info.direction_id` by the message that Windows puts for the direction. */
const DIRECTIONS: Readonly<Record<string, number>> = {
  '%%14592': 1,
  Inbound: 1,
  '%%14593': 2,
  Outbound: 2,
};
/** @param process the field of the process's number, which the events spell differently */
function filtering(name: string, activity: number, process = 'ProcessID'): Family {
  return {
    name,
    classUid: OCSF_CLASS.network_activity,
    activity,
    paths: {
      Application: 'actor.process.file.path',
      [process]: 'actor.process.pid',
      Protocol: 'connection_info.protocol_num',
      SourceAddress: 'src_endpoint.ip',
      SourcePort: 'src_endpoint.port',
      DestAddress: 'dst_endpoint.ip',
      DestPort: 'dst_endpoint.port',
    },
    complete: (event, fields) => {
      within(event, 'connection_info')['direction_id'] = DIRECTIONS[textOf(fields, 'Direction') ?? ''] ?? 0;
    },
  };
}
export const SECURITY: Readonly<Record<string, Family>> = {
  1102: {
    name: 'log-clear',
    classUid: OCSF_CLASS.event_log_activity,
    activity: 1,
    paths: BY_SUBJECT,
    complete: clearing,
  },
  1100: {
    name: 'log-stop',
    classUid: OCSF_CLASS.event_log_activity,
    activity: 7,
    paths: {},
    complete: clearing,
  },
  4624: authentication('logon', 1, LOGON, always(SUCCESS)),
  4625: authentication('logon-failed', 1, { ...LOGON, Status: 'status_code' }, always(FAILURE)),
  ...each(
    [4634, 4647],
    authentication('logoff', 2, { TargetUserSid: 'user.uid', TargetLogonId: 'session.uid' }, always(SUCCESS)),
  ),
  4648: authentication('logon-explicit', 1, { ...LOGON, TargetServerName: 'service.name' }, always(0)),
  4768: authentication('kerberos-ticket', 3, TICKET, byStatus),
  4769: authentication('kerberos-service-ticket', 4, TICKET, byStatus),
  4770: authentication('kerberos-renewal', 5, TICKET, always(SUCCESS)),
  4771: authentication('kerberos-failed', 6, TICKET, always(FAILURE)),
  4776: authentication(
    'ntlm',
    1,
    { Workstation: 'src_endpoint.name', PackageName: 'auth_protocol', Status: 'status_code' },
    byStatus,
  ),
  4672: {
    name: 'special-privileges',
    classUid: OCSF_CLASS.authorize_session,
    activity: ASSIGN,
    paths: SUBJECT_AS_USER,
    complete: privileges('PrivilegeList'),
  },
  ...each([4673, 4674], PRIVILEGE_USE),
  4703: {
    name: 'token-rights',
    classUid: OCSF_CLASS.user_access,
    activity: ASSIGN,
    paths: { ...BY_SUBJECT, ...BY_PROCESS, ...ACCESS_OF_TARGET },
    complete: privileges('EnabledPrivilegeList'),
  },
  4688: {
    name: 'process-launch',
    classUid: OCSF_CLASS.process_activity,
    activity: 1,
    paths: {
      ...BY_SUBJECT,
      NewProcessName: 'process.file.path',
      NewProcessId: 'process.pid',
      CommandLine: 'process.cmd_line',
      MandatoryLabel: 'process.integrity',
      TargetUserName: 'process.user.name',
      TargetUserSid: 'process.user.uid',
      TargetDomainName: 'process.user.domain',
      TargetLogonId: 'process.session.uid',
      ParentProcessName: 'actor.process.file.path',
      ProcessId: 'actor.process.pid',
    },
  },
  4689: {
    name: 'process-end',
    classUid: OCSF_CLASS.process_activity,
    activity: 2,
    paths: {
      ...BY_SUBJECT,
      ProcessName: 'process.file.path',
      ProcessId: 'process.pid',
      Status: 'exit_code',
    },
  },
  4697: {
    name: 'service-install',
    classUid: OCSF_CLASS.windows_service_activity,
    activity: 1,
    paths: {
      ...BY_SUBJECT,
      ServiceName: 'win_service.name',
      ServiceFileName: 'win_service.cmd_line',
      ServiceAccount: 'win_service.service_start_name',
    },
  },
  4698: task('task-create', 1),
  4699: task('task-delete', 3),
  4700: task('task-enable', 4),
  4701: task('task-disable', 5),
  4702: task('task-update', 2),
  4719: {
    name: 'audit-policy',
    classUid: OCSF_CLASS.entity_management,
    activity: 3,
    paths: { ...BY_SUBJECT, SubcategoryGuid: 'entity.uid' },
    complete: (event) => {
      within(event, 'entity')['type'] = 'Audit policy';
    },
  },
  ...each([5152, 5157], filtering('connection-blocked', 5)),
  5156: filtering('connection', 1),
  5154: filtering('listen', 7, 'ProcessId'),
  5155: filtering('listen-blocked', 5, 'ProcessId'),
  5158: filtering('bind', 7, 'ProcessId'),
  5159: filtering('bind-blocked', 5, 'ProcessId'),
  ...ACCOUNTS,
  ...OBJECTS,
};
