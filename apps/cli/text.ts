/** Text as people have it: compressed or not, and in the encodings that Windows writes, with the mark before them. */
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';

const GZIP = [0x1f, 0x8b] as const;
const UTF_8_MARK = [0xef, 0xbb, 0xbf] as const;
const UTF_16 = [
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
] as const;
/** No mark is longer. */
const MARK_BYTES_MAX = 3;

/** UTF-8 without a mark, whatever of these it was; bytes that are no text of theirs stay as they are, or become U+FFFD. */
export async function* asUtf8(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = whole(inflated(whole(source)));
  let decoder: TextDecoder | undefined;
  let isFirst = true;
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (isFirst) {
      isFirst = false;
      const wide = UTF_16.find(([mark]) => startsWith(bytes, mark));
      if (wide !== undefined) decoder = new TextDecoder(wide[1]);
      else if (startsWith(bytes, UTF_8_MARK)) bytes = bytes.subarray(UTF_8_MARK.length);
    }
    yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
  }
  if (decoder !== undefined) yield Buffer.from(decoder.decode());
}

/** The same of a text that is there as a whole. */
export const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

/** Compressed by what its first bytes say: rotated files have all kinds of names. */
async function* inflated(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield first.value as Uint8Array;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  if (!startsWith(first.value, GZIP)) {
    yield* all();
    return;
  }
  const gunzip = createGunzip();
  const { pipeline } = await import('node:stream/promises');
  const piped = pipeline(all(), gunzip);
  // What is wrong with it is told by the reader below; nobody else waits for it.
  piped.catch(() => undefined);
  yield* gunzip as AsyncIterable<Uint8Array>;
  await piped;
}

/** A first piece that is long enough for every mark; a pipe may bring a byte at a time. */
async function* whole(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of source) {
    if (held === undefined) {
      yield chunk;
      continue;
    }
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (held.length < MARK_BYTES_MAX) continue;
    yield held;
    held = undefined;
  }
  if (held !== undefined && held.length > 0) yield held;
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}
