/**
 * What the watched files were: in memory as lines by path, on disk as one signed file.
 *
 * The file's first line says when it was taken and the digest of the rest, signed by the agent's key; a file
 * that does not fit its signature is not believed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileIntegrityErrors } from '../errors.ts';
import type { Entry } from './entry.ts';
import { fromLine, pathOfLine, toLine } from './line.ts';
import { directoryOf, isBelow } from './paths.ts';

interface Head {
  readonly takenAtMs: number;
  readonly comparedAtMs: number;
  readonly roots: readonly string[];
  readonly entries: number;
  readonly sha256: string;
}

export interface Signer {
  sign(bytes: Uint8Array): string;
  verify(bytes: Uint8Array, signature: string): boolean;
}

export class Baseline {
  readonly #lines: Map<string, string>;
  /** How many entries lie directly in a directory: most that are deleted are empty by then. */
  readonly #inside = new Map<string, number>();
  readonly roots: readonly string[];
  readonly takenAtMs: number;
  comparedAtMs: number;
  digest = '';

  constructor(roots: readonly string[], takenAtMs: number, lines: readonly string[]) {
    this.roots = roots;
    this.takenAtMs = takenAtMs;
    this.comparedAtMs = takenAtMs;
    this.#lines = new Map(lines.map((line) => [pathOfLine(line), line]));
    for (const path of this.#lines.keys()) this.#count(path, 1);
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

  set(entry: Entry): void {
    if (!this.#lines.has(entry.path)) this.#count(entry.path, 1);
    this.#lines.set(entry.path, toLine(entry));
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

  #count(path: string, by: 1 | -1): void {
    const directory = directoryOf(path);
    const count = (this.#inside.get(directory) ?? 0) + by;
    if (count > 0) this.#inside.set(directory, count);
    else this.#inside.delete(directory);
  }

  save(directory: string, signer: Signer): void {
    const body = `${[...this.#lines.values()].join('\n')}\n`;
    this.digest = createHash('sha256').update(body).digest('hex');
    const head: Head = {
      takenAtMs: this.takenAtMs,
      comparedAtMs: this.comparedAtMs,
      roots: this.roots,
      entries: this.#lines.size,
      sha256: this.digest,
    };
    const signed = JSON.stringify(head);
    const file = fileOf(directory);
    writeFileSync(`${file}.new`, `${signed}\n${signer.sign(Buffer.from(signed))}\n${body}`, {
      mode: 0o600,
      flush: true,
    });
    renameSync(`${file}.new`, file);
  }
}

/** Undefined when there is none yet. @throws FIM_BASELINE_DAMAGED when it is not what was signed */
export function loadBaseline(directory: string, signer: Signer): Baseline | undefined {
  const file = fileOf(directory);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const headEnd = text.indexOf('\n');
  const signatureEnd = text.indexOf('\n', headEnd + 1);
  const signed = text.slice(0, headEnd);
  if (signatureEnd === -1 || !holds(signer, signed, text.slice(headEnd + 1, signatureEnd))) {
    throw fileIntegrityErrors.make('FIM_BASELINE_DAMAGED', { because: 'its signature does not hold' });
  }
  const head = JSON.parse(signed) as Head;
  const body = text.slice(signatureEnd + 1);
  if (createHash('sha256').update(body).digest('hex') !== head.sha256) {
    throw fileIntegrityErrors.make('FIM_BASELINE_DAMAGED', { because: 'its content is not what was signed' });
  }
  const baseline = new Baseline(
    head.roots,
    head.takenAtMs,
    body.split('\n').filter((line) => line !== ''),
  );
  baseline.comparedAtMs = head.comparedAtMs;
  baseline.digest = head.sha256;
  return baseline;
}

function holds(signer: Signer, signed: string, signature: string): boolean {
  try {
    return signer.verify(Buffer.from(signed), signature);
  } catch {
    return false;
  }
}

function hasAncestor(path: string, among: ReadonlySet<string>): boolean {
  for (let at = path; ; at = directoryOf(at)) {
    if (among.has(at)) return true;
    if (at === '/') return false;
  }
}

const fileOf = (directory: string): string => join(directory, 'baseline');
