import { defineErrors, entry } from '@demarc/platform/errors';

export const planErrors = defineErrors({
  PLAN_INPUT_INVALID: entry<{ because: string }>({
    says: ({ because }) => `A plan cannot be made of this: ${because}`,
    fix: 'Correct the document; services/ams-patching/plan/INPUT.md says what each field means, examples/patch-plan.json is one.',
    status: 400,
    retryable: false,
  }),
});
