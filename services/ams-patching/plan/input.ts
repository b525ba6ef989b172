/** What a plan is made of, as a JSON document: hosts, changes, windows, constraints. `INPUT.md` explains it field by field. */
import { Recurrence } from '@demarc/platform/schedule';
import * as z from 'zod';

const Id = z.string().min(1).max(128);
const Instant = z.iso.datetime({ offset: true });
const Minutes = z.int().min(1).max(10_080);
export const ENVIRONMENTS = ['DEV', 'QAS', 'PRD'] as const;

export const Host = z.strictObject({
  id: Id,
  role: Id.default('server'),
  environment: z.enum(ENVIRONMENTS).default('PRD'),
  /** Hosts of one landscape: `ERP`. Order of environments and of tiers holds within it. */
  system: Id.optional(),
  tier: z.enum(['database', 'application', 'other']).default('other'),
  /** Never two members of a cluster at once. */
  cluster: Id.optional(),
  /** Of a pair that takes over: the secondary first, then the primary, after the takeover. */
  standby: z.enum(['primary', 'secondary']).optional(),
  takeoverMinutes: z.int().min(0).max(1_440).default(0),
  rebootMinutes: z.int().min(0).max(1_440).default(10),
  /** Hosts whose share of the same patch comes first. */
  dependsOn: z.array(Id).max(5_000).default([]),
});

export const Change = z.strictObject({
  id: Id,
  host: Id,
  /** What is installed, the same on every host that gets it; order between hosts is kept for each. */
  patch: Id.optional(),
  packages: z.array(z.string().max(256)).max(10_000).default([]),
  minutes: Minutes,
  needsReboot: z.boolean().default(false),
  due: Instant,
  /** Of a day that it stays undone, against others of the same plan. */
  riskPerDay: z.number().min(0).max(1e6).default(1),
  decision: z.enum(['immediate', 'out-of-cycle', 'scheduled', 'defer']).default('scheduled'),
  /** By the party that has the duty; without it there is no place for it. */
  approved: z.boolean().default(true),
});

export const Window = z.strictObject({
  id: Id,
  minutes: Minutes,
  /** One, or all of a recurrence within the plan's range. */
  startsAt: Instant.optional(),
  recurrence: Recurrence.optional(),
  /** Only these; all that are not named otherwise. */
  hosts: z.array(Id).max(10_000).optional(),
  roles: z.array(Id).max(256).optional(),
  environments: z.array(z.enum(ENVIRONMENTS)).max(3).optional(),
  /** Hosts that may reboot within it. */
  rebootBudget: z.int().min(0).max(10_000).optional(),
});

export const PlanInput = z.strictObject({
  from: Instant,
  to: Instant,
  /** For people who read the plan. */
  timeZone: z.string().min(1).max(64).default('UTC'),
  hosts: z.array(Host).min(1).max(5_000),
  changes: z.array(Change).max(20_000),
  windows: z.array(Window).max(1_000),
  /** Nothing is done in them, but what is decided to be immediate where it says so. */
  freezes: z
    .array(
      z.strictObject({
        from: Instant,
        to: Instant,
        reason: z.string().min(1).max(500),
        exceptImmediate: z.boolean().default(false),
      }),
    )
    .max(1_000)
    .default([]),
  constraints: z
    .strictObject({
      /** Hosts at work at once. */
      maxConcurrent: z.int().min(1).max(5_000).optional(),
      maxConcurrentOfRole: z.record(Id, z.int().min(1).max(5_000)).default({}),
      /** Hours that a patch runs in one environment before the next gets it. */
      soakHours: z
        .strictObject({
          DEV: z.number().min(0).max(8_760).default(0),
          QAS: z.number().min(0).max(8_760).default(0),
        })
        .default({ DEV: 0, QAS: 0 }),
      databaseBeforeApplication: z.boolean().default(true),
    })
    .default({ maxConcurrentOfRole: {}, soakHours: { DEV: 0, QAS: 0 }, databaseBeforeApplication: true }),
  /** Of the plan that was told to people: what moves is churn. */
  published: z
    .array(z.strictObject({ change: Id, window: Id, startsAt: Instant }))
    .max(20_000)
    .default([]),
});
export type PlanInput = z.infer<typeof PlanInput>;
export type Host = z.infer<typeof Host>;
export type Change = z.infer<typeof Change>;
