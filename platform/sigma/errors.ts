import { defineErrors, entry } from '../errors/errors.ts';

export const sigmaErrors = defineErrors({
  SIGMA_RULE_REFUSED: entry<{ file: string; because: string }>({
    says: ({ file, because }) => `${file}: ${because}`,
    fix: 'Change the rule; the Sigma specification and CONTRIBUTING.md say what is understood here.',
    status: 422,
    retryable: false,
  }),
});
