/**
 * Door: what the room's routes take and answer, below `/v1/tenants/:tenantId/patching/`. It is the contract: server, pages
 * and command line all read it, and nobody says it a second time. Instants are text, in UTC with milliseconds.
 *
 * | method and path               | permission   | takes                | answers        |
 * | ----------------------------- | ------------ | -------------------- | -------------- |
 * | GET  settings                 | policy:read  |                      | SettingsReply  |
 * | PUT  settings                 | policy:write | PatchingSettings     | SettingsReply  |
 * | GET  windows                  | asset:read   |                      | WindowList     |
 * | POST windows                  | patch:plan   | SetWindow            | ShownWindow    |
 * | PUT  windows/:windowId        | patch:plan   | SetWindow            | ShownWindow    |
 * | POST windows/:windowId/remove | patch:plan   | Because              | ShownWindow    |
 * | GET  freezes                  | asset:read   |                      | FreezeList     |
 * | POST freezes                  | patch:plan   | SetFreeze            | ShownFreeze    |
 * | POST freezes/:freezeId/remove | patch:plan   | Because              | ShownFreeze    |
 * | GET  calendar                 | asset:read   | CalendarQuery        | Calendar       |
 * | GET  plans                    | asset:read   |                      | PlanList       |
 * | POST plans                    | patch:plan   | MakePlan             | ShownPlan      |
 * | GET  plans/:planId            | asset:read   |                      | ShownPlan      |
 * | POST plans/:planId/publish    | patch:plan   | Because              | ShownPlan      |
 * | POST plans/what-if            | patch:plan   | WhatIf               | WhatIfReply    |
 * | GET  jobs                     | asset:read   | JobsQuery            | JobsPage       |
 * | GET  jobs/:jobId              | asset:read   |                      | JobDetail      |
 * | POST jobs/:jobId/approve      | order:write  | Because              | JobDetail      |
 * | POST jobs/:jobId/decline      | order:write  | Because              | JobDetail      |
 * | POST jobs/:jobId/cancel       | order:write  | Because              | JobDetail      |
 * | POST jobs/:jobId/roll-back    | order:write  | Because              | JobDetail      |
 */
import { Instant } from '@demarc/platform/contract/api';
import { Recurrence } from '@demarc/platform/schedule';
import * as z from 'zod';
import { ENVIRONMENTS } from './plan/input.ts';
import { PatchResult } from './run/result.ts';

export const WINDOWS_MAX = 200;
export const FREEZES_MAX = 200;
export const PLANS_MAX = 100;
export const PAGE_MAX = 500;
const HOSTS_MAX = 5_000;
export const DEPENDENCIES_MAX = 50;
const Text = z.string().max(4_096);
const Count = z.int().min(0);
const Title = z.string().trim().min(1).max(128);
const Label = z.string().min(1).max(64);
const Figures = z.strictObject({
  /** A late change counts one, one without a place two. */
  breaches: z.number(),
  /** Risk per day × days until it is done. */
  risk: z.number(),
  /** Reboots, and windows in use. */
  effort: z.number(),
  /** Moved against what was published. */
  churn: z.number(),
});

export const Because = z.strictObject({ because: z.string().trim().min(3).max(1_000) });
export const Who = z.strictObject({ accountId: z.string(), name: z.string(), party: z.string() });

/** Of machines: all where it names nothing, else those that are in a group of it, carry all its labels, or are named. */
export const Scope = z.strictObject({
  groups: z.array(z.string().min(1).max(128)).max(64).default([]),
  labels: z.record(Label, z.string().min(1).max(128)).default({}),
  assetIds: z.array(z.uuid()).max(1_000).default([]),
});
export type Scope = z.infer<typeof Scope>;

/** One that names nothing would be all machines, which come before nobody. */
const NamingScope = Scope.refine(
  ({ groups, labels, assetIds }) => groups.length + assetIds.length + Object.keys(labels).length > 0,
  { message: 'it names no group, no label and no machine' },
);

