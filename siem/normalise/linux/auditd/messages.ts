/** What programs tell the audit system, as OCSF: PAM's steps, changed accounts and groups, started services. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { type Members, put } from '../../event/draft.ts';
import { endpoint, fit, fitted, isIp, nameOf } from '../../event/text.ts';
import { type AuditFields, first } from './fields.ts';
import type { Shape } from './shape.ts';

const LOGON = 1;
const LOGOFF = 2;
const OTHER = 99;
const AUTHENTICATION: Readonly<Record<string, number>> = {
  USER_AUTH: LOGON,
  USER_LOGIN: LOGON,
  USER_START: LOGON,
  USER_END: LOGOFF,
  USER_LOGOUT: LOGOFF,
  USER_ACCT: OTHER,
  USER_ERR: OTHER,
  CRED_ACQ: OTHER,
  CRED_DISP: OTHER,
  CRED_REFR: OTHER,
};
const ACCOUNT: Readonly<Record<string, number>> = {
  ADD_USER: 1,
  DEL_USER: 6,
  USER_CHAUTHTOK: 3,
  USER_MGMT: OTHER,
  ACCT_LOCK: 9,
  ACCT_UNLOCK: 12,
};
const GROUP: Readonly<Record<string, number>> = { ADD_GROUP: 6, DEL_GROUP: 5, GRP_MGMT: OTHER };
const SERVICE: Readonly<Record<string, number>> = { SERVICE_START: 3, SERVICE_STOP: 4 };

export function messageShape(type: string, fields: AuditFields): Shape | undefined {
  const uid = first(fields, 'id');
  const account = first(fields, 'acct') ?? (uid === undefined ? undefined : first(fields, 'ID'));
  const user: Members = {};
  put(user, 'name', fitted(account));
  if (account === undefined) put(user, 'uid', fitted(uid));
  const hasUser = account !== undefined || uid !== undefined;
  if (Object.hasOwn(AUTHENTICATION, type) && hasUser) {
    const program = first(fields, 'exe') ?? 'pam';
    const members: Members = { user, service: { name: fit(nameOf(program)) } };
    const from = first(fields, 'addr') ?? first(fields, 'hostname');
    if (from !== undefined) {
      members['src_endpoint'] = endpoint(from);
      members['is_remote'] = isIp(from);
    }
    const terminal = first(fields, 'terminal');
    if (terminal !== undefined) members['session'] = { terminal: fit(terminal) };
    return { classUid: OCSF_CLASS.authentication, activityId: AUTHENTICATION[type] ?? OTHER, members };
  }
  if (Object.hasOwn(ACCOUNT, type) && hasUser)
    return { classUid: OCSF_CLASS.account_change, activityId: ACCOUNT[type] ?? OTHER, members: { user } };
  if (Object.hasOwn(GROUP, type)) {
    const group = first(fields, 'grp') ?? account ?? uid;
    if (group !== undefined)
      return {
        classUid: OCSF_CLASS.group_management,
        activityId: GROUP[type] ?? OTHER,
        members: { group: { name: fit(group) } },
      };
  }
  const unit = first(fields, 'unit');
  if (Object.hasOwn(SERVICE, type) && unit !== undefined)
    return {
      classUid: OCSF_CLASS.application_lifecycle,
      activityId: SERVICE[type] ?? OTHER,
      members: { app: { name: fit(unit) } },
    };
  return undefined;
}
