import { defineErrors, entry } from '@demarc/platform/errors';

export const ruleErrors = defineErrors({
  RULE_FILES_TOO_MANY: entry<{ filesMax: number }>({
    says: ({ filesMax }) => `A tenant can have at most ${filesMax} rule files of its own.`,
    fix: 'Remove files that are no longer needed: ./demarc rule remove FILE',
    status: 422,
    retryable: false,
  }),
  RULE_UNKNOWN: entry<{ ruleId: string }>({
    says: ({ ruleId }) => `There is no rule "${ruleId}" here.`,
    fix: 'List them: ./demarc rule list',
    status: 404,
    retryable: false,
  }),
  RULE_FILE_UNKNOWN: entry<{ file: string }>({
    says: ({ file }) => `The tenant has no rule file "${file}".`,
    fix: 'Only files that the tenant imported can be removed; a shipped rule can be switched off: ./demarc rule disable ID',
    status: 404,
    retryable: false,
  }),
  RULE_OVERLAY_OUTDATED: entry<{ ruleId: string }>({
    says: ({ ruleId }) => `Rule "${ruleId}" was changed by somebody else in the meantime.`,
    fix: 'Look at it again and repeat the change.',
    status: 409,
    retryable: true,
  }),
  RULE_EXCEPTION_INVALID: entry<{ title: string; because: string }>({
    says: ({ title, because }) => `The exception "${title}" is not understood: ${because}`,
    fix: 'Write it as below "detection:" in a Sigma rule: searches by name and a condition.',
    status: 422,
    retryable: false,
  }),
});
