/** Lines of a file or of standard input, compressed or not. */
import { createReadStream } from 'node:fs';
import { cliErrors } from '../errors.ts';
import { wholeLines } from '../sigma/lines.ts';
import { asUtf8 } from '../text.ts';

/**
 * @param onTooLong told of each line that is passed over because of its length
 * @throws CLI_FILE_UNREADABLE
 */
export async function* readLines(file: string, onTooLong: () => void): AsyncGenerator<string> {
  try {
    const source: AsyncIterable<Buffer> =
      file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1_048_576 });
    for await (const bytes of wholeLines(asUtf8(source), onTooLong)) {
      const lines = bytes.toString('utf8').split('\n');
      if (bytes.at(-1) === 0x0a) lines.pop();
      yield* lines;
    }
  } catch (error) {
    if (error instanceof Error && 'fix' in error) throw error;
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
  }
}
