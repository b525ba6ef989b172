/**
 * The workbook, the risk register, exceptions and implementation standards, as the API speaks of them.
 *
 * Everything that is read carries `asOf` and `knownAt`; everything that is written is one act, or a bounded
 * number of them.
 */
import * as z from 'zod';
import { ControlStatus, Duty, Instant, TenantIdParam } from '../api.ts';

const Id = z.string().min(1).max(128);
const ControlId = z.string().regex(/^[A-Z]{3}-\d{2}$/);
/** `VMS-09`, `*`, or `area:governance`. */
const ControlSelector = z.string().regex(/^(?:\*|[A-Z]{3}-\d{2}|area:[a-z ]{1,64})$/);
const Reason = z.string().trim().min(1).max(4_000);
const Note = z.string().max(4_000);
const Title = z.string().trim().min(1).max(1_000);
const Level = z.int().min(1).max(5);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
/** For whom the local command line acts; a person who is signed in acts for themselves. */
const OnBehalfOf = z.string().trim().min(1).max(200).optional();
const Party = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const StandardId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const Version = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/);
export const RiskIdParam = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

export const RecordScope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tenant') }),
  z.strictObject({ kind: z.literal('group'), groupId: Id }),
  z.strictObject({ kind: z.literal('asset'), assetId: Id }),
]);
export type RecordScope = z.infer<typeof RecordScope>;

const Scopes = z.array(RecordScope).min(1).max(200);
const Controls = z.array(ControlId).min(1).max(200);

export const DesignReference = z.strictObject({
  document: z.string().min(1).max(300),
  section: z.string().max(200).default(''),
  digest: Digest.optional(),
});
export type DesignReference = z.infer<typeof DesignReference>;
const DesignReferences = z.array(DesignReference).max(50);

const Dated = { asOf: Instant, knownAt: Instant, tenantId: TenantIdParam };
const ScopeShown = { scope: RecordScope, scopeName: z.string() };
const Counts = z.record(ControlStatus, z.int());

/** sum(worth × credit) / sum(worth), and never without how much of it was looked at. */
export const Score = z.strictObject({
  /** Over the applicable cells; a cell is a control on an asset. */
  worth: z.number(),
  earned: z.number(),
  /** 0 to 1; null where nothing is applicable. */
  score: z.number().nullable(),
  counts: Counts,
  applicable: z.int(),
  assessed: z.int(),
  coverage: z.number().nullable(),
});
export type Score = z.infer<typeof Score>;

export const WorkbookStandard = z.strictObject({
  standardId: z.string(),
  version: z.string(),
  title: z.string(),
  parameters: z.record(z.string(), z.string()),
  approvedDigests: z.array(z.string()).max(50),
  /** Assets of this control's population that carry it. */
  assetCount: z.int(),
});
export type WorkbookStandard = z.infer<typeof WorkbookStandard>;

export const WorkbookRow = z.strictObject({
  controlId: z.string(),
  title: z.string(),
  /** The workbook's "Detail": what the control is to achieve. */
  objective: z.string(),
  area: z.string(),
  capability: z.string(),
  layer: z.string(),
  worth: z.int(),
  /** As somebody wrote it; null where nobody did. */
  applied: z.boolean().nullable(),
  /** Written down as applied, while the evidence does not say so. */
  contradicted: z.boolean(),
  /** The worst over the assets. */
  status: ControlStatus,
  score: Score,
  rationale: z.string(),
  example: z.string(),
  configuration: z.string(),
  hld: DesignReferences,
  lld: DesignReferences,
  reviewAt: Instant.nullable(),
  reviewOverdue: z.boolean(),
  /** Annotations for narrower scopes than the one shown. */
  annotatedElsewhere: z.int(),
  owners: z
    .array(
      z.strictObject({
        duty: Duty,
        /** Most assets first; party null: nobody's or disputed. */
        shares: z
          .array(z.strictObject({ party: z.string().nullable(), state: z.string(), count: z.int() }))
          .max(50),
      }),
    )
    .length(4),
  /** Of the last results over all assets: the oldest and the newest observation. */
  evidenceOldestAt: Instant.nullable(),
  evidenceNewestAt: Instant.nullable(),
  standards: z.array(WorkbookStandard).max(200),
  /** Cells under a running exception. */
  exceptedCount: z.int(),
  openPoamCount: z.int(),
  commentCount: z.int(),
  lastComment: z.string().nullable(),
});
export type WorkbookRow = z.infer<typeof WorkbookRow>;

export const Workbook = z.strictObject({
  ...Dated,
  digest: z.string(),
  assetCount: z.int(),
  total: Score,
  areas: z.array(z.strictObject({ area: z.string(), score: Score })).max(100),
  rows: z.array(WorkbookRow).max(1_000),
});
export type Workbook = z.infer<typeof Workbook>;

