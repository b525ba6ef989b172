/**
 * A worksheet → rows. The file comes from anywhere: its parts are counted and unpacked here, each into no more than
 * the archive says it is, and what names a cell far outside is refused, before the reader sees any of it.
 */
import { DemarcError } from '@demarc/platform/errors';
import { type UnzipFileInfo, unzipSync, zipSync } from 'fflate';
import { readXlsx } from 'hucre/xlsx';
import { frameworkErrors } from './framework-errors.ts';
import { CELL_CHARS_MAX, COLUMNS_MAX, PARTS_MAX, ROWS_MAX, UNPACKED_BYTES_MAX } from './model.ts';

const SHEET = /^xl\/worksheets\/[^/]+\.xml$/;
/** Macros, pictures and the like hold no rows. */
const WANTED =
  /^(?:\[Content_Types\]\.xml|_rels\/[^/]+|xl\/(?:workbook\.xml|sharedStrings\.xml|styles\.xml|_rels\/[^/]+|worksheets\/(?:_rels\/)?[^/]+))$/;

/** @throws FRAMEWORK_FILE_UNREADABLE, FRAMEWORK_FILE_TOO_LARGE */
export async function readSheetRows(
  bytes: Uint8Array,
  sheetName: string | undefined,
): Promise<readonly (readonly string[])[]> {
  const parts = unpack(bytes);
  for (const [name, part] of Object.entries(parts)) if (SHEET.test(name)) checkCells(part);
  const plain = zipSync(parts, { level: 0 });
  let sheets: Awaited<ReturnType<typeof readXlsx>>['sheets'];
  try {
    ({ sheets } = await readXlsx(plain, { maxRows: ROWS_MAX + 1 }));
  } catch (error) {
    throw unreadable(
      `it is no workbook (${error instanceof Error ? error.message.slice(0, 200) : 'unknown'})`,
    );
  }
  const sheet = sheetName === undefined ? sheets[0] : sheets.find(({ name }) => name === sheetName);
  if (sheet === undefined)
    throw unreadable(
      `it has no sheet ${sheetName ?? ''}; it has ${sheets.map(({ name }) => name).join(', ')}`,
    );
  return sheet.rows.map((row, index) => {
    if (row.length > COLUMNS_MAX) throw tooLarge(`row ${index + 1} has ${row.length} columns`, COLUMNS_MAX);
    return row.map((cell) => textOf(cell, index + 1));
  });
}

function unpack(bytes: Uint8Array): Record<string, Uint8Array> {
  let total = 0;
  let count = 0;
  const within = ({ name, originalSize }: UnzipFileInfo): boolean => {
    count += 1;
    total += originalSize;
    if (count > PARTS_MAX) throw tooLarge('it has more parts', PARTS_MAX);
    if (total > UNPACKED_BYTES_MAX) throw tooLarge('unpacked it has more bytes', UNPACKED_BYTES_MAX);
    return WANTED.test(name);
  };
  try {
    return unzipSync(bytes, { filter: within });
  } catch (error) {
    if (error instanceof DemarcError) throw error;
    throw unreadable('it is not a whole XLSX file, or has a password');
  }
}

/** A sheet of one cell in the last row of the last column would be a table of seventeen thousand million cells. */
function checkCells(part: Uint8Array): void {
  const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('latin1');
  for (const [, column = '', row = ''] of text.matchAll(/\br="([A-Z]*)(\d+)"/g)) {
    if (Number(row) > ROWS_MAX) throw tooLarge(`it has a row ${row}`, ROWS_MAX);
    if (columnNumber(column) > COLUMNS_MAX) throw tooLarge(`it has a column ${column}`, COLUMNS_MAX);
  }
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw unreadable('a sheet declares entities');
}

const columnNumber = (letters: string): number =>
  letters.split('').reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);

function textOf(cell: unknown, row: number): string {
  if (cell === null || cell === undefined) return '';
  const text =
    cell instanceof Date
      ? cell.toISOString()
      : typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean'
        ? String(cell)
        : '';
  if (text.length > CELL_CHARS_MAX)
    throw tooLarge(`row ${row} has a cell of ${text.length} characters`, CELL_CHARS_MAX);
  return text;
}

const unreadable = (because: string) => frameworkErrors.make('FRAMEWORK_FILE_UNREADABLE', { because });
const tooLarge = (what: string, max: number) =>
  frameworkErrors.make('FRAMEWORK_FILE_TOO_LARGE', { what, max });
