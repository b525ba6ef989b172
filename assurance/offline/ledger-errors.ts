import { defineErrors, entry } from '@demarc/platform/errors';

export const ledgerErrors = defineErrors({
  LEDGER_LINE_INVALID: entry<{ line: number; field: string; because: string }>({
    says: ({ line, field, because }) =>
      `Line ${line} of the ledger cannot be read${field === '' ? '' : `, field ${field}`}: ${because}`,
    fix: 'Correct the line; docs/ledger-format.md says what each kind of line has.',
    status: 400,
    retryable: false,
  }),
  LEDGER_ACT_UNKNOWN: entry<{ line: number; act: string }>({
    says: ({ line, act }) => `Line ${line} of the ledger is the act "${act}", which nobody can do here.`,
    fix: 'Use an act of docs/ledger-format.md; one of a newer version needs a newer Demarc.',
    status: 400,
    retryable: false,
  }),
  LEDGER_CHAIN_BROKEN: entry<{ line: number; because: string }>({
    says: ({ line, because }) => `The ledger was changed: on line ${line} ${because}.`,
    fix: 'Ask for the ledger again from where it came from, and compare; nothing of this file can be relied on.',
    status: 422,
    retryable: false,
  }),
  LEDGER_TOO_LARGE: entry<{ what: string; max: number }>({
    says: ({ what, max }) => `The ledger has more than ${max} ${what}.`,
    fix: 'Split it by tenant, or leave out evidence that is older than what you ask for.',
    status: 413,
    retryable: false,
  }),
  LEDGER_UNREADABLE: entry<{ file: string; because: string }>({
    says: ({ file, because }) => `The ledger ${file} cannot be read: ${because}`,
    fix: 'Name a file of newline JSON, or - for standard input.',
    status: 404,
    retryable: false,
  }),
});
