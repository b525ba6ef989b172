/** What the watched files were, in memory as lines by path; `baseline-file.ts` has it on disk, signed. */
import { blocksOf, digestOf, readBaselineFile, type Signer, writeBaselineFile } from './baseline-file.ts';
import type { Entry } from './entry.ts';
import { fromLine, pathOfLine, toLine } from './line.ts';
import type { Lines } from './lines.ts';
import { directoryOf, isBelow } from './paths.ts';

export class Baseline {
  readonly #lines = new Map<string, string>();
  /** What a scan found and nobody has asked about: the first baseline is on the disk before it is looked into. */
  #added: Lines[] = [];
  /** How many entries lie directly in a directory: most that are deleted are empty by then. Once it is asked. */
  #inside: Map<string, number> | undefined;
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
    return this.#isAsAdded ? this.#added.reduce((sum, { count }) => sum + count, 0) : this.#byPath.size;
  }

  get(path: string): Entry | undefined {
    const line = this.#byPath.get(path);
    return line === undefined ? undefined : fromLine(line);
  }

  /** The stored line, to compare whole: equal lines are equal entries. */
  line(path: string): string | undefined {
    return this.#byPath.get(path);
  }

  /** What a scan found, as it comes. */
  add(lines: Lines): void {
    if (lines.count > 0) this.#added.push(lines);
  }

  /** What was read from the disk, piece by piece. */
  load(lines: readonly string[]): void {
    for (const line of lines) this.#put(pathOfLine(line), line);
  }

  set(entry: Entry): void {
    this.#put(entry.path, toLine(entry));
  }

  delete(path: string): void {
    if (this.#byPath.delete(path)) this.#count(path, -1);
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  /** The paths below one of the directories and these themselves: looks at every path, for rare moments. */
  below(directories: readonly string[]): readonly string[] {
    const lines = this.#byPath;
    const inside = this.#inside ?? this.#countInside();
    const wanted = directories.filter((path) => inside.has(path) || lines.has(path));
    if (wanted.length === 0) return [];
    if (wanted.length === 1) {
      const [only = ''] = wanted;
      return [...lines.keys()].filter((path) => isBelow(path, only));
    }
    const among = new Set(wanted);
    return [...lines.keys()].filter((path) => hasAncestor(path, among));
  }

  /** Whether each line is here once and as bytes; below a watched path another one is read twice. */
  get #isAsAdded(): boolean {
    const { roots } = this;
    return (
      this.#lines.size === 0 &&
      !roots.some((path, at) => roots.some((root, other) => other !== at && isBelow(path, root)))
    );
  }

  get #byPath(): Map<string, string> {
    if (this.#added.length === 0) return this.#lines;
    const added = this.#added;
    this.#added = [];
    for (const lines of added) {
      for (const line of lines) this.#put(pathOfLine(line), line);
      // Not when the collector comes to it: bytes and strings together would be twice the baseline.
      lines.release();
    }
    return this.#lines;
  }

  #put(path: string, line: string): void {
    const lines = this.#byPath;
    const { size } = lines;
    lines.set(path, line);
    if (lines.size > size) {
      this.#count(path, 1);
      return;
    }
    // The key is a part of its line: with the key of before, the line of before would stay in memory.
    lines.delete(path);
    lines.set(path, line);
  }

  #countInside(): ReadonlyMap<string, number> {
    this.#inside = new Map();
    for (const path of this.#lines.keys()) this.#count(path, 1);
    return this.#inside;
  }

  #count(path: string, by: 1 | -1): void {
    if (this.#inside === undefined) return;
    const directory = directoryOf(path);
    const count = (this.#inside.get(directory) ?? 0) + by;
    if (count > 0) this.#inside.set(directory, count);
    else this.#inside.delete(directory);
  }

  save(directory: string, signer: Signer): void {
    const { takenAtMs, comparedAtMs, roots } = this;
    const body = this.#isAsAdded
      ? () => this.#added.map(({ bytes }) => bytes)
      : () => blocksOf(this.#byPath.values());
    this.digest = digestOf(body());
    const head = { takenAtMs, comparedAtMs, roots, entries: this.size, sha256: this.digest };
    writeBaselineFile(directory, head, body(), signer);
  }
}

/** Undefined when there is none yet. @throws FIM_BASELINE_DAMAGED when it is not what was signed */
export function loadBaseline(directory: string, signer: Signer): Baseline | undefined {
  let read: Baseline | undefined;
  const head = readBaselineFile(directory, signer, (lines, { roots, takenAtMs }) => {
    read ??= new Baseline(roots, takenAtMs);
    read.load(lines);
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
