import { defineErrors, entry } from '@demarc/platform/errors';

export const networkDetectionErrors = defineErrors({
  HID_NETWORK_POLICY_INVALID: entry<{ path: string; because: string }>({
    says: ({ path, because }) => `The policy of network detection is not valid at ${path}: ${because}`,
    fix: 'Correct the field named here; the policy before it stays in force.',
    status: 400,
    retryable: false,
  }),
});
