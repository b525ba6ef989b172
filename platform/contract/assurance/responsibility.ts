/**
 * Who is responsible, as the API says it: parties, groups, claims, decisions, snapshots, and the views over the
 * matrix. Instants are ISO 8601 in UTC with milliseconds; every list has a bound.
 */
import * as z from 'zod';
import { ControlStatus, Duty, Instant, TenantIdParam } from '../api.ts';

const Id = z.string().min(1).max(128);
const Name = z.string().min(1).max(300);
const Reason = z.string().max(4_000);
const Labels = z.record(z.string().min(1).max(64), z.string().max(256));
export const PartyParam = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
export const ControlIdParam = z.string().regex(/^[A-Z]{3}-\d{2}$/);

export const ScopeShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tenant') }),
  z.strictObject({ kind: z.literal('group'), groupId: Id }),
  z.strictObject({ kind: z.literal('asset'), assetId: Id }),
]);
export type ScopeShape = z.infer<typeof ScopeShape>;

export const RegisterParty = z.strictObject({
  partyId: PartyParam,
  name: Name,
  kind: z.enum(['organization', 'team', 'person']).default('organization'),
  role: z.enum(['provider', 'customer', 'ams', 'third-party']).default('third-party'),
  contact: z.string().max(300).optional(),
});
export const Party = z.strictObject({
  partyId: PartyParam,
  name: z.string(),
  kind: z.string(),
  role: z.string(),
  contact: z.string(),
  /** Provider, customer and AMS team are there in every tenant. */
  builtIn: z.boolean(),
  since: Instant.nullable(),
  /** Whether whoever asks speaks for it. */
  yours: z.boolean(),
});
export type Party = z.infer<typeof Party>;

export const DefineGroup = z.strictObject({
  groupId: Id,
  name: Name,
  priority: z.int().min(0).max(1_000).default(0),
  labels: Labels,
});
export const Group = z.strictObject({
  groupId: z.string(),
  name: z.string(),
  priority: z.int(),
  labels: Labels,
  assetCount: z.int().min(0),
  since: Instant,
});
export type Group = z.infer<typeof Group>;

export const DeclareAsset = z.strictObject({
  assetId: Id,
  name: Name,
  type: z.enum(['vm', 'network', 'database']),
  labels: Labels.default({}),
});
export const LabelAsset = z.strictObject({ labels: Labels });
export const InventoryAsset = z.strictObject({
  assetId: z.string(),
  name: z.string(),
  type: z.enum(['tenant', 'vm', 'network', 'database']),
  labels: Labels,
  groups: z.array(z.string()).max(200),
});
export type InventoryAsset = z.infer<typeof InventoryAsset>;

export const ProposeClaim = z.strictObject({
  controls: z
    .array(z.string().regex(/^(?:\*|[A-Z]{3}-\d{2}|area:[a-z ]{1,64})$/))
    .min(1)
    .max(200),
  duties: z.array(Duty).min(1).max(4),
  party: PartyParam,
  scope: ScopeShape.default({ kind: 'tenant' }),
  kind: z.enum(['assign', 'carve-out']).default('assign'),
  source: z.enum(['contract', 'override']).default('override'),
  reason: Reason.default(''),
  /** On whose behalf; without it, a party that the caller speaks for, the customer first. */
  proposer: PartyParam.optional(),
  from: Instant.optional(),
  to: Instant.optional(),
});
/** What a party says to a claim; without `party`, the one that the claim names. */
export const SayToClaim = z.strictObject({
  party: PartyParam.optional(),
  reason: Reason.default(''),
  /** Of an end only: when. */
  at: Instant.optional(),
});
export const SAYINGS = ['accept', 'decline', 'dispute', 'withdraw', 'end'] as const;
export const Saying = z.enum(SAYINGS);

export const Claim = z.strictObject({
  claimId: z.string(),
  controls: z.array(z.string()).max(200),
  duties: z.array(Duty).max(4),
  party: z.string(),
  scope: ScopeShape,
  /** In words: `everything`, `web servers`, `db-1`. */
  about: z.string(),
  kind: z.enum(['assign', 'carve-out']),
  source: z.string(),
  reason: z.string(),
  proposer: z.string().nullable(),
  state: z.enum(['proposed', 'accepted', 'declined', 'disputed', 'ended']),
  since: Instant,
  from: Instant,
  to: Instant.nullable(),
  recordId: z.string(),
  history: z
    .array(
      z.strictObject({
        standing: z.string(),
        at: Instant,
        by: z.string(),
        party: z.string().nullable(),
        reason: z.string(),
        recordId: z.string(),
      }),
    )
    .max(1_000),
  /** What whoever asks may say to it now, and for which party. */
  says: z.array(z.strictObject({ saying: Saying, party: z.string() })).max(32),
});
export type Claim = z.infer<typeof Claim>;
export const Claimed = z.strictObject({ claimId: z.string(), accepted: z.boolean() });

