import { defineErrors, entry } from '@demarc/platform/errors';

export const exportErrors = defineErrors({
  EXPORT_TOO_LARGE: entry<{ what: string; count: number; countMax: number }>({
    says: ({ what, count, countMax }) => `The export would hold ${count} ${what}; it can hold ${countMax}.`,
    fix: 'Take the evidence bundle, which holds more, or split the estate over several tenants.',
    status: 413,
    retryable: false,
  }),
  EXPORT_BUSY: entry<{ waitingMax: number }>({
    says: ({ waitingMax }) => `${waitingMax} exports are waiting to be made already.`,
    fix: 'Try again in a minute.',
    status: 503,
    retryable: true,
  }),
  EXPORT_FAILED: entry<{ because: string }>({
    says: ({ because }) => `The export was not made: ${because}.`,
    fix: 'Try again; if it fails again, the log of the server says more.',
    status: 503,
    retryable: true,
  }),
  EXPORT_BUNDLE_UNREADABLE: entry<{ because: string }>({
    says: ({ because }) => `This is not an evidence bundle that can be read: ${because}.`,
    fix: 'Name the file as it was made by ./demarc export bundle, whole and not packed anew.',
    status: 422,
    retryable: false,
  }),
});
