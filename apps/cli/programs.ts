/** Our long-running programs: which there are, and where each is started from. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Beside the packages, which are as trusted, and in the checkout that it belongs to. */
export const PROGRAMS_DIRECTORY = join(ROOT, 'node_modules/.demarc-programs');

/** Run once by the bundler: makes what the others would make at each start. */
export const PREPARING = 'apps/server/prepare.ts';

/** What `./demarc up` keeps running, and the workers of it that read much. */
export const PROGRAMS: readonly string[] = [
  'apps/server/main.ts',
  PREPARING,
  'apps/server/exports/export.worker.ts',
  'siem/rules/compile.worker.ts',
  'services/vulnerability-scanning/server/feeds.worker.ts',
  'services/vulnerability-scanning/server/reports/render.worker.ts',
  'services/ams-patching/server/plan.worker.ts',
  'apps/agent/main.ts',
];

/** Names the folder of the last bundles; each folder has its manifest. */
export const LATEST = 'latest';
export const MANIFEST = 'manifest.json';

export interface ProgramsManifest {
  /** Digest of the versions of what was bundled. */
  readonly packages: string;
  /** Our own sources: path from the root, whole milliseconds of the last change, size in bytes. */
  readonly files: readonly (readonly [path: string, mtimeMs: number, size: number])[];
}

/** `apps/server/main.ts` → `server-main`. */
export function nameOf(path: string): string {
  return path
    .replace(/^apps\//, '')
    .replace(/\.ts$/, '')
    .replaceAll(/[/.]/g, '-');
}

/** A file of the checkout. */
export const checkout = (path: string): string => join(ROOT, path);

/** What to start for a program: its bundle where that is current, otherwise the source itself. */
export function program(path: string): string {
  const bundles = currentBundles();
  return bundles === undefined || !PROGRAMS.includes(path)
    ? checkout(path)
    : join(bundles.directory, `${nameOf(path)}.mjs`);
}

/** Undefined unless every source is as it was bundled; asking some hundred files takes milliseconds. */
export function currentBundles(): { readonly directory: string; readonly packages: string } | undefined {
  try {
    const directory = join(PROGRAMS_DIRECTORY, readFileSync(join(PROGRAMS_DIRECTORY, LATEST), 'utf8'));
    const { packages, files } = JSON.parse(
      readFileSync(join(directory, MANIFEST), 'utf8'),
    ) as ProgramsManifest;
    const isCurrent = files.every(([file, mtimeMs, size]) => {
      const found = statSync(join(ROOT, file));
      return Math.trunc(found.mtimeMs) === mtimeMs && found.size === size;
    });
    return isCurrent ? { directory, packages } : undefined;
  } catch {
    // None yet, or a source is gone.
    return undefined;
  }
}