export const PatchingSettings = z.strictObject({
  /** Labels of an asset that say what a plan has to know of it. */
  labels: z
    .strictObject({
      /** `DEV`, `QAS`, `PRD`; a machine without it is `PRD`. */
      environment: Label.default('environment'),
      system: Label.default('system'),
      /** `database`, `application`. */
      tier: Label.default('tier'),
      role: Label.default('role'),
      cluster: Label.default('cluster'),
      /** `primary`, `secondary`. */
      standby: Label.default('standby'),
    })
    .prefault({}),
  constraints: z
    .strictObject({
      maxConcurrent: z.int().min(1).max(HOSTS_MAX).nullable().default(null),
      soakHours: z
        .strictObject({
          DEV: z.number().min(0).max(8_760).default(24),
          QAS: z.number().min(0).max(8_760).default(24),
        })
        .prefault({}),
      databaseBeforeApplication: z.boolean().default(true),
      /** Machines that get a patch before others get the same one, whatever system they are of. */
      dependencies: z
        .array(z.strictObject({ first: NamingScope, later: NamingScope }))
        .max(DEPENDENCIES_MAX)
        .default([]),
    })
    .prefault({}),
  /** Days from the instant at which it is made that a plan looks ahead. */
  horizonDays: z.int().min(1).max(90).default(30),
  /** What a machine's work takes where nothing of it was done yet; afterwards its own history says so. */
  minutesPerPackage: z.number().min(0.1).max(60).default(1),
  rebootMinutes: z.int().min(1).max(240).default(10),
  /** Until the secondary of a pair has taken over, before its primary is patched. */
  takeoverMinutes: z.int().min(0).max(1_440).default(0),
  /** Packages of one job that may fail; with as many it stops. */
  errorThreshold: z.int().min(1).max(500).default(3),
  /** Jobs of one plan that may fail; with as many, those that are not begun are held until somebody approves them again. */
  hostErrorThreshold: z.int().min(1).max(HOSTS_MAX).default(3),
  /** Who approves is not who published the plan. */
  fourEyes: z.boolean().default(true),
  reboot: z.enum(['allowed', 'not-allowed']).default('not-allowed'),
  onFailure: z.enum(['package', 'all', 'keep']).default('package'),
});
export type PatchingSettings = z.infer<typeof PatchingSettings>;
export const SettingsReply = z.strictObject({
  settings: PatchingSettings,
  /** Null while nobody set any. */
  setBy: z.string().nullable(),
  setAt: Instant.nullable(),
});
export type SettingsReply = z.infer<typeof SettingsReply>;

export const SetWindow = z
  .strictObject({
    name: Title,
    minutes: z.int().min(5).max(10_080),
    /** One, or all of a recurrence: exactly one of them. */
    startsAt: Instant.nullable().default(null),
    recurrence: Recurrence.nullable().default(null),
    scope: Scope.prefault({}),
    environments: z.array(z.enum(ENVIRONMENTS)).max(3).default([]),
    /** Machines that may reboot within it; null is without a bound. */
    rebootBudget: z.int().min(0).max(10_000).nullable().default(null),
  })
  .refine(({ startsAt, recurrence }) => (startsAt === null) !== (recurrence === null), {
    path: ['recurrence'],
    message: 'either startsAt or recurrence',
  });
export type SetWindow = z.infer<typeof SetWindow>;
export const ShownWindow = z.strictObject({
  id: z.uuid(),
  ...SetWindow.shape,
  setBy: z.string(),
  setAt: Instant,
  removed: z.strictObject({ at: Instant, by: z.string(), because: Text }).nullable(),
  /** The next five. */
  next: z.array(Instant).max(5),
  /** Machines that it is for, of those that the service is bought for. */
  machineCount: Count,
});
export type ShownWindow = z.infer<typeof ShownWindow>;
export const WindowList = z.strictObject({ windows: z.array(ShownWindow).max(WINDOWS_MAX) });
export type WindowList = z.infer<typeof WindowList>;

export const SetFreeze = z
  .strictObject({
    from: Instant,
    to: Instant,
    reason: z.string().trim().min(3).max(500),
    /** What is decided to be immediate is done all the same. */
    exceptImmediate: z.boolean().default(false),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'it ends before it begins' });
