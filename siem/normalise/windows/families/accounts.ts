/** The Security log's events of account management: users, computers, groups. */
import { OCSF_CLASS } from '@demarc/platform/ocsf';
import { each, type Family, within } from '../family.ts';
import { BY_SUBJECT } from './parts.ts';

function account(name: string, activity: number): Family {
  return {
    name,
    classUid: OCSF_CLASS.account_change,
    activity,
    paths: {
      ...BY_SUBJECT,
      TargetUserName: 'user.name',
      TargetSid: 'user.uid',
      TargetDomainName: 'user.domain',
    },
  };
}

function group(name: string, activity: number): Family {
  return {
    name,
    classUid: OCSF_CLASS.group_management,
    activity,
    paths: {
      ...BY_SUBJECT,
      TargetUserName: 'group.name',
      TargetSid: 'group.uid',
      TargetDomainName: 'group.domain',
      MemberName: 'user.name',
      MemberSid: 'user.uid',
    },
  };
}

const OTHER = 99;

export const ACCOUNTS: Readonly<Record<string, Family>> = {
  ...each([4720, 4741], account('account-create', 1)),
  4722: account('account-enable', 2),
  4723: account('password-change', 3),
  4724: account('password-reset', 4),
  4725: account('account-disable', 5),
  ...each([4726, 4743], account('account-delete', 6)),
  ...each([4738, 4742, 4765, 4766], account('account-change', OTHER)),
  4740: account('account-lock', 9),
  4767: account('account-unlock', 12),
  4781: {
    ...account('account-rename', OTHER),
    paths: {
      ...BY_SUBJECT,
      OldTargetUserName: 'user.name',
      NewTargetUserName: 'user_result.name',
      TargetSid: 'user.uid',
      TargetDomainName: 'user.domain',
    },
  },
  4794: {
    name: 'restore-mode-password',
    classUid: OCSF_CLASS.account_change,
    activity: 4,
    paths: { ...BY_SUBJECT, Workstation: 'src_endpoint.name' },
    complete: (event) => {
      within(event, 'user')['name'] = 'Directory Services Restore Mode administrator';
    },
  },
  ...each([4727, 4731, 4744, 4749, 4754, 4759], group('group-create', 6)),
  ...each([4728, 4732, 4746, 4751, 4756, 4761], group('group-add', 3)),
  ...each([4729, 4733, 4747, 4752, 4757, 4762], group('group-remove', 4)),
  ...each([4730, 4734, 4748, 4753, 4758, 4763], group('group-delete', 5)),
  ...each([4735, 4737, 4745, 4750, 4755, 4760, 4764], group('group-change', OTHER)),
};
