import { defineErrors, entry } from '@demarc/platform/errors';

export const handoverErrors = defineErrors({
  ASSURANCE_PARTY_NOT_YOURS: entry<{ party: string; act: string }>({
    says: ({ party, act }) => `Only ${party} can ${act}; you do not speak for that party.`,
    fix: 'Ask somebody who speaks for it; what you settle for another party is a proposal until then.',
    status: 403,
    retryable: false,
  }),
  ASSURANCE_HANDOVER_CLOSED: entry<{ because: string }>({
    says: ({ because }) => `The hand-over is closed: ${because}.`,
    fix: 'Who has a duty from now on is changed with a claim, not with the record of the hand-over.',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_NOTHING_PROPOSED: entry<{ handoverId: string }>({
    says: ({ handoverId }) => `Nothing in the hand-over ${handoverId} waits for your acceptance.`,
    fix: 'See who is proposed for what: ./demarc handover show',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_NOTICE_GIVEN: entry<{ endsAt: string }>({
    says: ({ endsAt }) => `Notice was given already; the service ends at ${endsAt}.`,
    fix: 'To change the date, withdraw the notice and give another: ./demarc service withdraw-notice',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_NOTICE_NOT_GIVEN: entry<{ entitlementId: string }>({
    says: ({ entitlementId }) => `No notice was given for the entitlement ${entitlementId}.`,
    fix: 'List the services and their notices: ./demarc service list',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_END_CONFIRMED: entry<{ endsAt: string }>({
    says: ({ endsAt }) => `The end of the service at ${endsAt} is confirmed already.`,
    fix: 'Nothing is left to do; to go on with the service, withdraw the notice before that date.',
    status: 409,
    retryable: false,
  }),
});
