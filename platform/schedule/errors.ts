import { defineErrors, entry } from '../errors/errors.ts';

export const scheduleErrors = defineErrors({
  SCHEDULE_INVALID: entry<{ because: string }>({
    says: ({ because }) => `This is no schedule that can be kept: ${because}`,
    fix: 'Give an RRULE of RFC 5545 without DTSTART, a time zone of IANA and a local start: FREQ=MONTHLY;BYDAY=2SU, Europe/Berlin, 2026-11-01T02:00.',
    status: 400,
    retryable: false,
  }),
});
