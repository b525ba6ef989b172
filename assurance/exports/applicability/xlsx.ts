/** The statement of applicability as a workbook. Pure. */
import type { Assessment } from '../../evaluation/assessment.ts';
import { coverSheet } from '../cover.ts';
import { book, type Column, tableSheet } from '../sheet.ts';
import { footing } from '../words.ts';
import { type ApplicabilityRow, applicability } from './rows.ts';

const COLUMNS: readonly Column<ApplicabilityRow>[] = [
  { key: 'control', title: 'Control', kind: 'text', width: 10, value: ({ control }) => control.id },
  { key: 'title', title: 'Title', kind: 'text', width: 32, value: ({ control }) => control.title },
  { key: 'area', title: 'Area', kind: 'text', width: 20, value: ({ control }) => control.area },
  { key: 'applicable', title: 'Applicable', kind: 'word', width: 12, value: ({ applicable }) => applicable },
  {
    key: 'justification',
    title: 'Justification',
    kind: 'text',
    width: 60,
    value: ({ justification }) => justification,
  },
  {
    key: 'implemented',
    title: 'Implemented',
    kind: 'word',
    width: 15,
    value: ({ implemented }) => implemented,
  },
  { key: 'how', title: 'On how many assets', kind: 'text', width: 30, value: ({ how }) => how },
  { key: 'reference', title: 'Reference', kind: 'text', width: 44, value: ({ reference }) => reference },
];

/** @throws EXPORT_TOO_LARGE */
export async function applicabilityWorkbook(assessment: Assessment): Promise<Uint8Array> {
  return book(
    [
      coverSheet(assessment, {
        title: 'Statement of applicability',
        says: [
          'Of each control: whether it applies and why, whether it is implemented, and where to look.',
          'Implemented is what the evidence says at that instant, on how many of the assets; it is never somebody’s word.',
        ],
      }),
      tableSheet('Applicability', COLUMNS, applicability(assessment), { frozenColumns: 2 }).sheet,
    ],
    {
      title: `Statement of applicability of ${assessment.tenantId}`,
      description: 'Which controls apply, why, and whether they are implemented',
      datedMs: assessment.asOfMs,
      foot: footing(assessment),
    },
  );
}
