/** Archives that are to be installed, on this disk before they are, each what the index of its repository says it is. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { complaintOf, type Execute } from '../run/command.ts';
import { ARCHIVE_HASHES, type ArchiveHash, type Driver, type Target } from '../run/driver.ts';
import { runErrors } from '../run/run-errors.ts';

const DOWNLOAD_MS_MAX = 3_600_000;

interface Listed {
  readonly uri: string;
  readonly digest: { readonly hash: ArchiveHash; readonly hex: string } | undefined;
}
type Archives = NonNullable<Driver['archives']>;

/**
 * @returns where the archive of each is
 * @throws PATCH_MANIFEST_NOT_MADE, PATCH_ARCHIVE_UNREADABLE: also where no index has a digest that says who made it
 */
export async function download(
  jobId: string,
  { archives, manager }: Pick<Driver, 'archives' | 'manager'>,
  targets: readonly Target[],
  run: Execute,
): Promise<ReadonlyMap<Target, string>> {
  if (archives === undefined) throw runErrors.make('PATCH_MANIFEST_NOT_MADE', { manager });
  const listed = await listedBy(jobId, archives, targets, run);
  const ran = await run(archives.download(targets), DOWNLOAD_MS_MAX);
  if (ran.code !== 0)
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive: jobId, because: complaintOf(ran) });
  const found = new Map<Target, string>();
  for (const target of targets) {
    const name = archives.nameOf(target);
    const from = listed.get(name);
    const cached = join(archives.cache, name);
    // What is on a local disk is not copied to the cache.
    const archive =
      !existsSync(cached) && from?.uri.startsWith('file:') === true
        ? decodeURIComponent(from.uri.slice('file:'.length)).replace(/^\/\/+/, '/')
        : cached;
    await verify(archive, from?.digest);
    found.set(target, archive);
  }
  return found;
}

/** `'http://deb.example.org/pool/x_2_amd64.deb' x_2_amd64.deb 1234 SHA256:0123…`; nothing behind the size without one. */
const LISTED = /^'([^']+)' (\S+) \d+ ?(?:(SHA512|SHA256):([0-9a-f]{64,128}))?/;

/** By file name. An index has one digest or several, and apt says one of them at a time: the first kind that it has counts. */
async function listedBy(
  jobId: string,
  archives: Archives,
  targets: readonly Target[],
  run: Execute,
): Promise<ReadonlyMap<string, Listed>> {
  const found = new Map<string, Listed>();
  for (const hash of ARCHIVE_HASHES) {
    const ran = await run(archives.uris(targets, hash), DOWNLOAD_MS_MAX);
    if (ran.code !== 0)
      throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive: jobId, because: complaintOf(ran) });
    for (const line of ran.stdout.split('\n')) {
      const [, uri, name = '', said, hex] = LISTED.exec(line) ?? [];
      if (uri === undefined || found.get(name)?.digest !== undefined) continue;
      found.set(name, { uri, digest: said === hash && hex !== undefined ? { hash, hex } : undefined });
    }
  }
  return found;
}

async function verify(archive: string, expected: Listed['digest']): Promise<void> {
  if (!existsSync(archive))
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', { archive, because: 'it was not downloaded' });
  if (expected === undefined)
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', {
      archive,
      because: `the index of its repository has no digest of it: ${ARCHIVE_HASHES.join(' or ')}`,
    });
  const hash = createHash(expected.hash.toLowerCase());
  for await (const chunk of createReadStream(archive)) hash.update(chunk as Buffer);
  const actual = hash.digest('hex');
  if (actual !== expected.hex)
    throw runErrors.make('PATCH_ARCHIVE_UNREADABLE', {
      archive,
      because: `its ${expected.hash} is ${actual}, and the index of the repository says ${expected.hex}`,
    });
}
