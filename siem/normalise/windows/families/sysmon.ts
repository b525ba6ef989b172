/**
 * Sysmon, events 1 to 29.
 *
 * @see https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon#events
 */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { each, type Family, textOf, within } from '../family.ts';
import { pipe, REGISTRY_KEY, REGISTRY_VALUE, wmi } from './sysmon-objects.ts';
import { addHashes, BY_PROCESS, CREATE, fileEvent, INTO_PROCESS, ITSELF, resources } from './sysmon-parts.ts';

const LAUNCH: Family = {
  name: 'process-launch',
  classUid: OCSF_CLASS.process_activity,
  activity: 1,
  paths: {
    ...ITSELF,
    ...resources('process.file'),
    CommandLine: 'process.cmd_line',
    CurrentDirectory: 'process.working_directory',
    IntegrityLevel: 'process.integrity',
    LogonGuid: 'process.session.uuid',
    LogonId: 'process.session.uid',
    ParentImage: 'actor.process.file.path',
    ParentCommandLine: 'actor.process.cmd_line',
    ParentProcessId: 'actor.process.pid',
    ParentProcessGuid: 'actor.process.uid',
    ParentUser: 'actor.user.name',
  },
  complete: (event, fields) => addHashes(event, ['process', 'file'], textOf(fields, 'Hashes')),
};
const CONNECTION: Family = {
  name: 'network-connection',
  classUid: OCSF_CLASS.network_activity,
  activity: 1,
  paths: {
    ...BY_PROCESS,
    Protocol: 'connection_info.protocol_name',
    SourceIp: 'src_endpoint.ip',
    SourceHostname: 'src_endpoint.hostname',
    SourcePort: 'src_endpoint.port',
    DestinationIp: 'dst_endpoint.ip',
    DestinationHostname: 'dst_endpoint.hostname',
    DestinationPort: 'dst_endpoint.port',
  },
  complete: (event, fields) => {
    const initiated = String(fields.get('Initiated')).toLowerCase();
    within(event, 'connection_info')['direction_id'] =
      initiated === 'true' ? OUTBOUND : initiated === 'false' ? INBOUND : 0;
  },
};
const INBOUND = 1;
const OUTBOUND = 2;

const SYSMON_ITSELF = { name: 'Sysmon', vendor_name: 'Microsoft' };

export const SYSMON: Readonly<Record<string, Family>> = {
  1: LAUNCH,
  2: fileEvent('file-time', 6),
  3: CONNECTION,
  4: {
    name: 'sysmon-state',
    classUid: OCSF_CLASS.application_lifecycle,
    activity: (fields) => ({ Started: 3, Stopped: 4 })[textOf(fields, 'State') ?? ''] ?? 99,
    paths: {},
    complete: (event) => {
      event['app'] = SYSMON_ITSELF;
    },
  },
  5: { name: 'process-end', classUid: OCSF_CLASS.process_activity, activity: 2, paths: ITSELF },
  6: {
    name: 'driver-load',
    classUid: OCSF_CLASS.kernel_extension_activity,
    activity: 1,
    paths: { ImageLoaded: 'driver.file.path' },
    complete: (event, fields) => addHashes(event, ['driver', 'file'], textOf(fields, 'Hashes')),
  },
  7: {
    name: 'module-load',
    classUid: OCSF_CLASS.module_activity,
    activity: 1,
    paths: { ...BY_PROCESS, ...resources('module.file'), ImageLoaded: 'module.file.path' },
    complete: (event, fields) => {
      within(event, 'module')['load_type_id'] = 1;
      addHashes(event, ['module', 'file'], textOf(fields, 'Hashes'));
    },
  },
  8: {
    name: 'remote-thread',
    classUid: OCSF_CLASS.process_activity,
    activity: 4,
    paths: {
      ...INTO_PROCESS,
      SourceProcessGuid: 'actor.process.uid',
      TargetProcessGuid: 'process.uid',
    },
    complete: (event) => {
      event['injection_type_id'] = 1;
    },
  },
  9: {
    name: 'raw-read',
    classUid: OCSF_CLASS.file_activity,
    activity: 2,
    paths: { ...BY_PROCESS, Device: 'file.path' },
    complete: (event) => {
      within(event, 'file')['type_id'] = 4;
    },
  },
  10: {
    name: 'process-access',
    classUid: OCSF_CLASS.process_activity,
    activity: 3,
    paths: {
      ...INTO_PROCESS,
      SourceProcessGUID: 'actor.process.uid',
      SourceThreadId: 'actor.process.tid',
      TargetProcessGUID: 'process.uid',
      GrantedAccess: 'actual_permissions',
    },
  },
  11: fileEvent('file-create', CREATE),
  12: REGISTRY_KEY,
  13: REGISTRY_VALUE,
  14: REGISTRY_KEY,
  15: fileEvent('file-stream', CREATE),
  16: {
    name: 'sysmon-configuration',
    classUid: OCSF_CLASS.application_lifecycle,
    activity: 8,
    paths: {},
    complete: (event) => {
      event['app'] = SYSMON_ITSELF;
    },
  },
  17: pipe('pipe-create', CREATE),
  18: pipe('pipe-connect', 14),
  19: wmi('wmi-filter', 'WMI event filter', 'Name'),
  20: wmi('wmi-consumer', 'WMI event consumer', 'Name'),
  21: wmi('wmi-binding', 'WMI binding of a consumer to a filter', 'Consumer'),
  22: {
    name: 'dns-query',
    classUid: OCSF_CLASS.dns_activity,
    activity: 1,
    paths: { ...BY_PROCESS, QueryName: 'query.hostname', QueryStatus: 'rcode' },
    complete: (event, _, host) => {
      within(event, 'src_endpoint')['name'] = host;
    },
  },
  ...each([23, 26], fileEvent('file-delete', 4)),
  25: {
    name: 'process-tampering',
    classUid: OCSF_CLASS.process_activity,
    activity: 4,
    paths: { ...ITSELF, Type: 'injection_type' },
    complete: (event) => {
      event['injection_type_id'] = 99;
    },
  },
  ...each(
    [27, 28],
    fileEvent('file-blocked', 99, (event) => {
      event['status_id'] = 2;
    }),
  ),
  29: fileEvent('file-executable', CREATE),
};
