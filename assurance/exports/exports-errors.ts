import { defineErrors, entry } from '@demarc/platform/errors';

export const exportErrors = defineErrors({
  EXPORT_TOO_LARGE: entry<{ what: string; count: number; countMax: number }>({
    says: ({ what, count, countMax }) => `The export would hold ${count} ${what}; it can hold ${countMax}.`,
    fix: 'Take the evidence bundle, which holds more, or split the estate over several tenants.',
    status: 413,
    retryable: false,
  }),
  EXPORT_BUNDLE_UNREADABLE: entry<{ because: string }>({
    says: ({ because }) => `This is not an evidence bundle that can be read: ${because}.`,
    fix: 'Name the file as it was made by ./demarc export bundle, whole and not packed anew.',
    status: 422,
    retryable: false,
  }),
});
