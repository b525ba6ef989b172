/**
 * The baseline on disk: its first line says when it was taken and the digest of the rest, the second is the
 * agent's signature of the first, and then comes a line for each entry. Written and read piece by piece: with
 * half a million entries the whole text is a third of the memory that the agent may use.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileIntegrityErrors } from '../errors.ts';

export interface Head {
  readonly takenAtMs: number;
  readonly comparedAtMs: number;
  readonly roots: readonly string[];
  readonly entries: number;
  /** Of all lines after the signature, each with its newline. */
  readonly sha256: string;
}

export interface Signer {
  sign(bytes: Uint8Array): string;
  verify(bytes: Uint8Array, signature: string): boolean;
}

const LINES_PER_BLOCK = 256;
const READ_BYTES = 1_048_576;
/** The watched paths are in it: 512 of 4,096 bytes each at most. */
const HEAD_BYTES_MAX = 4_194_304;
const NEWLINE = 0x0a;

/** What `Head` has as `sha256`. */
export function digestOf(body: Iterable<Uint8Array>): string {
  const digest = createHash('sha256');
  for (const block of body) digest.update(block);
  return digest.digest('hex');
}

/**
 * In the place of the one before, once all of it is on the disk.
 *
 * @param body lines, each with its newline
 */
export function writeBaselineFile(
  directory: string,
  head: Head,
  body: Iterable<Uint8Array>,
  signer: Signer,
): void {
  const file = fileOf(directory);
  const signed = JSON.stringify(head);
  const descriptor = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeFileSync(descriptor, `${signed}\n${signer.sign(Buffer.from(signed))}\n`);
    for (const block of body) writeFileSync(descriptor, block);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${file}.new`, file);
}

/**
 * Undefined when there is none yet.
 *
 * @param onLines gets the lines before it is known that all of them are as they were signed
 * @throws FIM_BASELINE_DAMAGED when it is not what was signed: then what `onLines` got is worth nothing
 */
export function readBaselineFile(
  directory: string,
  signer: Signer,
  onLines: (lines: readonly string[], head: Head) => void,
): Head | undefined {
  const file = fileOf(directory);
  if (!existsSync(file)) return undefined;
  const descriptor = openSync(file, 'r');
  try {
    const { signed, signature, bodyAt } = readHead(descriptor);
    if (!holds(signer, signed, signature))
      throw fileIntegrityErrors.make('FIM_BASELINE_DAMAGED', { because: 'its signature does not hold' });
    const head = JSON.parse(signed) as Head;
    if (readLines(descriptor, bodyAt, (lines) => onLines(lines, head)) !== head.sha256)
      throw fileIntegrityErrors.make('FIM_BASELINE_DAMAGED', {
        because: 'its content is not what was signed',
      });
    return head;
  } finally {
    closeSync(descriptor);
  }
}

/** The body of the file, never all of it at once. */
export function* blocksOf(lines: Iterable<string>): Generator<Buffer> {
  let block: string[] = [];
  for (const line of lines) {
    block.push(line);
    if (block.length < LINES_PER_BLOCK) continue;
    yield Buffer.from(`${block.join('\n')}\n`);
    block = [];
  }
  if (block.length > 0) yield Buffer.from(`${block.join('\n')}\n`);
}

function readHead(descriptor: number): {
  readonly signed: string;
  readonly signature: string;
  readonly bodyAt: number;
} {
  const bytes = Buffer.alloc(HEAD_BYTES_MAX);
  const start = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  const headEnd = start.indexOf(NEWLINE);
  const signatureEnd = headEnd === -1 ? -1 : start.indexOf(NEWLINE, headEnd + 1);
  if (signatureEnd === -1) return { signed: '', signature: '', bodyAt: 0 };
  return {
    signed: start.toString('utf8', 0, headEnd),
    signature: start.toString('utf8', headEnd + 1, signatureEnd),
    bodyAt: signatureEnd + 1,
  };
}

/** Returns the digest of what was read. */
function readLines(descriptor: number, from: number, onLines: (lines: readonly string[]) => void): string {
  const digest = createHash('sha256');
  let bytes = Buffer.allocUnsafeSlow(READ_BYTES);
  let kept = 0;
  for (let at = from; ; ) {
    // A line longer than the buffer: extended attributes may have any length.
    if (kept === bytes.length) bytes = Buffer.concat([bytes], bytes.length * 2);
    const length = readSync(descriptor, bytes, kept, bytes.length - kept, at);
    if (length === 0) break;
    digest.update(bytes.subarray(kept, kept + length));
    at += length;
    const { lines, end } = linesOf(bytes.subarray(0, kept + length));
    onLines(lines);
    bytes.copyWithin(0, end, kept + length);
    kept += length - end;
  }
  return digest.digest('hex');
}

/** The whole ones, each a string of its own: as parts of one text they would keep all of it in memory. */
function linesOf(bytes: Buffer): { readonly lines: readonly string[]; readonly end: number } {
  const lines: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    // A baseline without entries was an empty line once.
    if (end > start) lines.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return { lines, end: start };
}

function holds(signer: Signer, signed: string, signature: string): boolean {
  try {
    return signer.verify(Buffer.from(signed), signature);
  } catch {
    return false;
  }
}

const fileOf = (directory: string): string => join(directory, 'baseline');
