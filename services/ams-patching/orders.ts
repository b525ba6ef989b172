/** What the half on the server has the half on a machine do, and what that says of it: said once, for both. */
import * as z from 'zod';
import { Name, PatchJob } from './run/job.ts';
import { PatchResult } from './run/result.ts';

/** Kinds of orders (platform/contract/orders.ts). Nobody gives them by hand: each stands behind a job that was approved. */
export const ORDER_KINDS = ['patch-resolve', 'patch-apply', 'patch-rollback'] as const;

/** Which exact versions the machine's repositories would bring, all that they need with them; nothing is changed. */
export const Resolve = z.strictObject({
  jobId: PatchJob.shape.id,
  manager: PatchJob.shape.manager,
  wanted: z
    .array(
      z.strictObject({
        name: Name,
        arch: z.string().max(64).optional(),
        /** As low as it may be. */
        fixedIn: z.string().min(1).max(256),
        needsReboot: z.boolean(),
      }),
    )
    .min(1)
    .max(500),
});
export type Resolve = z.infer<typeof Resolve>;

/** The job waits on the machine until its window opens, also when the platform is out of reach then. */
export const Apply = z.strictObject({ job: PatchJob });
export type Apply = z.infer<typeof Apply>;

/** Takes back a job that was carried out on the machine before. */
export const TakeBack = z.strictObject({ job: PatchJob });
export type TakeBack = z.infer<typeof TakeBack>;

/** What can be had. */
export const Resolution = z.strictObject({
  jobId: z.string(),
  /** In the order in which they are done; with all that they need. */
  packages: PatchJob.shape.packages.or(z.tuple([])),
  /** Those that were wanted, and cannot be had as they are wanted. */
  missing: z.array(z.strictObject({ name: z.string(), because: z.string() })).max(500),
});
export type Resolution = z.infer<typeof Resolution>;

/**
 * In `unmapped.demarc_patching` of the room's events (OCSF Remediation Activity), whose `command_uid` is the job's id. A
 * document that is too large for one event is told without its lists, and says so.
 */
export const Told = z.discriminatedUnion('about', [
  z.strictObject({ about: z.literal('resolution'), resolution: Resolution }),
  z.strictObject({
    about: z.literal('begun'),
    jobId: z.string(),
    what: z.enum(['apply', 'rollback']),
    atMs: z.int(),
  }),
  /** After each set: how far it is. */
  z.strictObject({
    about: z.literal('progress'),
    jobId: z.string(),
    atMs: z.int(),
    doneCount: z.int(),
    failedCount: z.int(),
    packageCount: z.int(),
    /** At work now. */
    package: z.string(),
  }),
  z.strictObject({ about: z.literal('result'), result: PatchResult }),
]);
export type Told = z.infer<typeof Told>;
