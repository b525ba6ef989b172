/** Door: what is in a tar archive, as it comes from a program, or as it lies in memory. */
import { BLOCK, Headers, paddingOf, type TarEntry } from './headers.ts';

export { TAR_ENTRIES_MAX, type TarEntry, TooManyEntries } from './headers.ts';

/** What is done with the content of one entry. */
export interface TarSink {
  data(chunk: Buffer): void;
  end(): void;
}

/**
 * In constant memory. An end that is not marked is one, as to dpkg: who wrote it says whether that was all.
 *
 * @param onEntry in the order of the archive; without a sink its content is passed over
 * @throws Error with what is wrong with the archive; TooManyEntries
 */
export async function readTar(
  chunks: AsyncIterable<Buffer>,
  onEntry: (entry: TarEntry) => TarSink | undefined,
): Promise<void> {
  const parser = new TarParser(onEntry);
  for await (const chunk of chunks) parser.add(chunk);
  parser.end();
}

/** By its magic, which the first of all tars had not. */
export const isTar = (bytes: Uint8Array): boolean =>
  bytes.length >= BLOCK &&
  Buffer.from(bytes.buffer, bytes.byteOffset + 257, 5).toString('latin1') === 'ustar';

/**
 * One after the other, when they are asked for; contents are parts of what was given, not copies.
 *
 * @throws Error with what is wrong with the archive: also where its end is not marked, so that nobody takes a part of
 *   what was published for all of it; TooManyEntries
 */
export function* tarEntries(
  bytes: Uint8Array,
): Generator<{ readonly entry: TarEntry; readonly content: Buffer }> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headers = new Headers();
  for (let at = 0; at < whole.length; ) {
    if (at + BLOCK > whole.length) throw new Error('it ends in the middle of an entry');
    const part = headers.read(whole.subarray(at, at + BLOCK));
    if (part.is === 'end') return;
    const from = at + BLOCK;
    if (from + part.size > whole.length) throw new Error('it ends in the middle of an entry');
    const content = whole.subarray(from, from + part.size);
    if (part.is === 'name') headers.name(part.kind, content);
    else yield { entry: part.entry, content };
    at = from + part.size + paddingOf(part.size);
  }
  throw new Error('it has no end');
}

class TarParser {
  readonly #onEntry: (entry: TarEntry) => TarSink | undefined;
  readonly #headers = new Headers();
  readonly #header = Buffer.alloc(BLOCK);
  #headerLength = 0;
  /** Of the content that is being read, and of what fills up its last block. */
  #left = 0;
  #padding = 0;
  #sink: TarSink | undefined;
  #isOver = false;

  constructor(onEntry: (entry: TarEntry) => TarSink | undefined) {
    this.#onEntry = onEntry;
  }

  add(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#isOver) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.#sink?.data(part);
        this.#left -= part.length;
        rest = rest.subarray(part.length);
        if (this.#left === 0) this.#endContent();
      } else if (this.#padding > 0) {
        const count = Math.min(this.#padding, rest.length);
        this.#padding -= count;
        rest = rest.subarray(count);
      } else {
        const part = rest.subarray(0, BLOCK - this.#headerLength);
        part.copy(this.#header, this.#headerLength);
        this.#headerLength += part.length;
        rest = rest.subarray(part.length);
        if (this.#headerLength === BLOCK) {
          this.#headerLength = 0;
          this.#begin();
        }
      }
    }
  }

  end(): void {
    if (this.#left > 0 || this.#headerLength > 0) throw new Error('it ends in the middle of an entry');
  }

  #begin(): void {
    const part = this.#headers.read(this.#header);
    if (part.is === 'end') {
      this.#isOver = true;
      return;
    }
    this.#left = part.size;
    this.#padding = paddingOf(part.size);
    this.#sink = part.is === 'entry' ? this.#onEntry(part.entry) : this.#nameSink(part.kind);
    if (part.size === 0) this.#endContent();
  }

  #nameSink(kind: string): TarSink {
    const parts: Buffer[] = [];
    return {
      data: (chunk) => parts.push(Buffer.from(chunk)),
      end: () => this.#headers.name(kind, Buffer.concat(parts)),
    };
  }

  #endContent(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }
}
