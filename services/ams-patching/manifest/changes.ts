/** What installing one archive does to the files of a root, as dpkg does it. */
import type { Execute } from '../run/command.ts';
import type { Target } from '../run/driver.ts';
import type { ArchiveContent, Brought } from './archive.ts';
import { conffilesFrom, diversions, fateOf, filesOf, ownedByOthers } from './dpkg-files.ts';
import type { ManifestEntry } from './manifest.ts';
import { type OnDisk, onDisk, Tree } from './on-disk.ts';

interface Change {
  readonly root: string;
  readonly target: Target;
  readonly content: ArchiveContent;
  readonly run: Execute;
}

const QUERY_MS_MAX = 60_000;

/** @param before of the job's other packages: what moves from one to another is not removed */
export async function changesOf(
  { root, target, content, run }: Change,
  before: ReadonlyMap<string, ManifestEntry>,
): Promise<readonly ManifestEntry[]> {
  const { name, arch } = target;
  const tree = new Tree(root);
  const diverted = diversions(root);
  const placeOf = (path: string): string => {
    const diversion = diverted.get(path);
    return tree.real(diversion !== undefined && diversion.by !== name ? diversion.to : path);
  };
  const recorded = await recordedConffiles(root, target, run);
  const found: ManifestEntry[] = [];
  const coming = new Set<string>();
  const entry = (path: string, brought: Brought, now: OnDisk | undefined): void => {
    found.push({
      path,
      change: now === undefined ? 'added' : isSame(brought, now) ? 'same' : 'changed',
      type: brought.type,
      sha256: brought.sha256 ?? null,
      ...(brought.target === undefined ? {} : { target: brought.target }),
      package: `${name}:${arch}`,
    });
  };
  for (const [path, brought] of content.files) {
    const place = placeOf(path);
    coming.add(place);
    const now = onDisk(root, place);
    if (content.conffiles.has(path)) {
      const fate = fateOf(recorded.get(path), now?.md5, brought.md5 ?? '');
      if (fate === 'installed') entry(place, brought, now);
      else if (fate === 'kept-beside-new')
        entry(`${place}.dpkg-dist`, brought, onDisk(root, `${place}.dpkg-dist`));
      // A directory that is there stays as it is, also where a link leads to it.
    } else if (brought.type !== 'directory' || now === undefined) entry(place, brought, now);
  }
  found.push(...removals({ root, target, placeOf, coming, before, kept: recorded }));
  return found;
}

interface Removals {
  readonly root: string;
  readonly target: Target;
  readonly placeOf: (path: string) => string;
  readonly coming: ReadonlySet<string>;
  readonly before: ReadonlyMap<string, ManifestEntry>;
  readonly kept: ReadonlyMap<string, string>;
}

/** What the old version has and the new one has not; configuration files stay. */
function removals({ root, target, placeOf, coming, before, kept }: Removals): readonly ManifestEntry[] {
  const { name, arch } = target;
  const gone = filesOf(root, name, arch).filter((path) => !kept.has(path) && !coming.has(placeOf(path)));
  const shared = ownedByOthers(root, new Set(gone), new Set([name, `${name}:${arch}`]));
  return gone.flatMap((path): ManifestEntry[] => {
    const place = placeOf(path);
    const now = onDisk(root, place);
    if (now === undefined || shared.has(path) || before.has(place)) return [];
    return [{ path: place, change: 'removed', type: now.type, sha256: null, package: `${name}:${arch}` }];
  });
}

async function recordedConffiles(
  root: string,
  { name, arch }: Target,
  run: Execute,
): Promise<ReadonlyMap<string, string>> {
  const admin = `--admindir=${root === '/' ? '' : root}/var/lib/dpkg`;
  const of = arch === 'all' ? name : `${name}:${arch}`;
  const ran = await run({ argv: ['dpkg-query', admin, '-W', '-f=${Conffiles}\\n', of] }, QUERY_MS_MAX);
  return ran.code === 0 ? conffilesFrom(ran.stdout) : new Map();
}

const isSame = (brought: Brought, now: OnDisk): boolean =>
  brought.type === now.type && brought.sha256 === now.sha256 && brought.target === now.target;
