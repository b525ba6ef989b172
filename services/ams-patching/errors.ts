import { defineErrors, entry } from '@demarc/platform/errors';

export const patchingErrors = defineErrors({
  PATCH_WINDOW_UNKNOWN: entry<{ id: string }>({
    says: ({ id }) => `There is no maintenance window ${id}.`,
    fix: 'List the windows of the tenant; one that was removed stays in the list, and cannot be changed any more.',
    status: 404,
    retryable: false,
  }),
  PATCH_FREEZE_UNKNOWN: entry<{ id: string }>({
    says: ({ id }) => `There is no freeze ${id}.`,
    fix: 'List the freezes of the tenant; one that was removed stays in the list, and cannot be removed again.',
    status: 404,
    retryable: false,
  }),
  PATCH_CALENDAR_FULL: entry<{ what: string; max: number }>({
    says: ({ what, max }) => `The tenant has ${max} ${what} already.`,
    fix: 'Remove those that are not needed any more; a recurring window stands for many.',
    status: 409,
    retryable: false,
  }),
  PATCH_CALENDAR_RANGE: entry<{ because: string }>({
    says: ({ because }) => `The calendar cannot show that: ${because}.`,
    fix: 'Ask for at most 100 days, from an instant to a later one.',
    status: 400,
    retryable: false,
  }),
  PATCH_NEEDS_UNKNOWN: entry<Record<string, never>>({
    says: () => 'Nobody on this installation says what has to be patched.',
    fix: 'Plans are made of what vulnerability scanning finds: run the server with that room.',
    status: 409,
    retryable: false,
  }),
  PATCH_PLAN_UNKNOWN: entry<{ id: string }>({
    says: ({ id }) => `There is no plan ${id}.`,
    fix: 'List the plans of the tenant; old drafts make room for new ones.',
    status: 404,
    retryable: false,
  }),
  PATCH_PLAN_REFUSES: entry<{ because: string }>({
    says: ({ because }) => `This plan cannot be published: ${because}.`,
    fix: 'Make a new plan, and publish that one.',
    status: 409,
    retryable: false,
  }),
  PATCH_PLANNER_BUSY: entry<{ waiting: number }>({
    says: ({ waiting }) => `The planner is at work, and ${waiting} others wait for it.`,
    fix: 'Ask again in a minute.',
    status: 503,
    retryable: true,
  }),
  PATCH_PLAN_FAILED: entry<{ because: string }>({
    says: ({ because }) => `No plan was made: ${because}.`,
    fix: 'Try again with fewer seconds, or a shorter horizon; the log of the server says more.',
    status: 503,
    retryable: true,
  }),
  PATCH_JOB_UNKNOWN: entry<{ id: string }>({
    says: ({ id }) => `There is no patch job ${id}.`,
    fix: 'List the jobs of the tenant; none is ever deleted.',
    status: 404,
    retryable: false,
  }),
  PATCH_JOB_NOT_YOURS: entry<{ because: string }>({
    says: ({ because }) => `You cannot decide on this job: ${because}.`,
    fix: 'Have somebody decide who speaks for the party that the responsibility matrix names.',
    status: 403,
    retryable: false,
  }),
  PATCH_JOB_REFUSES: entry<{ because: string }>({
    says: ({ because }) => `That cannot be done with this job now: ${because}.`,
    fix: 'Look at the job again; its history says who did what.',
    status: 409,
    retryable: false,
  }),
  PATCH_CURSOR_INVALID: entry<{ cursor: string }>({
    says: ({ cursor }) => `"${cursor.slice(0, 64)}" is no cursor that a page gave.`,
    fix: 'Ask for the first page again, and hand on its nextCursor as it is.',
    status: 400,
    retryable: false,
  }),
});
