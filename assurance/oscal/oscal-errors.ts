import { defineErrors, entry } from '@demarc/platform/errors';

export const oscalErrors = defineErrors({
  OSCAL_DOCUMENT_UNKNOWN: entry<{ document: string; version: string }>({
    says: ({ document, version }) => `OSCAL ${version} has no ${document}.`,
    fix: 'Mapping collections came with OSCAL 1.2: ask for 1.2.2, or read the links of the catalog.',
    status: 404,
    retryable: false,
  }),
  OSCAL_FILE_UNREADABLE: entry<{ file: string; because: string }>({
    says: ({ file, because }) => `${file} cannot be checked: ${because}.`,
    fix: 'Name OSCAL documents in JSON, of a version whose schema is here.',
    status: 400,
    retryable: false,
  }),
  OSCAL_FILE_TOO_LARGE: entry<{ file: string; max: number }>({
    says: ({ file, max }) => `${file} has more than ${max} bytes.`,
    fix: 'Check the documents of one tenant at a time.',
    status: 413,
    retryable: false,
  }),
  OSCAL_IMPORT_TOO_LARGE: entry<{ count: number; max: number }>({
    says: ({ count, max }) => `The documents hold ${count} records that are not here, of at most ${max}.`,
    fix: 'Import the documents of one tenant, or split them.',
    status: 413,
    retryable: false,
  }),
  OSCAL_INVALID: entry<{ count: number; files: number }>({
    says: ({ count, files }) => `${count} problems in ${files} documents.`,
    fix: 'Each line above names file, place and what is wanted there; mend the first of a file first.',
    status: 422,
    retryable: false,
  }),
});
