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
  readonly roots: readonly string[];
  readonly takenAtMs: number;
  comparedAtMs: number;
  digest = '';

  constructor(roots: readonly string[], takenAtMs: number, lines: readonly string[]) {
    this.roots = roots;
    this.takenAtMs = takenAtMs;
    this.comparedAtMs = takenAtMs;
    this.#lines = new Map(lines.map((line) => [pathOfLine(line), line]));
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
    this.#lines.set(entry.path, toLine(entry));
  }

  delete(path: string): void {
    this.#lines.delete(path);
  }

  paths(): Iterable<string> {
    return this.#lines.keys();
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

const fileOf = (directory: string): string => join(directory, 'baseline');
