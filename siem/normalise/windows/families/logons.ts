/** The Security log's events of logons, tickets and privileges. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import {
  each,
  type Family,
  type Fields,
  integerOf,
  type Members,
  textOf,
  within,
  wordsOf,
} from '../family.ts';
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
    complete: (event, fields, host) => {
      const type = integerOf(textOf(fields, 'LogonType') ?? '');
      if (type !== undefined) event['logon_type_id'] = LOGON_TYPES.includes(type) ? type : 99;
      event['status_id'] = statusOf(fields);
      // Who asks says for which machine; that is the one that logs it.
      within(event, 'dst_endpoint')['name'] = host;
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

export const LOGONS: Readonly<Record<string, Family>> = {
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
};
