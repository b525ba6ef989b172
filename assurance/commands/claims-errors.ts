import { defineErrors, entry } from '@demarc/platform/errors';

export const claimErrors = defineErrors({
  CLAIM_UNKNOWN: entry<{ claimId: string }>({
    says: ({ claimId }) => `There is no claim ${claimId}.`,
    fix: 'List the claims: ./demarc claim list',
    status: 404,
    retryable: false,
  }),
  CLAIM_CONTROL_UNKNOWN: entry<{ selector: string }>({
    says: ({ selector }) => `${selector} selects no control of the catalogue.`,
    fix: 'Name a control such as VMS-09, an area such as area:virtual machines, or * for all of them.',
    status: 400,
    retryable: false,
  }),
  CLAIM_SCOPE_UNKNOWN: entry<{ scope: string }>({
    says: ({ scope }) => `There is no ${scope} that a claim could be about.`,
    fix: 'List what there is: ./demarc asset list, ./demarc group list',
    status: 404,
    retryable: false,
  }),
  CLAIM_FLOOR: entry<{ controls: string }>({
    says: ({ controls }) => `${controls}: the duties of provider layers are the provider's, and stay so.`,
    fix: 'Leave these controls out; what runs on them can be claimed.',
    status: 409,
    retryable: false,
  }),
  CLAIM_CARVE_OUT_BY_SERVICE: entry<{ partyId: string }>({
    says: ({ partyId }) =>
      `${partyId} has these duties from a service; a carve-out names who keeps them instead.`,
    fix: 'Name the party that keeps the duties, or cancel the service for these assets.',
    status: 409,
    retryable: false,
  }),
  CLAIM_NOT_THEIRS: entry<{ partyId: string; doing: string }>({
    says: ({ partyId, doing }) => `It is not for ${partyId} to ${doing}.`,
    fix: 'The claim says which party it names, and the matrix who has the duty now: ./demarc claim list',
    status: 409,
    retryable: false,
  }),
  CLAIM_SETTLED: entry<{ claimId: string; standing: string; doing: string }>({
    says: ({ claimId, standing, doing }) => `Claim ${claimId} is ${standing}; it is too late to ${doing}.`,
    fix: 'Propose another claim where something else is wanted: ./demarc claim propose',
    status: 409,
    retryable: false,
  }),
  CLAIM_VOICE_MISSING: entry<{ partyId: string }>({
    says: ({ partyId }) => `You do not speak for ${partyId} here; an acceptance by anybody else is none.`,
    fix: 'Ask somebody of that party to do it; roles say who speaks for whom.',
    status: 403,
    retryable: false,
  }),
  DECISION_UNKNOWN: entry<{ decisionId: string }>({
    says: ({ decisionId }) => `The catalogue asks no question ${decisionId}.`,
    fix: 'List the questions: ./demarc decision list',
    status: 404,
    retryable: false,
  }),
  SNAPSHOT_UNKNOWN: entry<{ snapshotId: string }>({
    says: ({ snapshotId }) => `There is no snapshot ${snapshotId}.`,
    fix: 'List the snapshots: ./demarc snapshot list',
    status: 404,
    retryable: false,
  }),
  SNAPSHOT_ACKNOWLEDGED: entry<{ snapshotId: string; partyId: string }>({
    says: ({ snapshotId, partyId }) => `${partyId} has acknowledged snapshot ${snapshotId} already.`,
    fix: 'There is nothing more to do for this party.',
    status: 409,
    retryable: false,
  }),
});
