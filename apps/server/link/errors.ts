import { defineErrors, entry } from '@demarc/platform/errors';

export const linkErrors = defineErrors({
  LINK_ROUTE_UNKNOWN: entry<{ path: string }>({
    says: ({ path }) => `The link has no route ${path}.`,
    fix: 'Use an agent of the same major version as the server; the console and the API are on another port.',
    status: 404,
    retryable: false,
  }),
  LINK_TOKEN_REFUSED: entry<Record<string, never>>({
    says: () => 'The enrolment token was used, has expired, or was never valid.',
    fix: 'Make a new one: ./demarc enroll-token create',
    status: 403,
    retryable: false,
  }),
  LINK_TOO_MANY_ATTEMPTS: entry<Record<string, never>>({
    says: () => 'Too many enrolments were tried from this address.',
    fix: 'Wait a minute, then try again with a valid token.',
    status: 429,
    retryable: true,
  }),
  LINK_BODY_TOO_LARGE: entry<{ bytesMax: number }>({
    says: ({ bytesMax }) => `The body is larger than ${bytesMax} bytes.`,
    fix: 'Send smaller batches; an unchanged agent does.',
    status: 413,
    retryable: false,
  }),
  LINK_BODY_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The body is not an exchange: ${because}`,
    fix: 'Use an agent of the same major version as the server.',
    status: 400,
    retryable: false,
  }),
  LINK_BODY_SLOW: entry<{ seconds: number }>({
    says: ({ seconds }) => `The body did not arrive within ${seconds} seconds.`,
    fix: 'Nothing to do: the agent sends it again. If it goes on, look at the network between the two.',
    status: 408,
    retryable: true,
  }),
  LINK_BUSY: entry<Record<string, never>>({
    says: () => 'The server has as many deliveries at once as it can hold.',
    fix: 'Nothing to do: agents come back by themselves. If it goes on, give the server more processors.',
    status: 503,
    retryable: true,
  }),
  LINK_ASSET_UNKNOWN: entry<{ assetId: string }>({
    says: ({ assetId }) => `There is no asset ${assetId} here.`,
    fix: 'List the assets: ./demarc asset list',
    status: 404,
    retryable: false,
  }),
  LINK_CERTIFICATE_REFUSED: entry<{ because: string }>({
    says: ({ because }) => `The client certificate is refused: ${because}.`,
    fix: 'Enrol this machine again with a new token: ./demarc enroll-token create',
    status: 401,
    retryable: false,
  }),
  LINK_PACKAGE_UNAVAILABLE: entry<{ because: string }>({
    says: ({ because }) => `The agent package cannot be offered: ${because}`,
    fix: 'Look at the server log; dpkg-deb (Debian package dpkg) is needed to build it.',
    status: 503,
    retryable: true,
  }),
});
