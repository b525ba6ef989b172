/** The first sheet of a workbook of tables: of what it is, by which digest, and how to read it. */
import type { WriteSheet } from 'hucre/xlsx';
import type { Assessment } from '../evaluation/assessment.ts';
import { type Cells, put } from './sheet.ts';
import { facts } from './words.ts';

export function coverSheet(
  assessment: Assessment,
  { title, says }: { readonly title: string; readonly says: readonly string[] },
): WriteSheet {
  const cells: Cells = new Map();
  const flat = { alignment: { wrapText: false } } as const;
  put(cells, 0, 0, title, 'text', { ...flat, font: { size: 16, bold: true } });
  let row = 2;
  for (const [name, value] of facts(assessment)) {
    put(cells, row, 0, name, 'text', { ...flat, font: { bold: true } });
    put(cells, row, 1, value, 'text', flat);
    row += 1;
  }
  row += 1;
  for (const sentence of says) {
    put(cells, row, 0, sentence, 'text', flat);
    row += 1;
  }
  return {
    name: 'About',
    cells,
    rows: [],
    columns: [{ width: 26 }, { width: 100 }],
    pageSetup: { paperSize: 'a4', orientation: 'landscape', fitToPage: true, fitToWidth: 1, fitToHeight: 0 },
  };
}
