import { defineErrors, entry } from '@demarc/platform/errors';

export const frameworkErrors = defineErrors({
  FRAMEWORK_FILE_TOO_LARGE: entry<{ what: string; max: number }>({
    says: ({ what, max }) => `The file is too large: ${what}, and ${max} is the most that is read.`,
    fix: 'Split the file, or take out the sheets and columns that are not wanted.',
    status: 413,
    retryable: false,
  }),
  FRAMEWORK_FILE_UNREADABLE: entry<{ because: string }>({
    says: ({ because }) => `The file cannot be read: ${because}.`,
    fix: 'Save it again as CSV in UTF-8, as XLSX without a password, or as OSCAL JSON, and name the right format.',
    status: 422,
    retryable: false,
  }),
  FRAMEWORK_HEADER_MISSING: entry<{ wanted: string; looked: number; found: string }>({
    says: ({ wanted, looked, found }) =>
      `None of the first ${looked} rows names the columns ${wanted}; the first row has: ${found}.`,
    fix: 'Give the columns those names, or say which columns they are (columns, or --column id=NAME).',
    status: 422,
    retryable: false,
  }),
  FRAMEWORK_ROWS_INVALID: entry<{ count: number; first: string }>({
    says: ({ count, first }) => `${count} cells cannot be taken; the first: ${first}`,
    fix: 'Correct them in the file, look at it with a preview until nothing is left, and import it then.',
    status: 422,
    retryable: false,
  }),
  FRAMEWORK_UNKNOWN: entry<{ frameworkId: string }>({
    says: ({ frameworkId }) => `There is no framework ${frameworkId} here.`,
    fix: 'List the frameworks: ./demarc framework list',
    status: 404,
    retryable: false,
  }),
  FRAMEWORK_BUILT_IN: entry<{ frameworkId: string }>({
    says: ({ frameworkId }) => `${frameworkId} comes with the platform and cannot be replaced or removed.`,
    fix: 'Import yours under another id.',
    status: 409,
    retryable: false,
  }),
  FRAMEWORK_TOO_MANY: entry<{ max: number }>({
    says: ({ max }) => `A tenant has at most ${max} frameworks.`,
    fix: 'Remove one that is not used any more: ./demarc framework remove ID',
    status: 409,
    retryable: false,
  }),
});
