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

/** What a job is about to change on a host, said before it does. */
export interface ChangeManifest {
  /** Of the order that it carries out. */
  readonly jobId: string;
  readonly from: number;
  /** It says nothing of changes after that, whatever became of the job. */
  readonly untilMs: number;
  readonly packages: readonly {
    readonly name: string;
    readonly from: string | null;
    readonly to: string | null;
  }[];
  /** Absolute paths of files that packages bring or take away; a path that ends in `/` covers all below it. */
  readonly paths: readonly string[];
  /** Only changes by these programs are explained: the package manager and what it starts. */
  readonly executables: readonly string[];
  /** Who approved it, as shown to people. */
  readonly approvedBy: string;
}

/** While a job is at work, one room says so to the others of its host. */
export interface AnnouncedChanges {
  /** In force at that moment. */
  manifests(atMs: number): readonly ChangeManifest[];
}