export const EXCEPTION_PHASES = [
  'requested',
  'running',
  'running-out',
  'expired',
  'lapsed',
  'revoked',
] as const;
export const ExceptionPhase = z.enum(EXCEPTION_PHASES);
export type ExceptionPhase = z.infer<typeof ExceptionPhase>;

export const ExceptionRow = z.strictObject({
  exceptionId: z.string(),
  phase: ExceptionPhase,
  controls: z.array(z.string()).max(200),
  ...ScopeShown,
  reason: z.string(),
  compensating: z
    .array(z.strictObject({ controlId: z.string(), title: z.string(), status: ControlStatus }))
    .max(50),
  riskId: z.string().nullable(),
  requester: z.string(),
  requestedAt: Instant,
  approver: z.string().nullable(),
  approvedAt: Instant.nullable(),
  until: Instant,
  endedBecause: z.string().nullable(),
  /** What the exception is about, as it is: an exception turns nothing green. */
  cells: z.strictObject({ count: z.int(), counts: Counts }),
  recordId: z.string(),
});
export type ExceptionRow = z.infer<typeof ExceptionRow>;

export const NotApplicableRow = z.strictObject({
  approvalId: z.string(),
  controlId: z.string(),
  title: z.string(),
  ...ScopeShown,
  reason: z.string(),
  approver: z.string(),
  approvedAt: Instant,
  reviewAt: Instant,
  phase: z.enum(['running', 'running-out', 'expired', 'revoked']),
  endedBecause: z.string().nullable(),
  cellCount: z.int(),
  recordId: z.string(),
});
export type NotApplicableRow = z.infer<typeof NotApplicableRow>;

export const Exceptions = z.strictObject({
  ...Dated,
  runningOutDays: z.int(),
  exceptions: z.array(ExceptionRow).max(2_000),
  notApplicable: z.array(NotApplicableRow).max(2_000),
  /** Older ones that were left off these lists. */
  leftOff: z.int(),
});
export type Exceptions = z.infer<typeof Exceptions>;

export const PoamRow = z.strictObject({
  poamId: z.string(),
  controlId: z.string(),
  title: z.string(),
  assetId: z.string(),
  assetName: z.string(),
  /** The cell as it is now; null where it is gone. */
  controlStatus: ControlStatus.nullable(),
  finding: z.string(),
  owner: z.string(),
  status: z.enum(['open', 'in-progress', 'done', 'risk-accepted']),
  openedAt: Instant,
  dueAt: Instant,
  overdue: z.boolean(),
  riskId: z.string().nullable(),
  milestones: z.array(z.strictObject({ title: z.string(), dueAt: Instant, overdue: z.boolean() })).max(50),
  log: z
    .array(z.strictObject({ at: Instant, by: z.string(), status: z.string(), note: z.string() }))
    .max(500),
  recordId: z.string(),
});
export type PoamRow = z.infer<typeof PoamRow>;
export const Poam = z.strictObject({ ...Dated, items: z.array(PoamRow).max(5_000), leftOff: z.int() });
export type Poam = z.infer<typeof Poam>;

export const WorkbookControl = z.strictObject({
  ...Dated,
  row: WorkbookRow,
  nist: z.array(z.string()),
  /** The worst first. */
  cells: z
    .array(
      z.strictObject({
        assetId: z.string(),
        assetName: z.string(),
        status: ControlStatus,
        ownStatus: ControlStatus,
        observedAt: Instant.nullable(),
        because: z.array(z.string()).max(50),
        exceptionUntil: Instant.nullable(),
        notApplicableBecause: z.string().nullable(),
      }),
    )
    .max(500),
  cellCount: z.int(),
  annotations: z
    .array(
      z.strictObject({
        ...ScopeShown,
        applied: z.boolean().nullable(),
        rationale: z.string(),
        example: z.string(),
        configuration: z.string(),
        hld: DesignReferences,
        lld: DesignReferences,
        reviewAt: Instant.nullable(),
        at: Instant,
        recordId: z.string(),
      }),
    )
    .max(500),
  comments: z
    .array(
      z.strictObject({
        commentId: z.string(),
        text: z.string(),
        by: z.string(),
        at: Instant,
        assetName: z.string().nullable(),
        recordId: z.string(),
      }),
    )
    .max(500),
  exceptions: z.array(ExceptionRow).max(200),
  notApplicable: z.array(NotApplicableRow).max(200),
  poam: z.array(PoamRow).max(200),
});
export type WorkbookControl = z.infer<typeof WorkbookControl>;

