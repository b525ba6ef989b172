/**
 * Door: which files a patch job is about to change, said before it does.
 *
 * Integrity monitoring explains those changes with it and raises anything else in the window. For each package the
 * content of the new archive is compared with the files of the old one, as dpkg would: what is left out is what
 * maintainer scripts and triggers make themselves, which nobody can tell before they ran.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as contract from '@demarc/platform/contract/patching';
import * as z from 'zod';
import { complaintOf, type Execute } from '../run/command.ts';
import { type Driver, type Target, targetsOf } from '../run/driver.ts';
import type { PatchJob } from '../run/job.ts';
import { runErrors } from '../run/run-errors.ts';
import { archiveContent } from './archive.ts';
import { changesOf } from './changes.ts';

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
const DOWNLOAD_MS_MAX = 3_600_000;

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
  const archives = await download(job, driver, targets, run);
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

/** In the words of the platform, for the rooms of the same host. */
export function announcement(manifest: PatchManifest): contract.ChangeManifest {
  return {
    jobId: manifest.jobId,
    from: manifest.window.opensAtMs,
    untilMs: manifest.window.closesAtMs,
    packages: manifest.packages.map(({ name, from, to }) => ({ name, from, to })),
    paths: [...manifest.entries.map(({ path }) => path), ...manifest.bookkeeping],
    executables: manifest.executables,
    approvedBy: manifest.approvedBy,
  };
}

/** `'http://deb.example.org/pool/x_2_amd64.deb' x_2_amd64.deb 1234 SHA256:0123…` */
const FETCHED = /^'([^']+)' (\S+) (\d+) ?(?:SHA256:([0-9a-f]{64}))?/;

/** Where the archive of each is, its digest as the repository's index says it. */
async function download(
  job: PatchJob,
  { archives, manager }: Driver,
  targets: readonly Target[],
  run: Execute,
): Promise<ReadonlyMap<Target, string>> {
  if (archives === undefined) throw runErrors.make('PATCH_MANIFEST_NOT_MADE', { manager });
  const listedNow = await run(archives.uris(targets), DOWNLOAD_MS_MAX);
  if (listedNow.code !== 0)
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive: job.id, because: complaintOf(listedNow) });
  const fetched = new Map(
    listedNow.stdout.split('\n').flatMap((line): [string, { uri: string; sha256: string | undefined }][] => {
      const [, uri = '', file = '', , sha256] = FETCHED.exec(line) ?? [];
      return file === '' ? [] : [[file, { uri, sha256 }]];
    }),
  );
  const ran = await run(archives.download(targets), DOWNLOAD_MS_MAX);
  if (ran.code !== 0)
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive: job.id, because: complaintOf(ran) });
  const found = new Map<Target, string>();
  for (const target of targets) {
    const name = archives.nameOf(target);
    const from = fetched.get(name);
    const cached = join(archives.cache, name);
    // What is on a local disk is not copied to the cache.
    const archive =
      !existsSync(cached) && from?.uri.startsWith('file:') === true
        ? decodeURIComponent(from.uri.slice('file:'.length)).replace(/^\/\/+/, '/')
        : cached;
    await verify(archive, from?.sha256);
    found.set(target, archive);
  }
  return found;
}

async function verify(archive: string, expected: string | undefined): Promise<void> {
  if (!existsSync(archive))
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive, because: 'it was not downloaded' });
  if (expected === undefined) return;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(archive)) hash.update(chunk as Buffer);
  const actual = hash.digest('hex');
  if (actual !== expected)
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', {
      archive,
      because: `its SHA-256 is ${actual}, and the index of the repository says ${expected}`,
    });
}