export type SetFreeze = z.infer<typeof SetFreeze>;
export const ShownFreeze = z.strictObject({
  id: z.uuid(),
  ...SetFreeze.shape,
  setBy: z.string(),
  setAt: Instant,
  removed: z.strictObject({ at: Instant, by: z.string(), because: Text }).nullable(),
});
export type ShownFreeze = z.infer<typeof ShownFreeze>;
export const FreezeList = z.strictObject({ freezes: z.array(ShownFreeze).max(FREEZES_MAX) });
export type FreezeList = z.infer<typeof FreezeList>;

/** 100 days at most. */
export const CalendarQuery = z.strictObject({ from: Instant, to: Instant });
export const Calendar = z.strictObject({
  occurrences: z
    .array(
      z.strictObject({
        windowId: z.uuid(),
        name: z.string(),
        opensAt: Instant,
        closesAt: Instant,
        /** The freeze that it lies in, at least in part. */
        frozenBecause: z.string().nullable(),
        jobs: z.strictObject({ planned: Count, approved: Count, ended: Count, failed: Count }),
      }),
    )
    .max(2_000),
  freezes: z.array(ShownFreeze).max(FREEZES_MAX),
  more: z.boolean(),
});
export type Calendar = z.infer<typeof Calendar>;

export const DECISIONS = ['immediate', 'out-of-cycle', 'scheduled', 'defer'] as const;
export const MakePlan = z.strictObject({
  /** That the solver has. */
  seconds: z.int().min(0).max(60).default(20),
  /** From now on, as the settings say, where it is left out. */
  to: Instant.optional(),
});
export type MakePlan = z.infer<typeof MakePlan>;

export const PLAN_STATES = ['draft', 'published', 'superseded'] as const;
const PlanSummary = z.strictObject({
  id: z.uuid(),
  state: z.enum(PLAN_STATES),
  madeAt: Instant,
  madeBy: z.string(),
  publishedAt: Instant.nullable(),
  publishedBy: z.string().nullable(),
  from: Instant,
  to: Instant,
  machineCount: Count,
  changeCount: Count,
  placedCount: Count,
  lateCount: Count,
  unplacedCount: Count,
  objective: Figures,
});
export const PlanList = z.strictObject({ plans: z.array(PlanSummary).max(PLANS_MAX) });
export type PlanList = z.infer<typeof PlanList>;

/** One machine's share of a window: what a bar of the Gantt chart is. */
export const PlannedWork = z.strictObject({
  assetId: z.uuid(),
  assetName: z.string(),
  environment: z.enum(ENVIRONMENTS),
  windowId: z.uuid(),
  windowName: z.string(),
  opensAt: Instant,
  closesAt: Instant,
  startsAt: Instant,
  endsAt: Instant,
  reboots: z.boolean(),
  decision: z.enum(DECISIONS),
  /** The earliest deadline of what is done. */
  dueAt: Instant,
  isLate: z.boolean(),
  packages: z.array(z.string()).max(1_000),
  findingCount: Count,
  /** Once the plan is published. */
  jobId: z.uuid().nullable(),
});
export type PlannedWork = z.infer<typeof PlannedWork>;
export const ShownPlan = PlanSummary.extend({
  work: z.array(PlannedWork).max(20_000),
  unplaced: z
    .array(
      z.strictObject({
        assetId: z.uuid(),
        assetName: z.string(),
        packages: z.array(z.string()).max(1_000),
        dueAt: Instant,
        because: z.array(Text).max(20),
      }),
    )
    .max(20_000),
  /** What is proved that no plan can fall below, and by how much at most this one is above it. */
  bound: Figures.partial(),
  gap: Figures.partial(),
  by: z.enum(['solver', 'heuristic']),
  /** Of a checker that had no part in making it; empty. */
  violations: z.array(Text).max(100),
});
export type ShownPlan = z.infer<typeof ShownPlan>;

