import { defineErrors, entry } from '@demarc/platform/errors';

export const hidsErrors = defineErrors({
  HIDS_POLICY_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The policy of host intrusion detection is not valid: ${because}`,
    fix: 'Correct the fields named here; the policy before it stays in force.',
    status: 400,
    retryable: false,
  }),
  HIDS_JOURNAL_UNREADABLE: entry<{ because: string }>({
    says: ({ because }) => `The journal of this machine cannot be read: ${because}`,
    fix: 'Run the agent as root or in the group systemd-journal, on a machine whose journal is systemd’s; logs in files are followed without it.',
    status: 503,
    retryable: true,
  }),
});
