/**
 * Tables → sheets of a workbook, and sheets → the bytes of an XLSX file.
 *
 * Text is always a shared string, never a formula; formulas are written by us alone, with the value that the
 * engine worked out beside them, so that a reader that does not calculate shows the same numbers.
 */

import { type CellStyle, type ConditionalRule, type WriteSheet, writeXlsx } from 'hucre/xlsx';
import { instant } from '../evaluation/describe.ts';
import { exportErrors } from './exports-errors.ts';
import { cellText, looksLikeFormula } from './text.ts';
import { unpacked, zip } from './zip.ts';

/** A sheet of a spreadsheet has 1,048,576 rows, one of which is the heading. */
const ROWS_MAX = 1_000_000;

export interface Formula {
  readonly formula: string;
  readonly result: number | string;
}
/** An instant is milliseconds since the epoch; it is shown in UTC, and the heading says so. */
export type Content = string | number | Formula | null | undefined;
export type Kind = 'text' | 'word' | 'count' | 'number' | 'percent' | 'instant';

export interface Column<Row, Key extends string = string> {
  readonly key: Key;
  readonly title: string;
  readonly kind: Kind;
  /** In characters. */
  readonly width: number;
  value(row: Row, at: (key: Key) => string): Content;
}

export interface Table<Key extends string = string> {
  readonly sheet: WriteSheet;
  /** `Controls!$F$2:$F$71` */
  range(key: Key): string;
}

const HEADING_ROW = 1;
const HEADING_POINTS = 44;
const LINE_POINTS = 13;
/** A row can be 409 points high; one that fills the screen helps nobody: its cell can be opened. */
const ROW_POINTS_MAX = 13 * LINE_POINTS;
const FONT = { name: 'Calibri', size: 10 };
const HEADING: CellStyle = {
  font: { ...FONT, bold: true, color: { rgb: 'FFFFFF' } },
  fill: { type: 'pattern', pattern: 'solid', fgColor: { rgb: '1F3A4D' } },
  alignment: { vertical: 'center', wrapText: true },
};
const HAIRLINE: NonNullable<CellStyle['border']> = { bottom: { style: 'hair', color: { rgb: 'B8B8B8' } } };
const FORMATS: Readonly<Record<Kind, string | undefined>> = {
  text: undefined,
  word: undefined,
  count: '#,##0',
  number: '#,##0.0',
  percent: '0.0%',
  instant: 'yyyy-mm-dd hh:mm:ss',
};
const DAY_MS = 86_400_000;
/** Day 0 of spreadsheets is 1899-12-30. */
const EPOCH_DAY = 25_569;

/** Pale enough to print and to read on; the word in the cell says it without the colour. */
const COLOURS: readonly (readonly [words: readonly string[], ink: string, paper: string])[] = [
  [['Holds', 'Passed', 'Yes'], '0B5D1E', 'D9F0DD'],
  [['Partly', 'Stale', 'Not assigned', 'Requested'], '7A4B00', 'FFEFC7'],
  [['Fails', 'Failed', 'Above appetite'], '8C1D18', 'FADBD8'],
  [['Unknown', 'Never received', 'No source', 'Not applicable', 'Not known'], '4A4A4A', 'E8E8E8'],
  [['Unowned', 'Contested', 'unowned', 'contested', 'Nobody', 'Disputed'], '4B2A7B', 'E6DDF5'],
];

export function styleOf(kind: Kind, more: CellStyle = {}): CellStyle {
  const numFmt = FORMATS[kind];
  const left = kind === 'text' || kind === 'word' || kind === 'instant';
  return {
    ...(numFmt === undefined ? {} : { numFmt }),
    ...more,
    font: { ...FONT, ...more.font },
    ...(more.border === undefined ? { border: HAIRLINE } : {}),
    alignment: {
      vertical: 'top',
      horizontal: left ? 'left' : 'right',
      ...(left ? { indent: 1 } : {}),
      wrapText: kind === 'text' || kind === 'word',
      ...more.alignment,
    },
  };
}

/** Over figures on the right, as they stand; over text on the left. */
export function headingOf(kind: Kind): CellStyle {
  const { alignment } = styleOf(kind);
  return {
    ...HEADING,
    alignment: {
      ...HEADING.alignment,
      ...(alignment?.horizontal === 'right' ? { horizontal: 'right' } : { horizontal: 'left', indent: 1 }),
    },
  };
}

export type Cells = NonNullable<WriteSheet['cells']>;

/** Row and column from 0. */
export function put(
  cells: Cells,
  row: number,
  column: number,
  content: Content,
  kind: Kind,
  more: CellStyle = {},
): void {
  const style = styleOf(kind, more);
  const key = `${row},${column}`;
  if (content === null || content === undefined || content === '') {
    cells.set(key, { value: null, type: 'empty', style });
  } else if (typeof content === 'object') {
    cells.set(key, {
      value: content.result,
      type: 'formula',
      formula: content.formula,
      formulaResult: content.result,
      style,
    });
  } else if (typeof content === 'number') {
    const value = kind === 'instant' ? EPOCH_DAY + content / DAY_MS : content;
    cells.set(key, { value, type: 'number', style });
  } else {
    // Where a reader edits such a cell, the format of text keeps it from becoming what it looks like.
    const text = looksLikeFormula(content) ? { ...style, numFmt: '@' } : style;
    cells.set(key, { value: cellText(content), type: 'string', style: text });
  }
}

