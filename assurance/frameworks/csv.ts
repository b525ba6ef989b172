/** Delimited text (RFC 4180 and what spreadsheets make of it) → rows. */
import { DemarcError } from '@demarc/platform/errors';
import { frameworkErrors } from './framework-errors.ts';
import { CELL_CHARS_MAX, COLUMNS_MAX, ROWS_MAX } from './model.ts';

const DELIMITERS = [',', ';', '\t'];

/** @throws FRAMEWORK_FILE_UNREADABLE, FRAMEWORK_FILE_TOO_LARGE */
export function readCsv(bytes: Uint8Array): readonly (readonly string[])[] {
  const text = decoded(bytes);
  const delimiter = delimiterOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  let quotedSince = 0;
  const endCell = (): void => {
    if (cell.length > CELL_CHARS_MAX)
      throw tooLarge(`row ${rows.length + 1} has a cell of ${cell.length} characters`, CELL_CHARS_MAX);
    row.push(cell);
    cell = '';
    if (row.length > COLUMNS_MAX) throw tooLarge(`row ${rows.length + 1} has more columns`, COLUMNS_MAX);
  };
  const endRow = (): void => {
    endCell();
    rows.push(row);
    row = [];
    if (rows.length > ROWS_MAX) throw tooLarge('it has more rows', ROWS_MAX);
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
      if (cell.length > CELL_CHARS_MAX)
        throw frameworkErrors.make('FRAMEWORK_FILE_UNREADABLE', {
          because: `the quotation mark opened in row ${quotedSince} is not closed within ${CELL_CHARS_MAX} characters`,
        });
    } else if (sign === '"' && cell === '') {
      quoted = true;
      quotedSince = rows.length + 1;
    } else if (sign === delimiter) endCell();
    else if (sign === '\n' || (sign === '\r' && text.charAt(at + 1) !== '\n')) endRow();
    else if (sign !== '\r') cell += sign;
  }
  if (quoted)
    throw frameworkErrors.make('FRAMEWORK_FILE_UNREADABLE', {
      because: `the quotation mark opened in row ${quotedSince} is never closed`,
    });
  if (cell !== '' || row.length > 0) endRow();
  return rows;
}

/** UTF-8, or UTF-16 where the file says so. Anything else would be guessed, and names would come out wrong. */
function decoded(bytes: Uint8Array): string {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined;
  try {
    const text = new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes);
    if (text.includes('\u0000'))
      throw frameworkErrors.make('FRAMEWORK_FILE_UNREADABLE', { because: 'it is not text' });
    return text;
  } catch (error) {
    if (error instanceof DemarcError) throw error;
    throw frameworkErrors.make('FRAMEWORK_FILE_UNREADABLE', { because: 'it is not text in UTF-8 or UTF-16' });
  }
}

/** The one that the first line has most of, outside of quotation marks. */
function delimiterOf(text: string): string {
  const end = text.search(/[\r\n]/);
  const first = (end < 0 ? text : text.slice(0, end)).replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => first.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

const tooLarge = (what: string, max: number) =>
  frameworkErrors.make('FRAMEWORK_FILE_TOO_LARGE', { what, max });
