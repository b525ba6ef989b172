/**
 * What has to be patched, and what a patch job is about to change: where the room that finds, the room that patches and
 * the room that watches files meet, without knowing each other.
 */
import * as z from 'zod';

/** One installed package that a fix is owed for; the finding is one, whoever has to fix it. */
export const PatchNeed = z.strictObject({
  findingId: z.string().min(1).max(128),
  assetId: z.uuid(),
  vulnerability: z.string().min(1).max(64),
  /** As the manager that installed it names it. */
  manager: z.enum(['apt', 'dnf', 'zypper', 'apk']),
  package: z.string().min(1).max(256),
  arch: z.string().max(64).optional(),
  installed: z.string().min(1).max(256),
  fixedIn: z.string().min(1).max(256),
  /** SSVC's words for the deployer. */
  decision: z.enum(['immediate', 'out-of-cycle', 'scheduled', 'defer']),
  dueAtMs: z.int().min(0),
  /** Per day that it stays open; greater is worse. Only to be compared with others. */
  risk: z.number().min(0).max(1_000),
  /** The kernel, libc, the init system, …: installed is not enough. */
  needsReboot: z.boolean(),
  /** systemd units that run from what it replaces. */
  restarts: z.array(z.string().max(256)).max(256),
});
export type PatchNeed = z.infer<typeof PatchNeed>;

const Path = z.string().startsWith('/').max(4_096);

/** What a job is about to change on a host, said before it does. */
export const ChangeManifest = z.strictObject({
  /** Of the order that it carries out. */
  jobId: z.string().min(1).max(128),
  fromMs: z.int(),
  /** It says nothing of changes after that, whatever became of the job. */
  untilMs: z.int(),
  packages: z
    .array(z.strictObject({ name: z.string(), from: z.string().nullable(), to: z.string().nullable() }))
    .max(500),
  /** Files that packages bring or take away. */
  files: z
    .array(
      z.strictObject({
        path: Path,
        type: z.enum(['file', 'symlink', 'directory', 'other']),
        /** What a file then has, in hexadecimal; null for what is no file, and for what is gone then. */
        sha256: z.string().length(64).nullable(),
        /** Where a symbolic link then leads. */
        target: z.string().max(4_096).optional(),
        isRemoved: z.boolean(),
      }),
    )
    .max(200_000),
  /** What changes without anybody being able to say to what; a path that ends in `/` covers all below it. */
  covers: z.array(Path).max(64),
  /** Only changes by these programs are explained: the package manager and what it starts. */
  executables: z.array(Path).max(128),
  /** Who approved it, as shown to people. */
  approvedBy: z.string().max(1_024),
});
export type ChangeManifest = z.infer<typeof ChangeManifest>;

/** What integrity monitoring tells of an announcement that it heeds, in `unmapped.demarc_announced` of a Remediation Activity. */
export const ChangesAnnounced = z.strictObject({
  job_id: z.string().min(1).max(128),
  approved_by: z.string().max(1_024),
  from_ms: z.int(),
  until_ms: z.int(),
  file_count: z.int().min(0),
});
export type ChangesAnnounced = z.infer<typeof ChangesAnnounced>;