/** Nothing is kept: how a plan would be with other windows and freezes beside, or instead of, those that are set. */
export const WhatIf = z.strictObject({
  addWindows: z.array(SetWindow).max(20).default([]),
  withoutWindowIds: z.array(z.uuid()).max(WINDOWS_MAX).default([]),
  addFreezes: z.array(SetFreeze).max(20).default([]),
  seconds: z.int().min(0).max(30).default(5),
});
export type WhatIf = z.infer<typeof WhatIf>;
const WhatIfSide = z.strictObject({
  placedCount: Count,
  lateCount: Count,
  unplacedCount: Count,
  objective: Figures,
});
export const WhatIfReply = z.strictObject({ asIs: WhatIfSide, asAsked: WhatIfSide });
export type WhatIfReply = z.infer<typeof WhatIfReply>;

/**
 * `resolving`: the machine is asked which versions its repositories have. `proposed`: waits for the approval of whose duty
 * it is. `held`: approved, and not begun because too many others failed. `waiting`: handed to the machine for its window.
 * `ended`: its result is there; `verification` says what came of the findings.
 */
export const JOB_STATES = [
  'resolving',
  'proposed',
  'declined',
  'held',
  'waiting',
  'running',
  'ended',
  'missed',
  'cancelled',
  'going-back',
  'taken-back',
] as const;
export const VERIFICATIONS = ['none', 'awaited', 'verified', 'reopened'] as const;
export const JobRow = z.strictObject({
  id: z.uuid(),
  planId: z.uuid(),
  assetId: z.uuid(),
  assetName: z.string(),
  windowName: z.string(),
  opensAt: Instant,
  closesAt: Instant,
  state: z.enum(JOB_STATES),
  /** In a sentence. */
  stateBecause: Text,
  stateAt: Instant,
  /** How it ended on the machine. */
  result: PatchResult.shape.result.nullable(),
  verification: z.enum(VERIFICATIONS),
  decision: z.enum(DECISIONS),
  dueAt: Instant,
  packageCount: Count,
  findingCount: Count,
  /** Null where the matrix names nobody: then nobody can approve it. */
  party: z.string().nullable(),
  rebootOwed: z.boolean(),
  /** Of packages, while it runs. */
  progress: z
    .strictObject({ doneCount: Count, failedCount: Count, packageCount: Count, package: z.string() })
    .nullable(),
  /** Whether who asks may approve, decline or take it back now; and why not. */
  mayApprove: z.boolean(),
  mayNotBecause: z.string().nullable(),
});
export type JobRow = z.infer<typeof JobRow>;
export const JobsQuery = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  assetId: z.uuid().optional(),
  planId: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(100),
  cursor: z.string().max(1_024).optional(),
});
export type JobsQuery = z.infer<typeof JobsQuery>;
export const JobsPage = z.strictObject({
  /** The newest window first. */
  jobs: z.array(JobRow).max(PAGE_MAX),
  nextCursor: z.string().nullable(),
  matchedCount: Count,
  byState: z.partialRecord(z.enum(JOB_STATES), Count),
});
export type JobsPage = z.infer<typeof JobsPage>;
export const JobDetail = JobRow.extend({
  packages: z
    .array(
      z.strictObject({
        name: z.string(),
        arch: z.string(),
        from: z.string().nullable(),
        /** As the machine's repositories have it; null while it was not asked. */
        to: z.string().nullable(),
        needsReboot: z.boolean(),
        /** Not wanted itself: another needs it. */
        isNeededOnly: z.boolean(),
      }),
    )
    .max(500),
  missing: z.array(z.strictObject({ name: z.string(), because: Text })).max(500),
  findings: z
    .array(
      z.strictObject({
        findingId: z.string(),
        vulnerability: z.string(),
        isStillOpen: z.boolean().nullable(),
      }),
    )
    .max(10_000),
  requestedBy: Who,
  approval: z.strictObject({ by: Who, at: Instant, because: Text }).nullable(),
  outcome: PatchResult.nullable(),
  takenBack: PatchResult.nullable(),
  /** The oldest first. */
  history: z
    .array(z.strictObject({ at: Instant, state: z.enum(JOB_STATES), by: z.string(), because: Text }))
    .max(200),
});
export type JobDetail = z.infer<typeof JobDetail>;
