/**
 * Remote procedures that attackers call, by interface and operation, and the pipes they are called through.
 *
 * @see [MS-SCMR], [MS-TSCH], [MS-RRP], [MS-SAMR], [MS-RPRN], [MS-EFSR], [MS-DRSR], section 3.1.4 of each
 */
import type { DetectionKind } from '../detection.ts';

export type OperationKind = Extract<
  DetectionKind,
  | 'remote-service'
  | 'remote-task'
  | 'remote-registry'
  | 'remote-driver'
  | 'account-enumeration'
  | 'forced-authentication'
  | 'directory-replication'
>;

interface Interface {
  readonly name: string;
  readonly operations: Readonly<Record<number, readonly [name: string, kind: OperationKind]>>;
}

const EFS: Interface = {
  name: 'efsrpc',
  operations: {
    0: ['EfsRpcOpenFileRaw', 'forced-authentication'],
    4: ['EfsRpcEncryptFileSrv', 'forced-authentication'],
  },
};

export const INTERFACES: Readonly<Record<string, Interface>> = {
  '367abb81-9844-35f1-ad32-98f038001003': {
    name: 'svcctl',
    operations: {
      11: ['RChangeServiceConfigW', 'remote-service'],
      12: ['RCreateServiceW', 'remote-service'],
      24: ['RCreateServiceA', 'remote-service'],
      44: ['RCreateServiceWOW64A', 'remote-service'],
      45: ['RCreateServiceWOW64W', 'remote-service'],
      60: ['RCreateWowService', 'remote-service'],
    },
  },
  '1ff70682-0a51-30e8-076d-740be8cee98b': { name: 'atsvc', operations: { 0: ['NetrJobAdd', 'remote-task'] } },
  '86d35949-83c9-4044-b424-db363231fd0c': {
    name: 'ITaskSchedulerService',
    operations: { 1: ['SchRpcRegisterTask', 'remote-task'], 12: ['SchRpcRun', 'remote-task'] },
  },
  '338cd001-2244-31f1-aaaa-900038001003': {
    name: 'winreg',
    operations: {
      20: ['BaseRegSaveKey', 'remote-registry'],
      22: ['BaseRegSetValue', 'remote-registry'],
      31: ['BaseRegSaveKeyEx', 'remote-registry'],
    },
  },
  '12345778-1234-abcd-ef00-0123456789ac': {
    name: 'samr',
    operations: {
      13: ['SamrEnumerateUsersInDomain', 'account-enumeration'],
      40: ['SamrQueryDisplayInformation', 'account-enumeration'],
    },
  },
  '12345678-1234-abcd-ef00-0123456789ab': {
    name: 'spoolss',
    operations: {
      9: ['RpcAddPrinterDriver', 'remote-driver'],
      89: ['RpcAddPrinterDriverEx', 'remote-driver'],
      62: ['RpcRemoteFindFirstPrinterChangeNotification', 'forced-authentication'],
      65: ['RpcRemoteFindFirstPrinterChangeNotificationEx', 'forced-authentication'],
    },
  },
  'c681d488-d850-11d0-8c52-00c04fd90f7e': EFS,
  'df1941c5-fe89-4e79-bf10-463657acf44d': EFS,
  'e3514235-4b06-11d1-ab04-00c04fc2dcd2': {
    name: 'drsuapi',
    operations: { 3: ['IDL_DRSGetNCChanges', 'directory-replication'] },
  },
};

/** Through these a machine is managed, or taken over; ordinary clients open none but samr, lsarpc and srvsvc. */
export const MANAGEMENT_PIPES = [
  'svcctl',
  'atsvc',
  'winreg',
  'spoolss',
  'samr',
  'lsarpc',
  'efsrpc',
  'lsass',
  'netlogon',
];
/** Those of tools that bring their own service. */
export const TOOL_PIPES = ['psexesvc', 'remcom_communicaton', 'paexec', 'csexecsvc'];
