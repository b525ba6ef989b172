/**
 * Door: which files a patch job is about to change, said before it does.
 *
 * For whoever watches files (`platform/changes`), to explain those changes with and to raise anything else in the window.
 * For each package the content of the new archive is compared with the files of the old one, as dpkg would: what is
 * left out is what maintainer scripts and triggers make themselves, which nobody can tell before they ran.
 */
import type * as contract from '@demarc/platform/contract/patching';
import * as z from 'zod';
import type { Execute } from '../run/command.ts';
import { type Driver, targetsOf } from '../run/driver.ts';
import type { PatchJob } from '../run/job.ts';
import { runErrors } from '../run/run-errors.ts';
import { archiveContent } from './archive.ts';
import { changesOf } from './changes.ts';
import { download } from './download.ts';

export const MANIFEST_ENTRIES_MAX = 200_000;
const Path = z.string().startsWith('/').max(4_096);

export const ManifestEntry = z.strictObject({
  /** Without a symbolic link in its directories, as the kernel reports it. */
  path: Path,
  /** `same`: written anew with the content that it has. */
  change: z.enum(['added', 'changed', 'same', 'removed']),
  type: z.enum(['file', 'symlink', 'directory', 'other']),
  /** What a file then has, in hexadecimal; null for what is no file, and for what is removed. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** Where a symbolic link then leads. */
  target: z.string().max(4_096).optional(),
  package: z.string().max(512),
});
export type ManifestEntry = z.infer<typeof ManifestEntry>;

export const PatchManifest = z.strictObject({
  schema: z.literal('demarc.patch-manifest/1'),
  jobId: z.string(),
  madeAtMs: z.int(),
  window: z.strictObject({ opensAtMs: z.int(), closesAtMs: z.int() }),
  approvedBy: z.string(),
  packages: z
    .array(
      z.strictObject({ name: z.string(), arch: z.string(), from: z.string().nullable(), to: z.string() }),
    )
    .max(500),
  entries: z.array(ManifestEntry).max(MANIFEST_ENTRIES_MAX),
  /** What the manager writes for itself; a path that ends in `/` covers all below it. */
  bookkeeping: z.array(z.string()).max(64),
  /** Who makes the changes: the manager and what it starts. */
  executables: z.array(Path).max(64),
});
export type PatchManifest = z.infer<typeof PatchManifest>;

/** @see hier(7), dpkg(1), apt(8), ldconfig(8) */
const BOOKKEEPING = [
  '/var/lib/dpkg/',
  '/var/lib/apt/',
  '/var/cache/apt/',
  '/var/cache/debconf/',
  '/var/cache/ldconfig/',
  '/var/log/apt/',
  '/var/log/dpkg.log',
  '/etc/ld.so.cache',
];
const EXECUTABLES = ['/usr/bin/dpkg', '/usr/bin/dpkg-deb', '/usr/bin/apt-get', '/usr/sbin/ldconfig'];

export interface ManifestOptions {
  readonly job: PatchJob;
  readonly driver: Driver;
  readonly root: string;
  readonly run: Execute;
  readonly nowMs: number;
}

/**
 * Downloads what is to be installed, and compares it with what is.
 *
 * @throws PATCH_MANIFEST_NOT_MADE, PATCH_MANIFEST_TOO_LARGE, PATCH_ARCHIVE_UNREADABLE
 */
export async function makeManifest({
  job,
  driver,
  root,
  run,
  nowMs,
}: ManifestOptions): Promise<PatchManifest> {
  const entries = new Map<string, ManifestEntry>();
  const targets = targetsOf(job.packages, 'upgrade');
  const archives = await download(job.id, driver, targets, run);
  for (const target of targets) {
    const archive = archives.get(target) ?? '';
    const content = await archiveContent(archive);
    for (const entry of await changesOf({ root, target, content, run }, entries))
      entries.set(entry.path, entry);
    if (entries.size > MANIFEST_ENTRIES_MAX)
      throw runErrors.make('PATCH_MANIFEST_TOO_LARGE', { entries: MANIFEST_ENTRIES_MAX });
  }
  const { id, window, approval, packages } = job;
  return {
    schema: 'demarc.patch-manifest/1',
    jobId: id,
    madeAtMs: nowMs,
    window,
    approvedBy: approval === undefined ? 'nobody' : `${approval.person} of ${approval.party}`,
    packages: packages.map(({ name, arch, from, to }) => ({ name, arch, from, to })),
    entries: [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    bookkeeping: BOOKKEEPING,
    executables: EXECUTABLES,
  };
}

/**
 * In the words of the platform, for the rooms of the same host.
 *
 * @param untilMs when the job ended, if it did
 */
export function announcement(
  manifest: PatchManifest,
  untilMs = manifest.window.closesAtMs,
): contract.ChangeManifest {
  const { jobId, madeAtMs, packages, entries, bookkeeping, executables, approvedBy } = manifest;
  return {
    jobId,
    fromMs: madeAtMs,
    untilMs,
    packages: packages.map(({ name, from, to }) => ({ name, from, to })),
    files: entries.map(({ path, type, sha256, target, change }) => ({
      path,
      type,
      sha256,
      ...(target === undefined ? {} : { target }),
      isRemoved: change === 'removed',
    })),
    covers: bookkeeping,
    executables,
    approvedBy,
  };
}
