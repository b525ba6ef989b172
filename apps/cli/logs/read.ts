/** Lines of a file or of standard input, compressed or not. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { cliErrors } from '../errors.ts';
import { wholeLines } from '../sigma/lines.ts';

const GZIP = [0x1f, 0x8b] as const;
/** Windows writes logs so, with this mark before them. */
const UTF_16 = [0xff, 0xfe] as const;

/**
 * @param onTooLong told of each line that is passed over because of its length
 * @throws CLI_FILE_UNREADABLE
 */
export async function* readLines(file: string, onTooLong: () => void): AsyncGenerator<string> {
  try {
    const source: AsyncIterable<Buffer> =
      file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1_048_576 });
    let isWide: boolean | undefined;
    for await (const bytes of wholeLines(inflated(source), onTooLong)) {
      isWide ??= startsWith(bytes, UTF_16);
      const lines = (isWide ? bytes.toString('utf8').replaceAll('\0', '') : bytes.toString('utf8')).split(
        '\n',
      );
      if (bytes.at(-1) === 0x0a) lines.pop();
      yield* lines;
    }
  } catch (error) {
    if (error instanceof Error && 'fix' in error) throw error;
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
  }
}

/** Compressed by what its first bytes say: rotated files have all kinds of names. */
async function* inflated(source: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  async function* all(): AsyncGenerator<Buffer> {
    yield first.value as Buffer;
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

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}
