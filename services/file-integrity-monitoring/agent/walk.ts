/** Which directories there are to read below the watched paths: each once, whatever links and mounts do. */
import { lstatSync, readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { fromUtf8, fsPath, join } from './paths.ts';

export interface Walk {
  readonly directories: readonly string[];
  /** Watched paths that are single files. */
  readonly files: readonly string[];
  /** Left out and why: mounted file systems of another kind, loops, what cannot be read. */
  readonly skipped: readonly { readonly path: string; readonly because: string }[];
}

const SKIPPED_MAX = 1_000;
/** Other work of the agent gets its turn after so many directories. */
const SLICE = 256;

/** Stays on the file system of each watched path: /proc or a network mount below it is somebody else's. */
export async function walk(roots: readonly string[], excluded: (path: string) => boolean): Promise<Walk> {
  const directories: string[] = [];
  const files: string[] = [];
  const skipped: { path: string; because: string }[] = [];
  const skip = (path: string, because: string): void => {
    if (skipped.length < SKIPPED_MAX) skipped.push({ path, because });
  };
  const seen = new Set<string>();
  for (const root of roots.map(fromUtf8)) {
    let device: number;
    try {
      const stats = lstatSync(fsPath(root));
      if (!stats.isDirectory()) {
        if (!excluded(root)) files.push(root);
        continue;
      }
      device = stats.dev;
    } catch {
      // Not on this machine: the defaults name what some distributions have.
      continue;
    }
    const waiting = [root];
    for (
      let directory = waiting.pop(), count = 0;
      directory !== undefined;
      directory = waiting.pop(), count += 1
    ) {
      if (count % SLICE === SLICE - 1) await turn();
      if (excluded(directory)) continue;
      try {
        const stats = lstatSync(fsPath(directory));
        const identity = `${stats.dev}:${stats.ino}`;
        if (!stats.isDirectory()) continue;
        if (seen.has(identity)) {
          skip(directory, 'the same directory as another one (bind mount or overlap)');
          continue;
        }
        if (stats.dev !== device) {
          skip(directory, 'another file system is mounted there');
          continue;
        }
        seen.add(identity);
        directories.push(directory);
        for (const entry of readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' })) {
          if (entry.isDirectory()) waiting.push(join(directory, entry.name));
        }
      } catch (error) {
        skip(directory, (error as { readonly code?: string }).code ?? 'unreadable');
      }
    }
  }
  return { directories, files, skipped };
}
