/**
 * The API's shapes, shared by server, CLI and console. Instants are ISO 8601 in UTC with milliseconds;
 * every list has a bound. The server generates OpenAPI 3.1 from these same schemas.
 */
import * as z from 'zod';
import { EvidenceResult, EvidenceRuleId, Health } from './service.ts';

export const ROLES = [
  'provider-administrator',
  'tenant-administrator',
  /** The application-managed-services team: takes duties of its own, changes nothing of the tenant's. */
  'ams-engineer',
  /** Sees everything of a tenant and takes exports away; changes nothing. */
  'auditor',
  'viewer',
] as const;
export type Role = (typeof ROLES)[number];

/** What a route may ask for. Which role has which permission is in `platform/identity`, once. */
export const PERMISSIONS = [
  'platform:read',
  'tenant:list',
  'asset:read',
  'asset:enroll',
  'asset:revoke',
  'event:read',
  'matrix:read',
  'service:read',
  'service:buy',
  'service:cancel',
  'handback:accept',
  'policy:read',
  'policy:write',
  /** Sources of the intake, and what became of their records. */
  'source:read',
  'source:write',
  /** Parties, assets without an agent, groups, implementation standards. */
  'inventory:write',
  /** Propose, accept, decline, dispute and end claims; record operating-model decisions. */
  'claim:write',
  /** Settle, tick and sign hand-overs. */
  'handover:write',
  /** Annotations, comments, review dates, what is not applicable. */
  'workbook:write',
  'risk:write',
  'exception:request',
  'exception:approve',
  'attestation:write',
  'framework:write',
  'oscal:import',
  'snapshot:write',
  /** Workbooks, matrices, OSCAL, bundles, raw records. */
  'export:read',
  /** What the provider owes, over all tenants. */
  'obligation:read',
  /** Detection rules: what is loaded, refused, switched off, and what the tenant changed of them. */
  'rule:read',
  'rule:write',
  /** Orders to hosts: block, isolate, end a process. Whose duty it is to respond is asked besides. */
  'order:read',
  'order:write',
  /** Maintenance windows, freezes and plans of patches; who approves a job is asked of the matrix. */
  'patch:plan',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const Instant = z.iso.datetime({ precision: 3 });
export const TenantIdParam = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

export const Me = z.strictObject({
  accountId: z.string(),
  name: z.string(),
  email: z.string(),
  grants: z.array(z.strictObject({ role: z.enum(ROLES), tenantId: TenantIdParam.nullable() })).max(1_000),
  permissions: z.array(z.enum(PERMISSIONS)),
  /** Sent back as `x-demarc-csrf` on every request that changes something. */
  csrfToken: z.string(),
});
export type Me = z.infer<typeof Me>;

export const Tenant = z.strictObject({ tenantId: TenantIdParam, name: z.string() });
export type Tenant = z.infer<typeof Tenant>;

export const AssetState = z.enum(['online', 'silent', 'revoked', 'never-seen']);
export const Asset = z.strictObject({
  assetId: z.uuid(),
  name: z.string(),
  type: z.enum(['vm', 'network', 'database', 'tenant']),
  os: z.string(),
  address: z.string(),
  state: AssetState,
  enrolledAt: Instant.nullable(),
  lastSeenAt: Instant.nullable(),
  agentVersion: z.string(),
  certificateExpiresAt: Instant.nullable(),
  clockOffsetMs: z.number().nullable(),
  rooms: z.array(z.strictObject({ serviceId: z.string(), health: Health })).max(16),
  droppedCount: z.int().min(0),
});
export type Asset = z.infer<typeof Asset>;

export const EnrollmentToken = z.strictObject({
  token: z.string(),
  expiresAt: Instant,
  /** One line to run as root on the machine to protect. */
  command: z.string(),
  enrollCommand: z.string(),
});
export type EnrollmentToken = z.infer<typeof EnrollmentToken>;

export const EventFilter = z.strictObject({
  field: z.string().min(1).max(128),
  op: z.enum(['eq', 'ne', 'contains', 'prefix']),
  value: z.string().max(4_096),
});
export type EventFilter = z.infer<typeof EventFilter>;

export const EventSearch = z.strictObject({
  from: Instant,
  to: Instant,
  classUids: z.array(z.int()).max(64).optional(),
  assetId: z.uuid().optional(),
  text: z.string().max(1_024).optional(),
  filters: z.array(EventFilter).max(32).optional(),
  limit: z.int().min(1).max(1_000).default(100),
  cursor: z.string().max(512).optional(),
});
export type EventSearch = z.input<typeof EventSearch>;

export const EventPage = z.strictObject({
  /** Newest first, each as stored: the OCSF event. */
  events: z.array(z.record(z.string(), z.unknown())),
  nextCursor: z.string().nullable(),
  /** Of the whole range, not of this page. */
  matchedCount: z.int().min(0),
  elapsedMs: z.number(),
});
export type EventPage = z.infer<typeof EventPage>;

export const EventHistogram = z.strictObject({
  bucketSeconds: z.int().min(1),
  buckets: z.array(z.strictObject({ at: Instant, counts: z.record(z.string(), z.int()) })).max(2_000),
});
export type EventHistogram = z.infer<typeof EventHistogram>;

export const CONTROL_STATUSES = [
  'satisfied',
  'partially-satisfied',
  'stale-evidence',
  'not-assessed',
  'not-satisfied',
  'not-applicable',
] as const;
export const ControlStatus = z.enum(CONTROL_STATUSES);
export type ControlStatus = z.infer<typeof ControlStatus>;

export const DUTIES = ['operate', 'configure', 'respond', 'assure'] as const;
export const Duty = z.enum(DUTIES);
export type Duty = z.infer<typeof Duty>;

/** Who owns one duty at one instant, by which rule and record. */
export const DutyOwnership = z.strictObject({
  duty: Duty,
  state: z.enum(['owned', 'contested', 'unowned']),
  party: z.string().nullable(),
  /** `floor`, `dispute`, `entitlement`, `asset`, `group`, `tenant`, `default`, … as the rules name it. */
  by: z.string(),
  because: z.string(),
  recordId: z.string().nullable(),
  flags: z.array(z.string()).max(16),
});
export type DutyOwnership = z.infer<typeof DutyOwnership>;

export const EvidenceState = z.strictObject({
  rule: EvidenceRuleId,
  kind: z.string(),
  source: z.string(),
  asserts: z.string(),
  required: z.boolean(),
  freshForSeconds: z.number(),
  /** `no-source`: nothing in this installation can produce it yet; never shown as passed. */
  state: z.enum(['pass', 'fail', 'stale', 'not-received', 'no-source']),
  result: EvidenceResult.nullable(),
  because: z.string().nullable(),
  observedAt: Instant.nullable(),
  receivedAt: Instant.nullable(),
  expiresAt: Instant.nullable(),
  evidenceId: z.string().nullable(),
  digest: z.string().nullable(),
  signed: z.boolean(),
});
export type EvidenceState = z.infer<typeof EvidenceState>;

export const MatrixCell = z.strictObject({
  controlId: z.string(),
  title: z.string(),
  area: z.string(),
  layer: z.string(),
  /** Its weight in the score, 1 to 5. */
  worth: z.int(),
  assetId: z.string(),
  assetName: z.string(),
  ownStatus: ControlStatus,
  status: ControlStatus,
  since: Instant.nullable(),
  accountable: z.string(),
  duties: z.array(DutyOwnership).length(4),
  /** CSA CCM's words, derived: provider-owned, customer-owned, third-party, shared-independent, shared-dependent, unowned, contested. */
  ownership: z.string(),
  /** Controls that cap this one; the roots only. */
  rootCauses: z.array(z.string()).max(100),
  warnings: z.array(z.string()).max(100),
  /** Accepted for a while by somebody other than who asked; says nothing about the status. */
  exception: z
    .strictObject({ exceptionId: z.string(), reason: z.string(), approver: z.string(), until: Instant })
    .nullable(),
  notApplicableBecause: z.string().nullable(),
});
export type MatrixCell = z.infer<typeof MatrixCell>;

export const Matrix = z.strictObject({
  asOf: Instant,
  knownAt: Instant,
  tenantId: TenantIdParam,
  cells: z.array(MatrixCell),
  /** Always with denominators; `not-assessed` is never folded away. */
  counts: z.record(ControlStatus, z.int()),
  unownedCount: z.int(),
  contestedCount: z.int(),
});
export type Matrix = z.infer<typeof Matrix>;

export const MatrixWhy = z.strictObject({
  cell: MatrixCell,
  objective: z.string(),
  reasons: z.array(z.string()),
  evidence: z.array(EvidenceState),
  dependencies: z.array(
    z.strictObject({
      controlId: z.string(),
      title: z.string(),
      effect: z.enum(['invalidates', 'undermines', 'informs']),
      status: ControlStatus,
      caps: ControlStatus.nullable(),
    }),
  ),
  nextSteps: z.array(z.strictObject({ party: z.string(), step: z.string() })),
  nist: z.array(z.string()),
});
export type MatrixWhy = z.infer<typeof MatrixWhy>;

export const ENTITLEMENT_STATES = [
  'contracted',
  'onboarding',
  'operational',
  'offboarding',
  'ended',
] as const;
export const Entitlement = z.strictObject({
  entitlementId: z.uuid(),
  serviceId: z.string(),
  tier: z.string(),
  validFrom: Instant,
  validTo: Instant.nullable(),
  /** Notice was given: it ends then, once the hand-over is settled and the end confirmed. */
  noticeEndsAt: Instant.nullable(),
  /** The hand-over is settled: it ends on that date unless the notice is withdrawn. */
  endConfirmed: z.boolean().optional(),
  /** `everything`, or `group` and its name, where it is not for named assets only. */
  scope: z.string().optional(),
  assets: z.array(
    z.strictObject({
      assetId: z.string(),
      assetName: z.string(),
      state: z.enum(ENTITLEMENT_STATES),
      /** What is still missing before duties move: `first evidence`, `agent not seen`, … */
      pending: z.array(z.string()).max(16),
      operationalAt: Instant.nullable(),
      firstEvidenceId: z.string().nullable(),
      handbackAcceptedAt: Instant.nullable(),
    }),
  ),
});
export type Entitlement = z.infer<typeof Entitlement>;

export const ServiceOffer = z.strictObject({
  serviceId: z.string(),
  title: z.string(),
  /** The type of asset that it protects. */
  unit: z.enum(['tenant', 'vm', 'network', 'database']),
  /** False where this installation has no room for it yet: it cannot be bought. */
  available: z.boolean(),
  tiers: z.array(z.string()),
  delivers: z.string(),
  prerequisites: z.array(z.string()),
  controls: z.array(z.string()),
  entitlements: z.array(Entitlement),
});
export type ServiceOffer = z.infer<typeof ServiceOffer>;

export const BuyService = z.strictObject({
  serviceId: z.string().min(1).max(64),
  tier: z.string().min(1).max(32).default('managed'),
  assetIds: z.array(z.string().min(1).max(128)).max(1_000).default([]),
  /** Instead of, or beside, named assets: all that there are or will be, or those of a group. */
  scope: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('tenant') }),
      z.strictObject({ kind: z.literal('group'), groupId: z.string().min(1).max(128) }),
    ])
    .optional(),
  /** The customer's prerequisites, ticked; the API refuses a purchase that leaves one out. */
  prerequisitesAccepted: z.boolean(),
});
export type BuyService = z.input<typeof BuyService>;

