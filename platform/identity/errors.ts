import { defineErrors, entry } from '../errors/errors.ts';

export const identityErrors = defineErrors({
  IDENTITY_CSR_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The certificate request is not acceptable: ${because}`,
    fix: 'Enrol again with an unchanged agent: demarc-agent enroll',
    status: 400,
    retryable: false,
  }),
  IDENTITY_CERTIFICATE_REFUSED: entry<{ because: string }>({
    says: ({ because }) => `The client certificate is refused: ${because}`,
    fix: 'Enrol this machine again with a new token: ./demarc enroll-token create',
    status: 401,
    retryable: false,
  }),
  IDENTITY_AUTHORITY_DAMAGED: entry<{ directory: string; because: string }>({
    says: ({ directory, because }) => `The certificate authority in ${directory} cannot be used: ${because}`,
    fix: 'Restore the keys from a backup: ./demarc restore. A new authority would lock out every agent.',
    status: 500,
    retryable: false,
  }),
  IDENTITY_SIGN_IN_REFUSED: entry<Record<string, never>>({
    says: () => 'The e-mail address or the password is wrong.',
    fix: 'Try again; after several failures there is a pause that grows.',
    status: 401,
    retryable: true,
  }),
  IDENTITY_SIGNED_OUT: entry<Record<string, never>>({
    says: () => 'There is no valid session.',
    fix: 'Sign in again.',
    status: 401,
    retryable: false,
  }),
  IDENTITY_FORBIDDEN: entry<{ permission: string }>({
    says: ({ permission }) => `This needs the permission ${permission}.`,
    fix: 'Ask an administrator of the tenant or of the provider to do it, or to grant you the role.',
    status: 403,
    retryable: false,
  }),
  IDENTITY_FIRST_LINK_INVALID: entry<Record<string, never>>({
    says: () => 'The link for the first administrator was used, has expired, or was never valid.',
    fix: 'If nobody has an account yet, restart the platform for a new link: ./demarc down, ./demarc up',
    status: 403,
    retryable: false,
  }),
  IDENTITY_PASSWORD_WEAK: entry<{ charactersMin: number }>({
    says: ({ charactersMin }) =>
      `A password has at least ${charactersMin} characters and is not a common one.`,
    fix: 'Take a few words that do not belong together.',
    status: 400,
    retryable: false,
  }),
});
