import { defineErrors, entry } from '@demarc/platform/errors';

export const fileIntegrityErrors = defineErrors({
  FIM_NOT_PERMITTED: entry<{ because: string }>({
    says: ({ because }) => `The kernel does not let the agent watch files: ${because}`,
    fix: 'Run the agent as root with CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH; its systemd unit grants both.',
    status: 503,
    retryable: false,
  }),
  FIM_PATH_UNWATCHABLE: entry<{ path: string; because: string }>({
    says: ({ path, because }) => `${path} cannot be watched in real time: ${because}`,
    fix: 'It is still verified on schedule. Watch a path on a local file system (ext4, xfs, btrfs, tmpfs) for real time.',
    status: 422,
    retryable: false,
  }),
  FIM_BASELINE_DAMAGED: entry<{ because: string }>({
    says: ({ because }) => `The baseline cannot be trusted: ${because}`,
    fix: 'A new one is taken at once; look at what changed on this machine since the last evidence.',
    status: 500,
    retryable: true,
  }),
  FIM_POLICY_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The policy is not valid: ${because}`,
    fix: 'Correct the field named here; the policy before it stays in force.',
    status: 400,
    retryable: false,
  }),
});
