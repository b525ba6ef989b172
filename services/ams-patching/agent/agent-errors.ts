import { defineErrors, entry } from '@demarc/platform/errors';

export const patchingAgentErrors = defineErrors({
  PATCH_POLICY_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The policy of patching is not valid: ${because}`,
    fix: 'Correct the fields named here; the policy before it stays in force.',
    status: 400,
    retryable: false,
  }),
});
