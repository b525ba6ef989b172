import { defineErrors, entry } from '@demarc/platform/errors';

export const shieldErrors = defineErrors({
  HIDS_SHIELD_UNKNOWN: entry<{ id: string }>({
    says: ({ id }) => `There is no shield ${id}.`,
    fix: 'List the shields of the tenant; a shield stays in the list when it is over.',
    status: 404,
    retryable: false,
  }),
  HIDS_SHIELD_REFUSES: entry<{ because: string }>({
    says: ({ because }) => `That cannot be done with this shield: ${because}.`,
    fix: 'Open another one where the vulnerability is still there.',
    status: 409,
    retryable: false,
  }),
  HIDS_SHIELDS_TOO_MANY: entry<{ max: number }>({
    says: ({ max }) => `${max} shields are in force on this machine already.`,
    fix: 'Patch it, and withdraw the shields of what is patched.',
    status: 409,
    retryable: false,
  }),
});
