/**
 * Windows' Security log: processes, services, tasks, policies, filtered connections; the rest is beside.
 *
 * @see https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/security-auditing-overview
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { each, type Family, type Members, textOf, within } from '../family.ts';
import { ACCOUNTS } from './accounts.ts';
import { LOGONS } from './logons.ts';
import { OBJECTS } from './objects.ts';
import { BY_SUBJECT } from './parts.ts';

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
  ...LOGONS,
  ...ACCOUNTS,
  ...OBJECTS,
};
