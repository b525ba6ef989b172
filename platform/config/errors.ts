import { defineErrors, entry } from '../errors/errors.ts';

export const configErrors = defineErrors({
  CONFIG_SECRETS_DAMAGED: entry<{ file: string }>({
    says: ({ file }) => `${file}, which holds the passwords of the stores, cannot be read.`,
    fix: 'Put the keys directory of the latest backup in its place. Do not delete it: the stores would lock us out.',
    status: 503,
    retryable: false,
  }),
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