export const RecordDecision = z.strictObject({
  answer: z.string().min(1).max(4_000),
  scope: ScopeShape.default({ kind: 'tenant' }),
  party: PartyParam.optional(),
  duties: z.array(Duty).min(1).max(4).default(['operate']),
  from: Instant.optional(),
  to: Instant.optional(),
});
export const Decided = z.strictObject({ claimId: z.string().nullable(), accepted: z.boolean() });
/** One of the nine questions of the operating model, with the answers that hold. */
export const Question = z.strictObject({
  decisionId: z.string(),
  question: z.string(),
  typicalAnswers: z.array(z.string()).max(20),
  suggested: z.string(),
  /** What an answer is usually about: `per application (asset group)`. */
  usualScope: z.string(),
  controls: z.array(z.strictObject({ controlId: z.string(), title: z.string() })).max(100),
  answers: z
    .array(
      z.strictObject({
        answer: z.string(),
        scope: ScopeShape,
        about: z.string(),
        party: z.string().nullable(),
        duties: z.array(Duty).max(4),
        from: Instant,
        to: Instant.nullable(),
        by: z.string(),
        recordId: z.string(),
        claimId: z.string().nullable(),
        /** Of the claim that it proposes; `none` where it names nobody. */
        standing: z.enum(['none', 'proposed', 'accepted', 'declined', 'disputed', 'ended']),
      }),
    )
    .max(1_000),
});
export type Question = z.infer<typeof Question>;

export const STACK_BY = ['all', 'group', 'type', 'asset'] as const;
const Share = z.strictObject({
  /** Null: nobody's, or contested. */
  party: z.string().nullable(),
  state: z.enum(['owned', 'contested', 'unowned']),
  count: z.int().min(1),
  /** In plain words, the commonest first. */
  because: z.array(z.strictObject({ text: z.string(), count: z.int().min(1) })).max(8),
});
export const StackCell = z.strictObject({
  columnId: z.string(),
  /** Duties of all controls of the layer on the assets of the column. */
  dutyCount: z.int().min(0),
  shares: z.array(Share).max(64),
  /** Of the controls: those that hold, and those that apply. */
  holds: z.int().min(0),
  applicable: z.int().min(0),
});
export const Stack = z.strictObject({
  asOf: Instant,
  knownAt: Instant,
  by: z.enum(STACK_BY),
  columns: z.array(z.strictObject({ columnId: z.string(), name: z.string(), assetCount: z.int() })).max(200),
  /** Columns beyond the bound. */
  leftOut: z.int().min(0),
  /** From the top of the stack down; governance, which has no rank, first. */
  layers: z
    .array(
      z.strictObject({
        layerId: z.string(),
        title: z.string(),
        note: z.string(),
        rank: z.int().nullable(),
        cells: z.array(StackCell).max(200),
      }),
    )
    .max(64),
  /** Every party that has something, in the order in which they are drawn. */
  parties: z.array(z.strictObject({ party: z.string(), name: z.string(), count: z.int() })).max(200),
  dutyCount: z.int().min(0),
  unownedCount: z.int().min(0),
  contestedCount: z.int().min(0),
});
export type Stack = z.infer<typeof Stack>;

export const TIMELINE_POINTS_MAX = 200;
export const Timeline = z.strictObject({
  from: Instant,
  to: Instant,
  /** The instant of the first cell that was ever kept; null while there is none. */
  firstAt: Instant.nullable(),
  /** Party, `unowned` or `contested`, in the order in which they are drawn. */
  owners: z.array(z.string()).max(64),
  points: z
    .array(
      z.strictObject({
        at: Instant,
        /** Duties, in the order of `owners`. */
        duties: z.array(z.int().min(0)).max(64),
        statuses: z.record(ControlStatus, z.int().min(0)),
      }),
    )
    .max(TIMELINE_POINTS_MAX),
});
export type Timeline = z.infer<typeof Timeline>;

const Levels = z.strictObject({ likelihood: z.int(), impact: z.int(), score: z.int() });
export const MineRow = z.strictObject({
  controlId: z.string(),
  title: z.string(),
  layer: z.string(),
  assetId: z.string(),
  assetName: z.string(),
  duties: z.array(Duty).min(1).max(4),
  status: ControlStatus,
  worth: z.int(),
  /** Risks that the control mitigates, the greatest first. */
  risks: z
    .array(z.strictObject({ riskId: z.string(), title: z.string(), inherent: Levels, residual: Levels }))
    .max(20),
  /** The greatest of them; 0 where it mitigates none. */
  residualScore: z.int().min(0),
  inherentScore: z.int().min(0),
  because: z.string(),
  /** Whose turn it is, and what they do; null where nothing is to be done. */
  next: z.strictObject({ party: z.string(), step: z.string() }).nullable(),
});
export type MineRow = z.infer<typeof MineRow>;
export const Mine = z.strictObject({
  asOf: Instant,
  knownAt: Instant,
  party: z.string(),
  /** Parties that hold anything, with how many duties. */
  holders: z.array(z.strictObject({ party: z.string(), dutyCount: z.int() })).max(200),
  rows: z.array(MineRow).max(5_000),
  leftOut: z.int().min(0),
  dutyCount: z.int().min(0),
  /** Duties that nobody has accepted: not this party's, and not taken care of either. */
  unownedCount: z.int().min(0),
  /** Rows in which it is this party's turn. */
  todoCount: z.int().min(0),
});
export type Mine = z.infer<typeof Mine>;

