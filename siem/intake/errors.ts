import { defineErrors, entry } from '@demarc/platform/errors';

export const intakeErrors = defineErrors({
  INTAKE_TOKEN_REFUSED: entry<Record<string, never>>({
    says: () => 'The token is not one of a source of this platform.',
    fix: 'Use the token that was shown when the source was added, or make a new one: ./demarc source rotate SOURCE',
    status: 401,
    retryable: false,
  }),
  INTAKE_SOURCE_DISABLED: entry<Record<string, never>>({
    says: () => 'The source is disabled.',
    fix: 'Enable it: ./demarc source enable SOURCE',
    status: 403,
    retryable: false,
  }),
  INTAKE_RATE_EXCEEDED: entry<{ seconds: number }>({
    says: ({ seconds }) => `The source sends more than its rate allows; try again in ${seconds} s.`,
    fix: 'Send more slowly, or raise the rate: ./demarc source limit SOURCE',
    status: 429,
    retryable: true,
  }),
  INTAKE_SPOOL_FULL: entry<{ bytesMax: number }>({
    says: ({ bytesMax }) =>
      `The ${bytesMax} bytes that may wait for the event store are full; nothing of this was taken.`,
    fix: 'Keep it and send it again. Look at ./demarc status: the event store does not keep up, or is away.',
    status: 503,
    retryable: true,
  }),
  INTAKE_DISK_FULL: entry<{ because: string }>({
    says: ({ because }) => `The disk has no room for what was sent: ${because}`,
    fix: 'Keep it and send it again. Free space below the data directory.',
    status: 507,
    retryable: true,
  }),
  INTAKE_BODY_TOO_LARGE: entry<{ bytesMax: number }>({
    says: ({ bytesMax }) => `The body is larger than ${bytesMax} bytes, as it came or unfolded.`,
    fix: 'Send smaller batches.',
    status: 413,
    retryable: false,
  }),
  INTAKE_BODY_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The body cannot be read: ${because}`,
    fix: 'Correct what produces it; nothing of this request was taken.',
    status: 400,
    retryable: false,
  }),
  INTAKE_BODY_SLOW: entry<{ seconds: number }>({
    says: ({ seconds }) => `The body did not arrive within ${seconds} s.`,
    fix: 'Send it again, in smaller pieces over a slow network.',
    status: 408,
    retryable: true,
  }),
  INTAKE_ENCODING_UNKNOWN: entry<{ encoding: string }>({
    says: ({ encoding }) => `The content encoding ${encoding} is not known here.`,
    fix: 'Send gzip, deflate, zstd, or no encoding.',
    status: 415,
    retryable: false,
  }),
  INTAKE_ROUTE_UNKNOWN: entry<{ path: string }>({
    says: ({ path }) => `The intake has no route ${path}.`,
    fix: 'See docs/intake.md for the routes there are.',
    status: 404,
    retryable: false,
  }),
  INTAKE_BUSY: entry<Record<string, never>>({
    says: () => 'As many requests as can be held are being taken already.',
    fix: 'Nothing to do: senders come back by themselves.',
    status: 503,
    retryable: true,
  }),
  INTAKE_SIGNATURE_REFUSED: entry<{ because: string }>({
    says: ({ because }) => `The webhook’s signature is refused: ${because}`,
    fix: 'Sign the body with the secret that was shown when the source was added, and check the sender’s clock.',
    status: 401,
    retryable: false,
  }),
  INTAKE_SOURCE_UNKNOWN: entry<{ sourceId: string }>({
    says: ({ sourceId }) => `There is no source ${sourceId} here.`,
    fix: 'List the sources: ./demarc source list',
    status: 404,
    retryable: false,
  }),
  INTAKE_SOURCE_CLASH: entry<{ because: string }>({
    says: ({ because }) => `What this source sends could not be told from another’s: ${because}`,
    fix: 'Give it a port or a peer address of its own; ./demarc source list shows what is taken.',
    status: 409,
    retryable: false,
  }),
  INTAKE_SOURCES_TOO_MANY: entry<{ sourcesMax: number }>({
    says: ({ sourcesMax }) => `The tenant has ${sourcesMax} sources, which is as many as there may be.`,
    fix: 'Remove one that is not used: ./demarc source list',
    status: 409,
    retryable: false,
  }),
  INTAKE_SOURCE_NOT_DRAINED: entry<{ waiting: number }>({
    says: ({ waiting }) => `${waiting} records of this source are not in the event store yet.`,
    fix: 'Disable it, wait until nothing waits, then remove it; or remove it with what waits: --discard',
    status: 409,
    retryable: true,
  }),
  INTAKE_LISTENER_OFF: entry<{ kind: string; setting: string }>({
    says: ({ kind, setting }) => `This platform does not listen for ${kind} (${setting}).`,
    fix: 'Have the provider set the named setting, then start the platform again.',
    status: 409,
    retryable: false,
  }),
  INTAKE_PORT_REFUSED: entry<{ port: number; because: string }>({
    says: ({ port, because }) => `Port ${port} cannot be this source’s: ${because}`,
    fix: 'Choose a free port of the range in DEMARC_INTAKE_PORTS, or the common port with a peer address.',
    status: 409,
    retryable: false,
  }),
  INTAKE_PATH_REFUSED: entry<{ path: string; because: string }>({
    says: ({ path, because }) => `${path} is not a path that a source may read: ${because}`,
    fix: 'Name a file or directory below DEMARC_INTAKE_FILES, without links that lead out of it.',
    status: 400,
    retryable: false,
  }),
});
