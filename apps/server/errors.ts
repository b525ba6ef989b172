import { defineErrors, entry } from '@demarc/platform/errors';

export const serverErrors = defineErrors({
  SERVER_CANNOT_LISTEN: entry<{ at: string; setting: string; because: string }>({
    says: ({ at, setting, because }) => `The server cannot listen on ${at} (${setting}): ${because}`,
    fix: 'Stop what listens there (ss -ltnp), or give the named setting another address and port.',
    status: 503,
    retryable: true,
  }),
  API_REQUEST_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The request is not valid: ${because}`,
    fix: 'Correct the field named here; /v1/openapi.json says what is expected.',
    status: 400,
    retryable: false,
  }),
  API_NOT_FOUND: entry<{ path: string }>({
    says: ({ path }) => `There is nothing at ${path}.`,
    fix: 'See /v1/openapi.json for the routes there are.',
    status: 404,
    retryable: false,
  }),
  ORDER_NOT_YOURS: entry<{ control: string; party: string }>({
    says: ({ control, party }) =>
      `To respond to ${control} on this machine is the duty of ${party}, for whom you do not speak.`,
    fix: 'Ask them; the responsibility matrix says why it is theirs, and how a duty moves.',
    status: 403,
    retryable: false,
  }),
  ORDER_SERVICE_NOT_THERE: entry<{ service: string }>({
    says: ({ service }) => `${service} is not at work on this machine, so nobody would carry the order out.`,
    fix: 'Buy the service for this machine, or wait until its agent is seen.',
    status: 409,
    retryable: true,
  }),
  ORDER_TOO_MANY: entry<{ max: number }>({
    says: ({ max }) => `${max} orders are in force on this machine already.`,
    fix: 'Take back those that are not needed any more.',
    status: 409,
    retryable: false,
  }),
  API_CSRF_REFUSED: entry<Record<string, never>>({
    says: () => 'The request carries no valid CSRF token.',
    fix: 'Send the csrfToken of GET /v1/me as the header x-demarc-csrf.',
    status: 403,
    retryable: false,
  }),
  API_HOST_REFUSED: entry<{ host: string }>({
    says: ({ host }) => `The host name ${host} is not one this API answers to.`,
    fix: 'Use the address that ./demarc up printed.',
    status: 421,
    retryable: false,
  }),
  API_TOO_MANY_READERS: entry<Record<string, never>>({
    says: () => 'Too many live streams are open.',
    fix: 'Close one, or try again in a minute.',
    status: 503,
    retryable: true,
  }),
  API_TOO_MANY_REQUESTS: entry<{ seconds: number }>({
    says: ({ seconds }) => `Too many requests; try again in ${seconds} s.`,
    fix: 'Wait, then try again more slowly.',
    status: 429,
    retryable: true,
  }),
  API_INTERNAL: entry<{ id: string }>({
    says: ({ id }) => `The server failed at this request (${id}).`,
    fix: 'Its log has the cause under that id.',
    status: 500,
    retryable: true,
  }),
});