export const RiskMitigation = z.strictObject({
  controlId: z.string(),
  title: z.string(),
  reduces: z.enum(['likelihood', 'impact']),
  steps: z.int(),
  /** The worst over all assets that it applies to. */
  status: ControlStatus,
  /** Steps that it takes off now: all, half or none; the sum is rounded down. */
  takes: z.number(),
  /** The residual score if this one held and nothing else changed; null where it holds already. */
  scoreIfHeld: z.int().nullable(),
});
export type RiskMitigation = z.infer<typeof RiskMitigation>;

const RiskScore = z.strictObject({
  likelihood: Level,
  impact: Level,
  /** 1 to 25. */
  score: z.int(),
  /** The scale of the workbook that the register came from: likelihood × impact / 5. */
  sourceScore: z.number(),
});
export const TREATMENTS = ['mitigate', 'transfer', 'avoid', 'accept'] as const;
export const RiskRow = z.strictObject({
  riskId: z.string(),
  title: z.string(),
  scenario: z.string(),
  threat: z.string(),
  /** 0: the catalogue's, which nobody here has reviewed yet. */
  version: z.int(),
  state: z.enum(['open', 'closed']),
  inherent: RiskScore,
  residual: RiskScore,
  mitigations: z.array(RiskMitigation).max(100),
  treatment: z.enum(TREATMENTS),
  owner: z.string(),
  reviewAt: Instant.nullable(),
  reviewOverdue: z.boolean(),
  aboveAppetite: z.boolean(),
  /** Since when without a break; null where it is not above, or where that is not kept. */
  aboveSince: Instant.nullable(),
  /** What somebody has to decide or do now. */
  tasks: z.array(z.string()).max(10),
  exceptionIds: z.array(z.string()).max(500),
  poamIds: z.array(z.string()).max(500),
  log: z.array(z.strictObject({ at: Instant, person: z.string(), note: z.string() })).max(500),
  recordId: z.string(),
});
export type RiskRow = z.infer<typeof RiskRow>;

export const Risks = z.strictObject({
  ...Dated,
  appetite: z.int(),
  /** False: the default, until the tenant sets its own. */
  appetiteSet: z.boolean(),
  aboveCount: z.int(),
  /** The highest residual first. */
  risks: z.array(RiskRow).max(1_000),
  /** All 25 fields: likelihood 5 to 1, in each impact 1 to 5. */
  heat: z
    .array(
      z.strictObject({
        likelihood: Level,
        impact: Level,
        score: z.int(),
        aboveAppetite: z.boolean(),
        inherent: z.array(z.string()),
        residual: z.array(z.string()),
      }),
    )
    .length(25),
});
export type Risks = z.infer<typeof Risks>;

export const StandardRow = z.strictObject({
  standardId: z.string(),
  version: z.string(),
  title: z.string(),
  useCase: z.string(),
  requirements: z.array(z.string()).max(200),
  controls: z
    .array(
      z.strictObject({
        controlId: z.string(),
        title: z.string(),
        parameters: z.record(z.string(), z.string()),
        approvedDigests: z.array(z.string()).max(50),
      }),
    )
    .max(200),
  hld: DesignReferences,
  lld: DesignReferences,
  publishedAt: Instant,
  endsAt: Instant.nullable(),
  retired: z.boolean(),
  assignedTo: z.array(z.strictObject({ ...ScopeShown, since: Instant })).max(1_000),
  assetCount: z.int(),
  recordId: z.string(),
});
export type StandardRow = z.infer<typeof StandardRow>;

export const AssetStandard = z.strictObject({
  assetId: z.string(),
  assetName: z.string(),
  type: z.string(),
  /** `ambiguous`: two groups of equal priority name different ones. */
  state: z.enum(['current', 'retired', 'ambiguous', 'none']),
  standard: z.string().nullable(),
  via: z.string().nullable(),
  since: Instant.nullable(),
  /** The standard's controls that apply to this asset. */
  controlCount: z.int(),
  /** Those of them that do not hold. */
  drift: z.array(z.strictObject({ controlId: z.string(), status: ControlStatus })).max(200),
});
export type AssetStandard = z.infer<typeof AssetStandard>;

export const Standards = z.strictObject({
  ...Dated,
  standards: z.array(StandardRow).max(500),
  /** Those without a current standard first, then those that drift most. */
  assets: z.array(AssetStandard).max(5_000),
  assetCount: z.int(),
  withoutCount: z.int(),
  driftingCount: z.int(),
});
export type Standards = z.infer<typeof Standards>;

