import { defineErrors, entry } from '@demarc/platform/errors';

export const assuranceErrors = defineErrors({
  ASSURANCE_CATALOGUE_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The control catalogue cannot be used: ${because}`,
    fix: 'Correct the catalogue; the message names the control and the field.',
    status: 500,
    retryable: false,
  }),
  ASSURANCE_EVIDENCE_REFUSED: entry<{ because: string }>({
    says: ({ because }) => `The evidence is refused: ${because}`,
    fix: 'Evidence is signed by its agent, dated not later than now, about a rule of the catalogue.',
    status: 422,
    retryable: false,
  }),
  ASSURANCE_AS_OF_FORGOTTEN: entry<{ asOf: string; horizon: string }>({
    says: ({ asOf, horizon }) => `What was at ${asOf} cannot be told: evidence is kept since ${horizon}.`,
    fix: 'Look at a later instant, or at a bundle that was exported then; DEMARC_EVIDENCE_DAYS says how long is kept.',
    status: 410,
    retryable: false,
  }),
  ASSURANCE_ATTESTATION_REFUSED: entry<{ rule: string; because: string }>({
    says: ({ rule, because }) => `Nobody can vouch for ${rule}: ${because}.`,
    fix: 'Choose a rule that asks for a record, an attestation or a report: ./demarc matrix --why CONTROL names the rules.',
    status: 400,
    retryable: false,
  }),
  ASSURANCE_SERVICE_UNKNOWN: entry<{ serviceId: string }>({
    says: ({ serviceId }) => `There is no service ${serviceId} that can be bought here.`,
    fix: 'List the services: ./demarc service list',
    status: 404,
    retryable: false,
  }),
  ASSURANCE_TIER_UNKNOWN: entry<{ serviceId: string; tier: string; tiers: string }>({
    says: ({ serviceId, tier, tiers }) => `${serviceId} has no tier ${tier}; it has ${tiers}.`,
    fix: 'Choose one of the tiers named here.',
    status: 400,
    retryable: false,
  }),
  ASSURANCE_ASSET_UNKNOWN: entry<{ assetId: string }>({
    says: ({ assetId }) => `There is no asset ${assetId} that this service can protect.`,
    fix: 'List the assets: ./demarc asset list',
    status: 404,
    retryable: false,
  }),
  ASSURANCE_PREREQUISITES_OPEN: entry<{ prerequisites: string }>({
    says: ({ prerequisites }) => `The customer's prerequisites are not accepted: ${prerequisites}`,
    fix: 'Read them and accept them with the purchase (prerequisitesAccepted, or --accept-prerequisites).',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_ALREADY_BOUGHT: entry<{ serviceId: string; assetId: string }>({
    says: ({ serviceId, assetId }) => `${serviceId} is bought for asset ${assetId} already.`,
    fix: 'Leave that asset out, or cancel the running entitlement first.',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_ENTITLEMENT_UNKNOWN: entry<{ entitlementId: string }>({
    says: ({ entitlementId }) => `There is no running entitlement ${entitlementId}.`,
    fix: 'List the services with their entitlements: ./demarc service list',
    status: 404,
    retryable: false,
  }),
  ASSURANCE_HANDBACK_NOT_DUE: entry<{ assetId: string }>({
    says: ({ assetId }) => `No duties wait to be taken back on asset ${assetId}.`,
    fix: 'A hand-back is due after a service that was operational has ended.',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_CELL_UNKNOWN: entry<{ controlId: string; assetId: string }>({
    says: ({ controlId, assetId }) => `Control ${controlId} does not apply to asset ${assetId}.`,
    fix: 'Look at the matrix for the controls that apply: ./demarc matrix',
    status: 404,
    retryable: false,
  }),
  ASSURANCE_EVIDENCE_UNKNOWN: entry<{ uid: string }>({
    says: ({ uid }) => `There is no evidence ${uid} in this tenant.`,
    fix: 'Take the uid from a cell: ./demarc matrix --why CONTROL --json, or ./demarc audit sample',
    status: 404,
    retryable: false,
  }),
  ASSURANCE_DATE_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The date cannot be taken: ${because}.`,
    fix: 'Give an instant in UTC that lies in the future, such as 2027-01-31T00:00:00.000Z.',
    status: 400,
    retryable: false,
  }),
  ASSURANCE_HANDOVER_OPEN: entry<{ open: string }>({
    says: ({ open }) => `The hand-over is not settled: ${open}.`,
    fix: 'Name who takes each duty, or accept until a date that nobody does; tick what the checklist asks.',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_HANDOVER_UNKNOWN: entry<{ handoverId: string }>({
    says: ({ handoverId }) => `There is no hand-over, or no item in it, that is called ${handoverId}.`,
    fix: 'List the hand-overs: ./demarc handover list',
    status: 404,
    retryable: false,
  }),
  ASSURANCE_SIGNED_TWICE: entry<{ person: string }>({
    says: ({ person }) => `${person} cannot sign for both sides of a hand-over.`,
    fix: 'Somebody of the other party signs for it.',
    status: 409,
    retryable: false,
  }),
  ASSURANCE_PARTY_UNKNOWN: entry<{ partyId: string }>({
    says: ({ partyId }) => `${partyId} is not a party that can take duties here.`,
    fix: 'Use provider, customer, ams, or register the party first: ./demarc party register',
    status: 400,
    retryable: false,
  }),
  ASSURANCE_GROUP_INVALID: entry<{ because: string }>({
    says: ({ because }) => `The group cannot be used: ${because}.`,
    fix: 'A group asks for one label at least; list the groups: ./demarc group list',
    status: 400,
    retryable: false,
  }),
});
