/**
 * Files of a source, and never others: below one directory, without following a link out of it, and without
 * trusting that what was looked at is still what is opened.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import { intakeErrors } from '../errors.ts';

const DEPTH_MAX = 12;
export const FILES_MAX = 10_000;

/** The real path of `path` below `root`. @throws INTAKE_PATH_REFUSED */
export async function confined(root: string, path: string): Promise<string> {
  const refuse = (because: string, cause?: unknown) =>
    intakeErrors.make('INTAKE_PATH_REFUSED', { path, because }, { cause });
  if (path.includes('\0') || normalize(path).split(sep).includes('..'))
    throw refuse('it leads out of the directory of the intake');
  try {
    const base = await realpath(root);
    const found = await realpath(join(base, path));
    if (!isBelow(base, found)) throw refuse('it leads out of the directory of the intake');
    return found;
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'INTAKE_PATH_REFUSED') throw error;
    throw refuse('it is not there, or may not be read', error);
  }
}

/** Regular files at a path and below it, in the order of their names. Links are passed over. */
export async function filesAt(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (directory: string, depth: number): Promise<void> => {
    if (depth > DEPTH_MAX) return;
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= FILES_MAX) return;
      const at = join(directory, entry.name);
      if (entry.isDirectory()) await walk(at, depth + 1);
      else if (entry.isFile()) found.push(at);
    }
  };
  if ((await stat(path)).isDirectory()) await walk(path, 0);
  else found.push(path);
  return found;
}

/** Opens a file that `filesAt` found. Undefined when it is gone, or is another thing by now. */
export async function openConfined(base: string, path: string): Promise<FileHandle | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Not blocking, for somebody may have put a pipe there in between.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const isFile = (await handle.stat()).isFile();
    // Where it really is: a directory on the way may have become a link since.
    const really = await realpath(`/proc/self/fd/${handle.fd}`);
    if (isFile && isBelow(base, really)) return handle;
  } catch {
    // Gone, or not ours to read.
  }
  await handle?.close();
  return undefined;
}

const isBelow = (base: string, path: string): boolean => path === base || path.startsWith(`${base}${sep}`);
