import { defineErrors, entry } from '../errors/errors.ts';

export const configErrors = defineErrors({
  CONFIG_UNKNOWN_SETTING: entry<{ name: string }>({
    says: ({ name }) => `${name} is not a setting of Demarc.`,
    fix: 'Check the spelling; ./demarc --print-config lists every setting with its value and origin.',
    status: 500,
    retryable: false,
  }),
  CONFIG_INVALID_SETTING: entry<{ name: string; because: string }>({
    says: ({ name, because }) => `${name}: ${because}`,
    fix: 'Correct the environment variable named here; ./demarc --print-config shows what is expected.',
    status: 500,
    retryable: false,
  }),
});
