/** What the watched files were, in memory as lines by path; `baseline-file.ts` has it on disk, signed. */
import { digestOf, readBaselineFile, type Signer, writeBaselineFile } from './baseline-file.ts';
import type { Entry } from './entry.ts';
import { fromLine, pathOfLine, toLine } from './line.ts';
import { directoryOf, isBelow } from './paths.ts';

export class Baseline {
  readonly #lines = new Map<string, string>();
  /** How many entries lie directly in a directory: most that are deleted are empty by then. */
  readonly #inside = new Map<string, number>();
  readonly roots: readonly string[];
  readonly takenAtMs: number;
  comparedAtMs: number;
  digest = '';

  constructor(roots: readonly string[], takenAtMs: number) {
    this.roots = roots;
    this.takenAtMs = takenAtMs;
    this.comparedAtMs = takenAtMs;
  }

  get size(): number {
    return this.#lines.size;
  }

  get(path: string): Entry | undefined {
    const line = this.#lines.get(path);
    return line === undefined ? undefined : fromLine(line);
  }

  /** The stored line, to compare whole: equal lines are equal entries. */
  line(path: string): string | undefined {
    return this.#lines.get(path);
  }

  /** What a scan found, as it comes. */
  add(lines: readonly string[]): void {
    for (const line of lines) this.#put(pathOfLine(line), line);
  }

  set(entry: Entry): void {
    this.#put(entry.path, toLine(entry));
  }

  delete(path: string): void {
    if (this.#lines.delete(path)) this.#count(path, -1);
  }

  has(path: string): boolean {
    return this.#lines.has(path);
  }

  /** The paths below one of the directories and these themselves: looks at every path, for rare moments. */
  below(directories: readonly string[]): readonly string[] {
    const wanted = directories.filter((path) => this.#inside.has(path) || this.#lines.has(path));
    if (wanted.length === 0) return [];
    if (wanted.length === 1) {
      const [only = ''] = wanted;
      return [...this.#lines.keys()].filter((path) => isBelow(path, only));
    }
    const among = new Set(wanted);
    return [...this.#lines.keys()].filter((path) => hasAncestor(path, among));
  }

  #put(path: string, line: string): void {
    // The path is a part of its line: with the path that was there, the line that was there would stay in memory.
    if (!this.#lines.delete(path)) this.#count(path, 1);
    this.#lines.set(path, line);
  }

  #count(path: string, by: 1 | -1): void {
    const directory = directoryOf(path);
    const count = (this.#inside.get(directory) ?? 0) + by;
    if (count > 0) this.#inside.set(directory, count);
    else this.#inside.delete(directory);
  }

  save(directory: string, signer: Signer): void {
    const { takenAtMs, comparedAtMs, roots } = this;
    this.digest = digestOf(this.#lines.values());
    const head = { takenAtMs, comparedAtMs, roots, entries: this.#lines.size, sha256: this.digest };
    writeBaselineFile(directory, head, this.#lines.values(), signer);
  }
}

/** Undefined when there is none yet. @throws FIM_BASELINE_DAMAGED when it is not what was signed */
export function loadBaseline(directory: string, signer: Signer): Baseline | undefined {
  let read: Baseline | undefined;
  const head = readBaselineFile(directory, signer, (lines, { roots, takenAtMs }) => {
    read ??= new Baseline(roots, takenAtMs);
    read.add(lines);
  });
  if (head === undefined) return undefined;
  const baseline = read ?? new Baseline(head.roots, head.takenAtMs);
  baseline.comparedAtMs = head.comparedAtMs;
  baseline.digest = head.sha256;
  return baseline;
}

function hasAncestor(path: string, among: ReadonlySet<string>): boolean {
  for (let at = path; ; at = directoryOf(at)) {
    if (among.has(at)) return true;
    if (at === '/') return false;
  }
}