export const CancelService = z.strictObject({
  reason: z.string().min(1).max(1_000),
  /** The tenant takes every returned duty that the hand-over leaves open. */
  acceptHandback: z.boolean().default(false),
  /** Nobody takes them until then, and the tenant accepts that; they are shown as nobody's. */
  riskAcceptedUntil: Instant.optional(),
});
export type CancelService = z.input<typeof CancelService>;

/** One message of the live stream (server-sent events; the SSE `event` field is `kind`). */
export const LiveMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('event'), event: z.record(z.string(), z.unknown()) }),
  z.strictObject({ kind: z.literal('evidence'), assetId: z.string(), rule: z.string(), result: z.string() }),
  z.strictObject({ kind: z.literal('matrix'), reason: z.string() }),
  z.strictObject({ kind: z.literal('asset'), assetId: z.string(), state: AssetState }),
  /** Other rules hold from this generation on. */
  z.strictObject({ kind: z.literal('rules'), generation: z.int() }),
  /** The reader was too slow: this many messages were left out. */
  z.strictObject({ kind: z.literal('dropped'), count: z.int().min(1) }),
]);
export type LiveMessage = z.infer<typeof LiveMessage>;

export const PlatformStatus = z.strictObject({
  version: z.string(),
  startedAt: Instant,
  parts: z.array(
    z.strictObject({ name: z.string(), health: Health, pid: z.int().nullable(), restartCount: z.int() }),
  ),
});
export type PlatformStatus = z.infer<typeof PlatformStatus>;