/** What a decision would do, before anybody makes it. */
export const DecisionPreview = z.strictObject({
  cellCount: z.int(),
  assetCount: z.int(),
  /** Of the cells that it is about, as they are. */
  counts: Counts,
  scoreBefore: z.number().nullable(),
  scoreAfter: z.number().nullable(),
  coverageBefore: z.number().nullable(),
  coverageAfter: z.number().nullable(),
  /** Cells whose status would be another, those that lean on the decided ones among them. */
  changedCount: z.int(),
  changes: z
    .array(
      z.strictObject({
        controlId: z.string(),
        assetName: z.string(),
        before: ControlStatus,
        after: ControlStatus,
      }),
    )
    .max(200),
  risks: z
    .array(z.strictObject({ riskId: z.string(), title: z.string(), before: z.int(), after: z.int() }))
    .max(1_000),
  /** The same in plain words. */
  says: z.array(z.string()).max(20),
});
export type DecisionPreview = z.infer<typeof DecisionPreview>;

// What is asked for.

export const AnnotateControls = z.strictObject({
  controls: Controls,
  scopes: Scopes.default([{ kind: 'tenant' }]),
  applied: z.boolean().optional(),
  rationale: Note.optional(),
  example: Note.optional(),
  configuration: Note.optional(),
  hld: DesignReferences.optional(),
  lld: DesignReferences.optional(),
  reviewAt: Instant.optional(),
});
export const CommentOnControl = z.strictObject({
  controlId: ControlId,
  assetId: Id.optional(),
  text: Reason,
  person: OnBehalfOf,
});
export const DecidePreview = z.strictObject({
  decision: z.enum(['not-applicable', 'exception']),
  controls: z.array(ControlSelector).min(1).max(200),
  scopes: Scopes.default([{ kind: 'tenant' }]),
});
export const ApproveNotApplicable = z.strictObject({
  controls: Controls,
  scopes: Scopes.default([{ kind: 'tenant' }]),
  reason: Reason,
  reviewAt: Instant,
  person: OnBehalfOf,
});
export const Revoke = z.strictObject({ reason: Reason });
export const RequestException = z.strictObject({
  controls: z.array(ControlSelector).min(1).max(200),
  scope: RecordScope.default({ kind: 'tenant' }),
  reason: Reason,
  compensatingControls: z.array(ControlId).max(50).default([]),
  riskId: RiskIdParam.optional(),
  expiresAt: Instant,
  person: OnBehalfOf,
});
export const ApproveException = z.strictObject({ person: OnBehalfOf });
export const PublishStandard = z.strictObject({
  standardId: StandardId,
  version: Version,
  title: Title,
  useCase: Reason,
  requirements: z.array(Title).max(200).default([]),
  controls: z
    .array(
      z.strictObject({
        controlId: ControlId,
        parameters: z.record(z.string().min(1).max(64), z.string().max(1_000)).default({}),
        approvedDigests: z.array(Digest).max(50).default([]),
      }),
    )
    .max(200)
    .default([]),
  hld: DesignReferences.default([]),
  lld: DesignReferences.default([]),
  endsAt: Instant.optional(),
});
export const AssignStandard = z.strictObject({
  standardId: StandardId,
  version: Version,
  scopes: Scopes,
  endsAt: Instant.optional(),
});
export const WithdrawStandard = z.strictObject({
  standardId: StandardId,
  scope: RecordScope,
  reason: Reason,
});
export const RetireStandard = z.strictObject({ standardId: StandardId, version: Version, reason: Reason });
export const RecordRisk = z.strictObject({
  riskId: RiskIdParam.optional(),
  title: Title,
  scenario: Reason,
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
  owner: Title,
  reviewAt: Instant,
});
export type RecordRisk = z.input<typeof RecordRisk>;
export const ReviewRisk = z.strictObject({ note: Reason, reviewAt: Instant, person: OnBehalfOf });
export const CloseRisk = z.strictObject({ reason: Reason, person: OnBehalfOf });
export const SetAppetite = z.strictObject({
  score: z.int().min(1).max(25),
  reason: Reason,
  person: OnBehalfOf,
});
export const OpenPoamItem = z.strictObject({
  controlId: ControlId,
  assetId: Id,
  finding: Reason,
  owner: Party.optional(),
  dueAt: Instant,
  riskId: RiskIdParam.optional(),
  milestones: z
    .array(z.strictObject({ title: Title, dueAt: Instant }))
    .max(50)
    .default([]),
});
export const UpdatePoamItem = z.strictObject({
  status: z.enum(['open', 'in-progress', 'done', 'risk-accepted']),
  note: Note.default(''),
  person: OnBehalfOf,
});

export const Written = z.strictObject({ written: z.int() });
export const ApprovedNotApplicable = z.strictObject({ approvalIds: z.array(z.string()).max(1_000) });
export const RequestedException = z.strictObject({ exceptionId: z.string() });
export const PublishedStandard = z.strictObject({ standard: z.string() });
export const RecordedRisk = z.strictObject({ riskId: z.string() });
export const OpenedPoamItem = z.strictObject({ poamId: z.string() });
