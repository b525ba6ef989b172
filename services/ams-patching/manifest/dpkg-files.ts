/** What dpkg knows of the files of packages: lists, configuration files and diversions. @see dpkg(1), dpkg-divert(1) */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const INFO = 'var/lib/dpkg/info';
const LISTS_MAX = 65_536;

/** Absolute paths; empty for a package that is not installed. */
export function filesOf(root: string, name: string, arch: string): readonly string[] {
  for (const file of [`${name}:${arch}.list`, `${name}.list`]) {
    const text = textOf(join(root, INFO, file));
    if (text !== undefined) return linesOf(text);
  }
  return [];
}

/** Those of these paths that another package has too. */
export function ownedByOthers(
  root: string,
  paths: ReadonlySet<string>,
  own: ReadonlySet<string>,
): ReadonlySet<string> {
  const found = new Set<string>();
  if (paths.size === 0) return found;
  for (const file of readdirSync(join(root, INFO)).slice(0, LISTS_MAX)) {
    if (!file.endsWith('.list') || own.has(file.slice(0, -'.list'.length))) continue;
    for (const line of linesOf(textOf(join(root, INFO, file)) ?? '')) if (paths.has(line)) found.add(line);
  }
  return found;
}

/** From a path that another package has taken to the place where it really goes. */
export function diversions(root: string): ReadonlyMap<string, { readonly to: string; readonly by: string }> {
  const lines = (textOf(join(root, 'var/lib/dpkg/diversions')) ?? '').split('\n');
  const found = new Map<string, { readonly to: string; readonly by: string }>();
  for (let index = 0; index + 2 < lines.length; index += 3)
    found.set(lines[index] ?? '', { to: lines[index + 1] ?? '', by: lines[index + 2] ?? '' });
  return found;
}

/** `${Conffiles}` of dpkg-query: ` /etc/x 0123…`, with `obsolete` behind it for what the package has no more. */
export function conffilesFrom(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const words = line.trim().split(' ');
      const [path = '', md5 = ''] = words;
      return path.startsWith('/') && /^[0-9a-f]{32}$/.test(md5) && !words.includes('obsolete')
        ? [[path, md5]]
        : [];
    }),
  );
}

export type ConffileFate = 'as-it-is' | 'installed' | 'kept-beside-new';

/**
 * What dpkg does with a configuration file, told to keep the old one when in doubt.
 *
 * @param recorded digest that it had when the version before was installed; undefined for a new one
 * @param now digest on disk; undefined when it is not there
 */
export function fateOf(recorded: string | undefined, now: string | undefined, coming: string): ConffileFate {
  if (now === coming) return 'as-it-is';
  if (recorded === undefined) return now === undefined ? 'installed' : 'kept-beside-new';
  // Who deleted it wants none; who changed it is asked only when the package changed it too.
  if (recorded === coming) return 'as-it-is';
  return now === recorded ? 'installed' : 'kept-beside-new';
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith('/') && line !== '/.');