/** One row of headings that stays in view and is repeated in print, filters on it, a row for each of `rows`. */
export function tableSheet<Row, Key extends string>(
  name: string,
  columns: readonly Column<Row, Key>[],
  rows: readonly Row[],
  options: { readonly frozenColumns?: number; readonly wide?: boolean; readonly pagesAcross?: number } = {},
): Table<Key> {
  if (rows.length > ROWS_MAX)
    throw exportErrors.make('EXPORT_TOO_LARGE', {
      what: `rows on the sheet ${name}`,
      count: rows.length,
      countMax: ROWS_MAX,
    });
  const cells: Cells = new Map();
  const letters = new Map(columns.map(({ key }, index) => [key, columnName(index)]));
  const letter = (key: Key): string => letters.get(key) ?? '';
  for (const [index, column] of columns.entries()) {
    const title = column.kind === 'instant' ? `${column.title} (UTC)` : column.title;
    cells.set(`0,${index}`, { value: title, type: 'string', style: headingOf(column.kind) });
  }
  const rowDefs = new Map([[0, { height: HEADING_POINTS }]]);
  for (const [index, row] of rows.entries()) {
    const at = (key: Key): string => `${letter(key)}${index + HEADING_ROW + 1}`;
    let lines = 1;
    for (const [across, column] of columns.entries()) {
      const content = column.value(row, at);
      put(cells, index + HEADING_ROW, across, content, column.kind);
      if (typeof content === 'string') lines = Math.max(lines, linesOf(content, column.width));
    }
    rowDefs.set(index + HEADING_ROW, { height: Math.min(lines * LINE_POINTS + 3, ROW_POINTS_MAX) });
  }
  const last = rows.length + HEADING_ROW;
  const whole = `A1:${columnName(columns.length - 1)}${last}`;
  const words = columns.filter(({ kind }) => kind === 'word').map(({ key }) => letter(key));
  return {
    range: (key) => `${name}!$${letter(key)}$2:$${letter(key)}$${Math.max(last, HEADING_ROW + 1)}`,
    sheet: {
      name,
      cells,
      rows: [],
      columns: columns.map(({ width }) => ({ width })),
      rowDefs,
      freezePane: { rows: HEADING_ROW, columns: options.frozenColumns ?? 1 },
      autoFilter: { range: whole },
      conditionalRules: numbered(words.flatMap((column) => colours(column, [2, Math.max(last, 2)]))),
      pageSetup: {
        paperSize: options.wide === true ? 'a3' : 'a4',
        orientation: 'landscape',
        fitToPage: true,
        fitToWidth: options.pagesAcross ?? 1,
        fitToHeight: 0,
        printTitlesRow: '$1:$1',
        ...(options.pagesAcross === undefined ? {} : { printTitlesColumn: '$A:$A' }),
        margins: { top: 0.5, bottom: 0.6, left: 0.4, right: 0.4, header: 0.3, footer: 0.3 },
      },
    },
  };
}

/** @param column its letter; @param rows the first and the last one of the range, from 1 */
export function colours(column: string, [first, last]: readonly [number, number]): ConditionalRule[] {
  return COLOURS.map(([words, ink, paper]): ConditionalRule => {
    const is = words.map((word) => `$${column}${first}="${word}"`);
    return {
      type: 'expression',
      formula: `OR(${is.join(',')})`,
      priority: 1,
      range: `${column}${first}:${column}${last}`,
      style: {
        font: { color: { rgb: ink } },
        fill: { type: 'pattern', pattern: 'solid', bgColor: { rgb: paper } },
      },
    };
  });
}

/** No two rules of a sheet may have the same priority. */
const numbered = (rules: readonly ConditionalRule[]): ConditionalRule[] =>
  rules.map((rule, index) => ({ ...rule, priority: index + 1 }));

/** Not every reader fits the height of a row to wrapped text by itself. */
function linesOf(text: string, widthCharacters: number): number {
  return text
    .split('\n')
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / (widthCharacters * 0.95))), 0);
}

export interface BookOptions {
  readonly title: string;
  readonly description: string;
  /** The date that the file gives as that of its making: the instant that it is about. */
  readonly datedMs: number;
  /** At the foot of every printed page. */
  readonly foot: string;
}

/** @throws EXPORT_TOO_LARGE */
export async function book(sheets: readonly WriteSheet[], options: BookOptions): Promise<Uint8Array> {
  const { title, description, datedMs, foot } = options;
  const dated = new Date(datedMs);
  const oddFooter = `&L&8${code(foot)}&R&8&A · page &P of &N`;
  const made = await writeXlsx({
    properties: { title, description, creator: 'Demarc', created: dated, modified: dated },
    defaultFont: FONT,
    sheets: sheets.map((sheet, index) => ({
      ...sheet,
      headerFooter: { oddFooter },
      a11y: {
        ...(index === 0 ? { summary: `${description}, as of ${instant(datedMs)}` } : {}),
        headerRow: 0,
      },
    })),
  });
  return zip(unpacked(made));
}

/** In headers and footers `&` begins a code; two are one. */
const code = (text: string): string => text.replaceAll('&', '&&');

/** 0 → A, 26 → AA */
export function columnName(index: number): string {
  const rest = Math.floor(index / 26);
  return `${rest === 0 ? '' : columnName(rest - 1)}${String.fromCodePoint(65 + (index % 26))}`;
}