export const GAP_KINDS = [
  'failing',
  'unowned',
  'contested',
  'stale',
  'unknown',
  'pending',
  'acceptance',
  'exception',
] as const;
export const GapKind = z.enum(GAP_KINDS);
export type GapKind = z.infer<typeof GapKind>;
export const Gap = z.strictObject({
  key: z.string(),
  kind: GapKind,
  title: z.string(),
  /** The one party whose turn it is. */
  party: z.string(),
  because: z.string(),
  step: z.string(),
  since: Instant.nullable(),
  /** Of what runs out: when. */
  until: Instant.nullable(),
  controls: z.array(z.string()).max(200),
  /** The first of them. */
  assets: z.array(z.strictObject({ assetId: z.string(), name: z.string() })).max(100),
  assetCount: z.int().min(0),
  /** Cells that are not what they could be because of it. */
  affectedCount: z.int().min(0),
  /** A cell to open for the whole story. */
  open: z.strictObject({ controlId: z.string(), assetId: z.string() }).nullable(),
});
export type Gap = z.infer<typeof Gap>;
export const Gaps = z.strictObject({
  asOf: Instant,
  knownAt: Instant,
  pendingDays: z.int(),
  soonDays: z.int(),
  rows: z.array(Gap).max(5_000),
  leftOut: z.int().min(0),
  counts: z.record(GapKind, z.int()),
  scheduleAccepted: z.boolean(),
  /** Cells of which nothing was ever received; never folded away. */
  neverAssessedCount: z.int().min(0),
});
export type Gaps = z.infer<typeof Gaps>;

const Problem = z.strictObject({
  controlId: z.string(),
  title: z.string(),
  status: ControlStatus,
  party: z.string(),
  rule: z.string().nullable(),
  because: z.string(),
  since: Instant.nullable(),
  tenants: z
    .array(z.strictObject({ tenantId: TenantIdParam, name: z.string(), assetCount: z.int().min(0) }))
    .max(1_000),
  assets: z
    .array(z.strictObject({ tenantId: TenantIdParam, assetId: z.string(), name: z.string() }))
    .max(100),
  assetCount: z.int().min(0),
  affectedCount: z.int().min(0),
});
export const Obligations = z.strictObject({
  asOf: Instant,
  tenants: z
    .array(
      z.strictObject({
        tenantId: TenantIdParam,
        name: z.string(),
        assetCount: z.int().min(0),
        /** Duties that the provider has there. */
        dutyCount: z.int().min(0),
        breachCount: z.int().min(0),
        customerCount: z.int().min(0),
        neverAssessedCount: z.int().min(0),
      }),
    )
    .max(1_000),
  tenantsLeftOut: z.int().min(0),
  /** The provider's own, one row for each cause over all tenants. */
  breaches: z.array(Problem).max(1_000),
  /** What others have to see to; not ours, and not hidden. */
  theirs: z.array(Problem).max(1_000),
  onboarding: z
    .array(
      z.strictObject({
        tenantId: TenantIdParam,
        tenantName: z.string(),
        entitlementId: z.string(),
        service: z.string(),
        tier: z.string(),
        boughtAt: Instant,
        waitingDays: z.int().min(0),
        waitingCount: z.int().min(1),
        assetCount: z.int().min(1),
        assets: z.array(z.string()).max(50),
        missing: z.array(z.string()).max(100),
        party: z.string(),
      }),
    )
    .max(1_000),
  offboarding: z
    .array(
      z.strictObject({
        tenantId: TenantIdParam,
        tenantName: z.string(),
        entitlementId: z.string(),
        service: z.string(),
        tier: z.string(),
        endsAt: Instant,
        /** Negative when it has ended and something is still open. */
        remainingDays: z.int(),
        open: z.array(z.string()).max(200),
        party: z.string(),
      }),
    )
    .max(1_000),
  leftOut: z.int().min(0),
});
export type Obligations = z.infer<typeof Obligations>;

export const TakeSnapshot = z.strictObject({
  asOf: Instant.optional(),
  knownAt: Instant.optional(),
  /** `agreement` is for both parties to acknowledge; `record` is somebody's own, which it is for who speaks for neither. */
  purpose: z.enum(['agreement', 'record']).optional(),
});
/** Without a party, the first that the caller speaks for. */
export const AcknowledgeSnapshot = z.strictObject({ party: PartyParam.optional() });
export const Snapshot = z.strictObject({
  snapshotId: z.string(),
  asOf: Instant,
  knownAt: Instant,
  takenAt: Instant,
  digest: z.string(),
  purpose: z.enum(['agreement', 'record']),
  duties: z.strictObject({ total: z.int(), unowned: z.int(), contested: z.int() }).nullable(),
  acknowledgements: z.array(z.strictObject({ party: z.string(), person: z.string(), at: Instant })).max(200),
  recordId: z.string(),
});
export type Snapshot = z.infer<typeof Snapshot>;
