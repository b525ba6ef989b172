/** A file that somebody named, whole: bounded, and with what is wrong said by its name. */
import { readFileSync, statSync } from 'node:fs';
import { cliErrors } from './errors.ts';
import { withoutMark } from './text.ts';

/** Node holds no more in one buffer that becomes a text. */
const BYTES_MAX = 536_870_888;

/** @param file `-` for standard input. @throws CLI_FILE_UNREADABLE */
export function readWhole(file: string): Buffer {
  try {
    if (file !== '-' && statSync(file).size > BYTES_MAX)
      throw new Error(`it is larger than ${BYTES_MAX} bytes`);
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** @throws CLI_FILE_UNREADABLE, also where it is no JSON */
export function readDocument(file: string): unknown {
  const bytes = readWhole(file);
  try {
    return JSON.parse(withoutMark(bytes.toString('utf8')));
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): Error {
  const because = error instanceof Error ? error.message : String(error);
  return cliErrors.make('CLI_FILE_UNREADABLE', { file, because }, { cause: error });
}
