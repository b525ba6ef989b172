import { defineErrors, entry } from '@demarc/platform/errors';

export const workbookErrors = defineErrors({
  WORKBOOK_CONTROL_UNKNOWN: entry<{ control: string }>({
    says: ({ control }) => `There is no control ${control} in the catalogue.`,
    fix: 'List the controls: ./demarc workbook',
    status: 404,
    retryable: false,
  }),
  WORKBOOK_SCOPE_UNKNOWN: entry<{ scope: string }>({
    says: ({ scope }) => `There is no ${scope} here.`,
    fix: 'Name the whole tenant, an asset (./demarc asset list) or a group that is defined.',
    status: 404,
    retryable: false,
  }),
  WORKBOOK_NOTHING_TO_WRITE: entry<Record<never, never>>({
    says: () => 'The annotation says nothing: no field is filled in.',
    fix: 'Give at least one of: applied, rationale, example, configuration, design references, review date.',
    status: 400,
    retryable: false,
  }),
  WORKBOOK_TOO_MANY: entry<{ count: number; max: number }>({
    says: ({ count, max }) => `That would be ${count} records at once; ${max} is the most.`,
    fix: 'Take fewer controls or fewer scopes at a time, or one scope that covers them all.',
    status: 400,
    retryable: false,
  }),
  WORKBOOK_PERSON_MISSING: entry<Record<never, never>>({
    says: () => 'Nobody is named who decides this.',
    fix: 'On the command line name the person with --person; in the console it is whoever is signed in.',
    status: 400,
    retryable: false,
  }),
  WORKBOOK_PERSON_FORBIDDEN: entry<{ person: string }>({
    says: ({ person }) => `Only ${person} can decide in the name of ${person}.`,
    fix: 'Leave the name out: it is that of the account that is signed in.',
    status: 403,
    retryable: false,
  }),
  NOT_APPLICABLE_UNKNOWN: entry<{ approvalId: string }>({
    says: ({ approvalId }) => `There is no running not-applicable approval ${approvalId}.`,
    fix: 'List what is approved: ./demarc exception list',
    status: 404,
    retryable: false,
  }),
  EXCEPTION_UNKNOWN: entry<{ exceptionId: string }>({
    says: ({ exceptionId }) => `There is no exception ${exceptionId}.`,
    fix: 'List the exceptions: ./demarc exception list',
    status: 404,
    retryable: false,
  }),
  EXCEPTION_STATE: entry<{ exceptionId: string; state: string; act: string }>({
    says: ({ exceptionId, state, act }) =>
      `Exception ${exceptionId} is ${state}: it cannot be ${act} any more.`,
    fix: 'Request a new exception with an expiry of its own.',
    status: 409,
    retryable: false,
  }),
  EXCEPTION_SAME_PERSON: entry<{ person: string }>({
    says: ({ person }) => `${person} asked for this exception and cannot approve it as well.`,
    fix: 'Somebody else with the right to approve exceptions decides.',
    status: 409,
    retryable: false,
  }),
  EXCEPTION_COMPENSATES_ITSELF: entry<{ control: string }>({
    says: ({ control }) => `${control} cannot make up for itself: the exception is about it.`,
    fix: 'Name other controls that hold meanwhile, or none.',
    status: 400,
    retryable: false,
  }),
  STANDARD_UNKNOWN: entry<{ standard: string }>({
    says: ({ standard }) => `There is no implementation standard ${standard} in force.`,
    fix: 'List the standards: ./demarc standard list',
    status: 404,
    retryable: false,
  }),
  STANDARD_IMMUTABLE: entry<{ standard: string }>({
    says: ({ standard }) => `${standard} is published already, with other content.`,
    fix: 'Publish the change as a new version: assets are held to what was published.',
    status: 409,
    retryable: false,
  }),
  STANDARD_RETIRED: entry<{ standard: string }>({
    says: ({ standard }) => `${standard} is retired.`,
    fix: 'Publish a new version and assign that one.',
    status: 409,
    retryable: false,
  }),
  STANDARD_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The standard cannot be published: ${because}.`,
    fix: 'Correct the file; each control is named once, with its parameters.',
    status: 400,
    retryable: false,
  }),
  STANDARD_NOT_ASSIGNED: entry<{ standardId: string; scope: string }>({
    says: ({ standardId, scope }) => `${standardId} is not assigned to ${scope}.`,
    fix: 'See what is assigned where: ./demarc standard list',
    status: 409,
    retryable: false,
  }),
  RISK_UNKNOWN: entry<{ riskId: string }>({
    says: ({ riskId }) => `There is no open risk ${riskId} in the register.`,
    fix: 'List the risks: ./demarc risk list',
    status: 404,
    retryable: false,
  }),
  RISK_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The risk cannot be recorded: ${because}.`,
    fix: 'Likelihood and impact are 1 to 5; each control is named once for likelihood and once for impact.',
    status: 400,
    retryable: false,
  }),
  POAM_UNKNOWN: entry<{ poamId: string }>({
    says: ({ poamId }) => `There is no plan item ${poamId}.`,
    fix: 'List the plan of action: ./demarc poam list',
    status: 404,
    retryable: false,
  }),
  POAM_DONE: entry<{ poamId: string }>({
    says: ({ poamId }) => `Plan item ${poamId} is done.`,
    fix: 'Open a new item when the finding is back.',
    status: 409,
    retryable: false,
  }),
  POAM_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The plan item cannot be kept: ${because}.`,
    fix: 'Milestones fall due before the item does; whoever accepts the risk says why.',
    status: 400,
    retryable: false,
  }),
});
