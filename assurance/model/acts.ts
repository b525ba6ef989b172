/**
 * The acts: everything that anybody does about responsibility, dated twice.
 *
 * An act holds from `atMs` (valid time) and is known from `recordedAtMs` (recorded time); intervals are
 * half-open, instants are milliseconds since the epoch in UTC. Acts are only ever added. What stands at any
 * instant, as it was known at any other, is what replaying them gives (`standing.ts`).
 */
import { DUTIES } from '@demarc/platform/contract/api';
import * as z from 'zod';

const Id = z.string().min(1).max(128);
const Text = z.string().min(1).max(4_000);
const Sentence = z.string().min(1).max(1_000);
const Ms = z.int().min(0).max(8_640_000_000_000_000);
const ControlId = z.string().regex(/^[A-Z]{3}-\d{2}$/);
const Level = z.int().min(1).max(5);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Labels = z.record(z.string().min(1).max(64), z.string().max(256));

/** `provider`, `customer`, `ams`, or the id of a registered party. */
export const PartyId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
export const PARTY_ROLES = ['provider', 'customer', 'ams', 'third-party'] as const;
export const PARTY_KINDS = ['organization', 'team', 'person'] as const;

/** What an act is about: the whole tenant, the assets of a group, or one asset. */
export const Scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tenant') }),
  z.strictObject({ kind: z.literal('group'), groupId: Id }),
  z.strictObject({ kind: z.literal('asset'), assetId: Id }),
]);
export type Scope = z.infer<typeof Scope>;

/** `VMS-09`, or `*` for every control, or `area:governance` for those of one area. */
export const ControlSelector = z.string().regex(/^(?:\*|[A-Z]{3}-\d{2}|area:[a-z ]{1,64})$/);
const ControlSelectors = z.array(ControlSelector).min(1).max(200);
const Duties = z.array(z.enum(DUTIES)).min(1).max(4);

/** A high-level or low-level design document, by section, with the digest of what was read. */
export const DesignRef = z.strictObject({
  document: z.string().min(1).max(300),
  section: z.string().max(200).default(''),
  digest: Digest.optional(),
});
export type DesignRef = z.infer<typeof DesignRef>;
const DesignRefs = z.array(DesignRef).max(50);

export const ASSET_TYPES = ['tenant', 'vm', 'network', 'database'] as const;
export const TREATMENTS = ['mitigate', 'transfer', 'avoid', 'accept'] as const;
export const POAM_STATUSES = ['open', 'in-progress', 'done', 'risk-accepted'] as const;

