/** What became of a job, for people and programs: `demarc patch apply --json` prints it. */
import * as z from 'zod';

export const CHECKS = [
  'window',
  'approval',
  'lock',
  'state',
  'disk',
  'snapshot',
  'versions',
  'repository',
  'way-back',
  'simulation',
] as const;

export const Check = z.strictObject({
  check: z.enum(CHECKS),
  ok: z.boolean(),
  because: z.string(),
});
export type Check = z.infer<typeof Check>;

export const OUTCOMES = ['done', 'failed', 'not-tried', 'rolled-back'] as const;

export const PackageResult = z.strictObject({
  name: z.string(),
  arch: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  outcome: z.enum(OUTCOMES),
  because: z.string(),
  /** What is installed now; null when it is not, or was not looked at. */
  installed: z.string().nullable(),
});
export type PackageResult = z.infer<typeof PackageResult>;

export const PatchResult = z.strictObject({
  jobId: z.string(),
  what: z.enum(['apply', 'rollback', 'dry-run']),
  /**
   * `done`: every package is where the job wants it. `partly`: some are. `failed`: none is. `refused`: it was not begun;
   * what a rollback ended before is in `notes`. `ready`: a dry run found nothing against it.
   */
  result: z.enum(['done', 'partly', 'failed', 'refused', 'ready']),
  startedAtMs: z.int(),
  endedAtMs: z.int(),
  checks: z.array(Check),
  packages: z.array(PackageResult),
  /** What a crash left behind, and what became of it. */
  settled: z.array(z.string()),
  /** Configuration files that stayed as the administrator left them although a new one came. */
  keptFiles: z.array(z.string()),
  restarts: z.array(
    z.strictObject({
      unit: z.string(),
      outcome: z.enum(['restarted', 'failed', 'owed']),
      because: z.string(),
    }),
  ),
  reboot: z.strictObject({
    /** Null where no running system was looked at. */
    owed: z.boolean().nullable(),
    ordered: z.boolean(),
    because: z.array(z.string()),
  }),
  /** Of the announced changes. */
  manifest: z.strictObject({ entries: z.int(), sha256: z.string() }).nullable(),
  /** What else should be known. */
  notes: z.array(z.string()),
});
export type PatchResult = z.infer<typeof PatchResult>;

/** Whether a script may go on. */
export const isGood = ({ result }: PatchResult): boolean => result === 'done' || result === 'ready';
