import { defineErrors, entry } from '@demarc/platform/errors';

export const siemErrors = defineErrors({
  SIEM_EVENT_INVALID: entry<{ problems: string }>({
    says: ({ problems }) => `The event is not valid OCSF 1.8: ${problems}`,
    fix: 'Correct what produces it; the event is kept in quarantine and counted.',
    status: 422,
    retryable: false,
  }),
  SIEM_UID_INVALID: entry<{ uid: string }>({
    says: ({ uid }) => `"${uid}" cannot be the metadata.uid of an event.`,
    fix: 'Give every event a uid of 1 to 128 characters of A-Z a-z 0-9 _ . : - that follows from what it is about.',
    status: 422,
    retryable: false,
  }),
  SIEM_TIME_ABSURD: entry<{ time: number }>({
    says: ({ time }) => `The event's time ${time} is not milliseconds since 1970.`,
    fix: 'Correct what produces it; the event is kept in quarantine and counted.',
    status: 422,
    retryable: false,
  }),
  SIEM_RECORD_MALFORMED: entry<{ because: string }>({
    says: ({ because }) => `A record line cannot be read: ${because}`,
    fix: 'Send one JSON record a line, in UTF-8; the line is kept in quarantine and counted.',
    status: 422,
    retryable: false,
  }),
  SIEM_BATCH_TOO_LARGE: entry<{ recordsMax: number }>({
    says: ({ recordsMax }) => `The batch has more than ${recordsMax} records.`,
    fix: 'Cut smaller batches; an agent of this version never sends more.',
    status: 413,
    retryable: false,
  }),
  SIEM_BUSY: entry<{ assetId: string }>({
    says: ({ assetId }) => `Batches of asset ${assetId} are being worked on already.`,
    fix: 'Send one batch at a time and wait for its receipt; this one can be sent again.',
    status: 503,
    retryable: true,
  }),
  SIEM_LEDGER_UNAVAILABLE: entry<{ because: string }>({
    says: ({ because }) => `The batch ledger did not answer: ${because}`,
    fix: 'Nothing is lost: the agent keeps the batch and sends it again. Look at ./demarc status.',
    status: 503,
    retryable: true,
  }),
  SIEM_FIELD_UNKNOWN: entry<{ field: string }>({
    says: ({ field }) => `"${field}" is not a path into an event.`,
    fix: 'Use names joined by dots as in OCSF: file.path, actor.process.name, severity_id',
    status: 400,
    retryable: false,
  }),
  SIEM_RANGE_INVALID: entry<{ from: string; to: string }>({
    says: ({ from, to }) => `The time range from ${from} to ${to} is empty or longer than 400 days.`,
    fix: 'Choose a start before the end, and at most 400 days between them.',
    status: 400,
    retryable: false,
  }),
  SIEM_CURSOR_INVALID: entry<Record<string, never>>({
    says: () => 'The cursor is not one that this search handed out.',
    fix: 'Search again from the first page.',
    status: 400,
    retryable: false,
  }),
  SIEM_SEARCH_TOO_HEAVY: entry<{ because: string }>({
    says: ({ because }) => `The search was stopped: ${because}`,
    fix: 'Narrow the time range or add a filter on a class or an asset.',
    status: 422,
    retryable: false,
  }),
  SIEM_EVENTS_DAMAGED: entry<{ because: string }>({
    says: ({ because }) => `Events that the search needs cannot be read from disk: ${because}`,
    fix: 'Look at ./demarc status. Keep the data directory for analysis, and restore the latest backup into an empty one: ./demarc restore --from DIRECTORY',
    status: 503,
    retryable: false,
  }),
  SIEM_STORE_UNAVAILABLE: entry<{ because: string }>({
    says: ({ because }) => `The event store did not take the batch: ${because}`,
    fix: 'Nothing is lost: the agent keeps the batch and sends it again. Look at ./demarc status.',
    status: 503,
    retryable: true,
  }),
});
