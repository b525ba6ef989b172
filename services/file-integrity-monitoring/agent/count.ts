/** How much there is to read below the watched paths: names only, so that a long reading can say how long. */
import { readdir } from 'node:fs/promises';
import { fsPath, join } from './paths.ts';

/** Undefined when `signal` came first. Roughly: what is mounted below counts, what changes meanwhile may not. */
export async function countEntries(
  roots: readonly string[],
  excluded: (path: string) => boolean,
  bound: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  let count = 0;
  const waiting = [...roots];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    if (signal.aborted) return undefined;
    if (count >= bound) return bound;
    const entries = await readdir(fsPath(directory), { withFileTypes: true, encoding: 'latin1' }).catch(
      () => [],
    );
    count += 1;
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (excluded(path)) continue;
      if (entry.isDirectory()) waiting.push(path);
      else count += 1;
    }
  }
  return count;
}