/** The payload of each act, by its name. */
export const Acts = {
  'schedule-accepted': z.strictObject({}),

  'party-registered': z.strictObject({
    partyId: PartyId,
    name: Sentence,
    kind: z.enum(PARTY_KINDS),
    role: z.enum(PARTY_ROLES),
    contact: z.string().max(300).optional(),
  }),
  'party-retired': z.strictObject({ partyId: PartyId }),

  'asset-declared': z.strictObject({
    assetId: Id,
    name: z.string().min(1).max(300),
    type: z.enum(ASSET_TYPES),
    labels: Labels.default({}),
  }),
  'asset-retired': z.strictObject({ assetId: Id, reason: Sentence }),
  'group-defined': z.strictObject({
    groupId: Id,
    name: z.string().min(1).max(300),
    /** The higher one decides where two groups disagree. */
    priority: z.int().min(0).max(1_000).default(0),
    /** An asset belongs to the group when it has all of these labels. */
    labels: Labels,
  }),
  'group-removed': z.strictObject({ groupId: Id }),

  'standard-published': z.strictObject({
    standardId: Id,
    version: z.string().min(1).max(32),
    title: Sentence,
    useCase: Text,
    requirements: z.array(Sentence).max(200).default([]),
    controls: z
      .array(
        z.strictObject({
          controlId: ControlId,
          parameters: z.record(z.string().max(64), z.string().max(1_000)).default({}),
          approvedDigests: z.array(Digest).max(50).default([]),
        }),
      )
      .max(200)
      .default([]),
    hld: DesignRefs.default([]),
    lld: DesignRefs.default([]),
    toMs: Ms.optional(),
  }),
  'standard-assigned': z.strictObject({
    standardId: Id,
    version: z.string().min(1).max(32),
    scope: Scope,
    toMs: Ms.optional(),
  }),

  /** From then on nobody is to be held to this version. */
  'standard-retired': z.strictObject({
    standardId: Id,
    version: z.string().min(1).max(32),
    reason: z.string().max(4_000).default(''),
  }),
  /** The scope has this standard no more: another took its place, or it was assigned by mistake. */
  'standard-withdrawn': z.strictObject({
    standardId: Id,
    scope: Scope,
    reason: z.string().max(4_000).default(''),
  }),

  /** An answer to one of the catalogue's operating-model questions; it proposes a claim for each control it affects. */
  'decision-recorded': z.strictObject({
    decisionId: z.string().regex(/^OM-\d{2}$/),
    scope: Scope,
    answer: Text,
    party: PartyId.optional(),
    duties: Duties.default(['operate']),
    /** Of the claim that it proposes, where that is accepted in the same breath; otherwise it is made up. */
    claimId: Id.optional(),
    /** From when the answer holds, where that is later than it was given. */
    fromMs: Ms.optional(),
    toMs: Ms.optional(),
  }),

  'claim-proposed': z.strictObject({
    claimId: Id,
    controls: ControlSelectors,
    duties: Duties,
    party: PartyId,
    scope: Scope,
    kind: z.enum(['assign', 'carve-out']).default('assign'),
    source: z.enum(['operating-model', 'contract', 'override', 'hand-over']).default('override'),
    reason: z.string().max(4_000).default(''),
    /** The party on whose behalf it is proposed. */
    proposer: PartyId.optional(),
    /** From when it holds, where that is later than it was proposed: it can be accepted before. */
    fromMs: Ms.optional(),
    toMs: Ms.optional(),
  }),
  /** Only the party that a claim names can accept it. */
  'claim-accepted': z.strictObject({ claimId: Id, party: PartyId, person: Sentence }),
  'claim-declined': z.strictObject({ claimId: Id, party: PartyId, person: Sentence, reason: Text }),
  'claim-disputed': z.strictObject({ claimId: Id, party: PartyId, person: Sentence, reason: Text }),
  /** By the party that disputed it: the claim stands as it stood before. */
  'claim-dispute-withdrawn': z.strictObject({
    claimId: Id,
    party: PartyId,
    person: Sentence,
    reason: z.string().max(4_000).default(''),
  }),
  'claim-ended': z.strictObject({ claimId: Id, reason: z.string().max(4_000).default('') }),

  'service-bought': z.strictObject({
    entitlementId: Id,
    serviceId: Id,
    tier: z.string().min(1).max(32),
    assetIds: z.array(Id).max(10_000).default([]),
    /** Instead of, or beside, named assets: every asset that the scope has or will have. */
    scope: Scope.optional(),
    /** Of the assets of the scope only those of this type: what the service is sold for. */
    unit: z.enum(ASSET_TYPES).optional(),
    /** The customer's prerequisites that were ticked; `undefined` in old records, which ticked all. */
    prerequisites: z.array(Sentence).max(50).optional(),
    toMs: Ms.optional(),
  }),
  'prerequisite-confirmed': z.strictObject({ entitlementId: Id, prerequisite: Sentence }),
  'service-operational': z.strictObject({ entitlementId: Id, assetId: Id, evidenceId: Id }),
  'service-notice-given': z.strictObject({ entitlementId: Id, endsAtMs: Ms, reason: Text }),
  'service-notice-withdrawn': z.strictObject({
    entitlementId: Id,
    reason: z.string().max(4_000).default(''),
  }),
  /** The hand-over is settled: it ends on the date of the notice. */
  'service-end-confirmed': z.strictObject({ entitlementId: Id, handoverId: Id, endsAtMs: Ms }),
  /** Ends at the act's own `atMs`, which may be a date to come; unless the hand-over was withdrawn by then. */
  'service-cancelled': z.strictObject({ entitlementId: Id, reason: Text, handoverId: Id.optional() }),
  'handback-accepted': z.strictObject({ entitlementId: Id, assetId: Id }),

  'handover-opened': z.strictObject({
    handoverId: Id,
    entitlementId: Id,
    direction: z.enum(['onboarding', 'offboarding']),
    effectiveAtMs: Ms,
    /** One line for each duty that moves, over all assets of the entitlement. */
    items: z
      .array(
        z.strictObject({
          itemId: Id,
          controlId: ControlId,
          duty: z.enum(DUTIES),
          /** Who has it, on one asset or another. */
          from: z.string().max(128),
          /** Onboarding: the party of the tier, which accepted by offering it. */
          to: z.string().max(128).optional(),
        }),
      )
      .max(400),
    checklist: z
      .array(z.strictObject({ itemId: Id, text: Sentence }))
      .max(100)
      .default([]),
  }),
  /** A taker, or a dated acceptance that nobody has it for a while. */
  'handover-item-settled': z.strictObject({
    handoverId: Id,
    itemId: Id,
    taker: PartyId.optional(),
    /** Who accepts for the taker, in the same breath; without it the taker is only proposed. */
    acceptedBy: Sentence.optional(),
    riskAcceptedUntilMs: Ms.optional(),
    person: Sentence,
  }),
  /** Only the party that was proposed can accept: nobody has what they have not accepted. */
  'handover-item-accepted': z.strictObject({
    handoverId: Id,
    itemId: Id,
    party: PartyId,
    person: Sentence,
  }),
  'handover-item-checked': z.strictObject({ handoverId: Id, itemId: Id, person: Sentence }),
  'handover-signed': z.strictObject({
    handoverId: Id,
    side: z.enum(['releasing', 'receiving']),
    party: PartyId,
    person: Sentence,
  }),

  'not-applicable-approved': z.strictObject({
    approvalId: Id,
    controlId: ControlId,
    scope: Scope,
    reason: Text,
    approver: Sentence,
    /** Until then; without a review it ends. */
    reviewAtMs: Ms,
  }),
  'not-applicable-revoked': z.strictObject({ approvalId: Id, reason: z.string().max(4_000).default('') }),
  'exception-requested': z.strictObject({
    exceptionId: Id,
    controls: ControlSelectors,
    scope: Scope,
    reason: Text,
    compensatingControls: z.array(ControlId).max(50).default([]),
    riskId: Id.optional(),
    requester: Sentence,
    toMs: Ms,
  }),
  'exception-approved': z.strictObject({ exceptionId: Id, approver: Sentence }),
  'exception-revoked': z.strictObject({ exceptionId: Id, reason: z.string().max(4_000).default('') }),

  /** A later one with the same id is a new version of the risk. */
  'risk-recorded': z.strictObject({
    riskId: Id,
    title: Sentence,
    scenario: Text,
    threat: z.string().max(1_000).default(''),
    likelihood: Level,
    impact: Level,
    controls: z
      .array(
        z.strictObject({
          controlId: ControlId,
          reduces: z.enum(['likelihood', 'impact']),
          steps: z.int().min(1).max(4).default(1),
        }),
      )
      .max(100)
      .default([]),
    treatment: z.enum(TREATMENTS).default('mitigate'),
    owner: Sentence,
    reviewAtMs: Ms.optional(),
  }),
  'risk-reviewed': z.strictObject({ riskId: Id, person: Sentence, note: Text, reviewAtMs: Ms.optional() }),
  'risk-closed': z.strictObject({ riskId: Id, reason: Text, person: Sentence.optional() }),
  /** On the scale likelihood × impact, 1 to 25. */
  'appetite-set': z.strictObject({
    score: z.int().min(1).max(25),
    reason: z.string().max(4_000).optional(),
    person: Sentence.optional(),
  }),

  'poam-item-opened': z.strictObject({
    poamId: Id,
    controlId: ControlId,
    assetId: Id,
    finding: Text,
    owner: PartyId,
    dueAtMs: Ms,
    riskId: Id.optional(),
    milestones: z
      .array(z.strictObject({ title: Sentence, dueAtMs: Ms }))
      .max(50)
      .default([]),
  }),
  'poam-item-updated': z.strictObject({
    poamId: Id,
    status: z.enum(POAM_STATUSES),
    note: z.string().max(4_000).default(''),
    person: Sentence.optional(),
  }),

  /** What people write beside a control in the workbook; a later one replaces only the fields it names. */
  'control-annotated': z.strictObject({
    controlId: ControlId,
    scope: Scope,
    applied: z.boolean().optional(),
    rationale: z.string().max(4_000).optional(),
    example: z.string().max(4_000).optional(),
    configuration: z.string().max(4_000).optional(),
    hld: DesignRefs.optional(),
    lld: DesignRefs.optional(),
    reviewAtMs: Ms.optional(),
  }),
  'comment-added': z.strictObject({
    commentId: Id,
    controlId: ControlId,
    assetId: Id.optional(),
    text: Text,
    person: Sentence.optional(),
  }),

  'snapshot-taken': z.strictObject({
    snapshotId: Id,
    asOfMs: Ms,
    knownAtMs: Ms,
    digest: Digest,
    /** For both parties to agree on, as those without a purpose are too, or somebody's own record. */
    purpose: z.enum(['agreement', 'record']).optional(),
    /** Of the duties of all cells at that instant. */
    duties: z
      .strictObject({ total: z.int().min(0), unowned: z.int().min(0), contested: z.int().min(0) })
      .optional(),
  }),
  'snapshot-acknowledged': z.strictObject({ snapshotId: Id, party: PartyId, person: Sentence }),

  /** The controls themselves are in tables of their own; the ledger keeps what was brought, by its digest. */
  'framework-imported': z.strictObject({
    frameworkId: Id,
    title: Sentence,
    version: z.string().max(64),
    format: z.enum(['csv', 'xlsx', 'oscal']),
    digest: Digest,
    controlCount: z.int().min(0),
  }),
  'framework-removed': z.strictObject({ frameworkId: Id }),
  'mapping-imported': z.strictObject({
    sourceFrameworkId: Id,
    targetFrameworkId: Id,
    digest: Digest,
    relationCount: z.int().min(0),
  }),
} as const;

export type ActName = keyof typeof Acts;
export const ACT_NAMES = Object.keys(Acts) as readonly ActName[];

export type ActPayload<Name extends ActName> = z.infer<(typeof Acts)[Name]>;

export type Act = {
  [Name in ActName]: {
    readonly name: Name;
    readonly payload: ActPayload<Name>;
    /** From when it holds. */
    readonly atMs: number;
    readonly recordedAtMs: number;
    /** The account, or the evidence, that did it. */
    readonly actor: string;
    /** `ledger:12` */
    readonly recordId: string;
  };
}[ActName];

/** The same, before the ledger has numbered it. */
export type NewAct = { [Name in ActName]: Omit<Extract<Act, { readonly name: Name }>, 'recordId'> }[ActName];
