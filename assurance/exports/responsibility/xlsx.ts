/** The customer responsibility matrix as a workbook: by control, and for each asset by itself. Pure. */
import { DUTIES } from '@demarc/platform/contract/api';
import type { Assessment } from '../../evaluation/assessment.ts';
import { hoursBefore } from '../by-control.ts';
import { coverSheet } from '../cover.ts';
import { book, type Column, tableSheet } from '../sheet.ts';
import { footing, STATUS_WORDS } from '../words.ts';
import { assetNames, DUTY_TITLES, dutyAt, perAsset, perControl, type ResponsibilityRow } from './rows.ts';

/** @throws EXPORT_TOO_LARGE */
export async function responsibilityWorkbook(assessment: Assessment): Promise<Uint8Array> {
  const title = `Customer responsibility matrix of ${assessment.tenantId}`;
  const columns = columnsOf(assessment);
  const options = { frozenColumns: 2, wide: true };
  return book(
    [
      coverSheet(assessment, {
        title: 'Customer responsibility matrix',
        says: [
          'Of each control: who operates, configures, responds and assures, who is accountable, and what is left for the customer.',
          'By control: assets on which a control is shared out alike are one row. By asset: every control on every asset.',
          'Since: from when all of the row’s assets have it so. Until: the first known instant at which one of them has not.',
          'Nobody: no party has accepted the duty. Disputed: two claims stand against each other.',
        ],
      }),
      tableSheet('By control', columns, perControl(assessment), options).sheet,
      tableSheet('By asset', columns, perAsset(assessment), options).sheet,
    ],
    {
      title,
      description: 'Who has which duty of each control',
      datedMs: assessment.asOfMs,
      foot: footing(assessment),
    },
  );
}

function columnsOf({ asOfMs }: Assessment): readonly Column<ResponsibilityRow>[] {
  const text = (
    key: string,
    title: string,
    width: number,
    value: (row: ResponsibilityRow) => string,
  ): Column<ResponsibilityRow> => ({ key, title, kind: 'text', width, value });
  const word = (
    key: string,
    title: string,
    width: number,
    value: (row: ResponsibilityRow) => string,
  ): Column<ResponsibilityRow> => ({ key, title, kind: 'word', width, value });
  const { control, cell } = {
    control: (row: ResponsibilityRow) => row.cells[0].control,
    cell: (row: ResponsibilityRow) => row.cells[0].cell,
  };
  return [
    text('control', 'Control', 10, (row) => control(row).id),
    text('title', 'Title', 28, (row) => control(row).title),
    text('layer', 'Layer', 15, (row) => control(row).layer),
    text('area', 'Area', 18, (row) => cell(row).area),
    { key: 'count', title: 'Assets', kind: 'count', width: 8, value: ({ cells }) => cells.length },
    text('assets', 'Which', 28, ({ cells }) => assetNames(cells)),
    ...DUTIES.map((duty) => word(duty, DUTY_TITLES[duty], 15, (row) => dutyAt(row, duty))),
    text('accountable', 'Accountable', 14, ({ accountable }) => accountable),
    word('ownership', 'Ownership (CCM)', 17, ({ ownership }) => ownership),
    text('customer', 'The customer’s part', 40, ({ customerPart }) => customerPart),
    { key: 'since', title: 'Since', kind: 'instant', width: 19, value: ({ tenure }) => tenure.sinceMs },
    { key: 'until', title: 'Until', kind: 'instant', width: 19, value: ({ tenure }) => tenure.untilMs },
    word('status', 'Status (worst)', 13, ({ status }) => STATUS_WORDS[status]),
    text('evidence', 'Evidence', 26, ({ evidence }) => evidence),
    {
      key: 'newest',
      title: 'Newest evidence',
      kind: 'instant',
      width: 19,
      value: ({ newestMs }) => newestMs,
    },
    {
      key: 'age',
      title: 'Age of the oldest that counts, hours',
      kind: 'number',
      width: 12,
      value: ({ oldestMs }) => hoursBefore(asOfMs, oldestMs),
    },
    text('nist', 'NIST SP 800-53 r5', 22, (row) => control(row).nist_800_53_r5.join(', ')),
  ];
}
