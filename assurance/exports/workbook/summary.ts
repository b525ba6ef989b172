/** The first sheet: how it stands in figures, each a formula over the sheets behind it. */
import { CONTROL_STATUSES } from '@demarc/platform/contract/api';
import type { WriteSheet } from 'hucre/xlsx';
import type { Assessment } from '../../evaluation/assessment.ts';
import { inForce } from '../../model/standing.ts';
import { rollUp } from '../../rules/rollup.ts';
import { dutyCount } from '../by-control.ts';
import { type Cells, type Formula, headingOf, type Kind, put, type Table } from '../sheet.ts';
import { STATUS_WORDS } from '../words.ts';
import type { AssetColumn } from './assets.ts';
import type { ControlColumn, ControlsTable } from './controls.ts';
import type { EvidenceTable } from './evidence.ts';
import { type ExceptionColumn, OVERLAY_IN_FORCE, type RiskColumn } from './registers.ts';

export interface Behind {
  readonly controls: ControlsTable;
  readonly risks: Table<RiskColumn>;
  readonly exceptions: Table<ExceptionColumn>;
  readonly evidence: EvidenceTable;
  readonly assets: Table<AssetColumn>;
}

/** Status → the column of the sheet of controls that counts it. */
const COLUMN_OF = {
  satisfied: 'holds',
  'partially-satisfied': 'partly',
  'stale-evidence': 'stale',
  'not-assessed': 'unknown',
  'not-satisfied': 'fails',
  'not-applicable': 'notApplicable',
} as const satisfies Readonly<Record<(typeof CONTROL_STATUSES)[number], ControlColumn>>;
/** Columns of the table of areas, and so of the sheet. */
const ACROSS = 12;
const blank = (count: number): readonly string[] => Array.from({ length: count }, () => '');
const EXACT = 'yyyy-mm-dd hh:mm:ss.000';
const COUNTED = CONTROL_STATUSES.map((status) => COLUMN_OF[status]);

const MEANS: Readonly<Record<(typeof CONTROL_STATUSES)[number], string>> = {
  satisfied: 'every required piece of evidence passed and is fresh',
  'partially-satisfied': 'something required was never received, or what it leans on is weak',
  'stale-evidence': 'it passed, too long ago to count',
  'not-assessed': 'nothing was ever received; never counted as good',
  'not-satisfied': 'evidence says that it does not hold',
  'not-applicable': 'approved as not applicable, with a review date; left out of the score',
};

export function summarySheet(assessment: Assessment, behind: Behind): WriteSheet {
  const cells: Cells = new Map();
  let row = 0;
  const line = (label: string, content: string | number | Formula, kind: Kind, note = ''): void => {
    put(cells, row, 0, label, 'text', { font: { bold: true } });
    put(cells, row, 1, content, kind, {
      ...(kind === 'instant' ? { numFmt: EXACT } : {}),
      alignment: { horizontal: 'left', indent: 1, wrapText: false },
    });
    put(cells, row, 2, note, 'text', { font: { color: { rgb: '5A5A5A' } }, alignment: { wrapText: false } });
    row += 1;
  };
  const heading = (titles: readonly string[], figures = false): void => {
    for (const [column, title] of titles.entries()) {
      const style = headingOf(figures && column > 0 ? 'count' : 'text');
      cells.set(`${row},${column}`, { value: title, type: 'string', style });
    }
    row += 1;
  };
  put(cells, row, 0, 'Security controls workbook', 'text', {
    font: { size: 16, bold: true },
    alignment: { wrapText: false },
  });
  row += 2;

  heading(['Of what', ...blank(ACROSS - 1)]);
  line('Tenant', assessment.tenantId, 'text');
  line('As of (UTC)', assessment.asOfMs, 'instant', 'the instant that is described');
  line('Recorded as of (UTC)', assessment.knownAtMs, 'instant', 'by what was known then');
  line('Catalogue', `${assessment.catalogue.id} ${assessment.catalogue.version}`, 'text');
  line('Digest (SHA-256)', assessment.digest, 'text');
  row += 1;

  heading(['Figure', 'Value', 'What it says', ...blank(ACROSS - 3)]);
  for (const { label, formula, kind, note } of figuresOf(assessment, behind))
    line(label, formula, kind, note);
  if (behind.evidence.leftOutCount > 0)
    line(
      'Rows left out of Evidence',
      behind.evidence.leftOutCount,
      'count',
      'rules of which nothing was ever received',
    );
  row += 1;

  const areas = row;
  heading(
    [
      'Area',
      'Score',
      'Coverage',
      'Controls',
      'Applicable',
      ...CONTROL_STATUSES.map((status) => STATUS_WORDS[status]),
      'Duties of nobody',
    ],
    true,
  );
  for (const area of areasOf(assessment, behind.controls)) {
    for (const [column, { content, kind }] of area.entries()) put(cells, row, column, content, kind);
    row += 1;
  }
  return {
    name: 'Summary',
    cells,
    rows: [],
    rowDefs: new Map([[areas, { height: 30 }]]),
    columns: [34, 24, 12, 11, 11, 11, 11, 11, 11, 11, 14, 14].map((width) => ({ width })),
    freezePane: { rows: 1 },
    pageSetup: {
      paperSize: 'a4',
      orientation: 'landscape',
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      printTitlesRow: '$1:$1',
      margins: { top: 0.5, bottom: 0.6, left: 0.4, right: 0.4, header: 0.3, footer: 0.3 },
    },
  };
}

interface Figure {
  readonly label: string;
  readonly formula: Formula;
  readonly kind: Kind;
  readonly note: string;
}

/** sum(worth × credit) / sum(worth), over all cells: a control counts as often as it applies. */
function score(of: ControlsTable['range'], only = ''): string {
  const among = only === '' ? '' : `(${only})*`;
  const worth = `SUMPRODUCT(${among}${of('worth')}*${of('applicable')})`;
  const earned = `SUMPRODUCT(${among}${of('worth')}*(${of('holds')}+0.5*${of('partly')}))`;
  return `IF(${worth}=0,"",${earned}/${worth})`;
}

function figuresOf(
  assessment: Assessment,
  { controls, risks, exceptions, assets }: Behind,
): readonly Figure[] {
  const { range } = controls;
  const { rollUp: total, standing, asOfMs } = assessment;
  const sum = (column: ControlColumn): string => `SUM(${range(column)})`;
  const accepted = [
    ...[...standing.exceptions.values()].filter(
      ({ approvedAtMs }) => approvedAtMs !== undefined && approvedAtMs <= asOfMs,
    ),
    ...standing.notApplicable.values(),
  ].filter((each) => inForce(each, asOfMs)).length;
  const duties = (state: 'unowned' | 'contested'): number =>
    controls.rows.reduce((count, row) => count + dutyCount(row, state), 0);
  return [
    {
      label: 'Score',
      formula: { formula: score(range), result: total.score ?? '' },
      kind: 'percent',
      note: 'sum of worth × credit / sum of worth; 1 for holds, 0.5 for partly, 0 for all else',
    },
    {
      label: 'Coverage',
      formula: {
        formula: `IF(${sum('applicable')}=0,"",(${sum('applicable')}-${sum('unknown')})/${sum('applicable')})`,
        result: total.coverage ?? '',
      },
      kind: 'percent',
      note: 'of the applicable, those of which anything was ever received; a score without it flatters',
    },
    {
      label: 'Assets',
      formula: { formula: `COUNTA(${assets.range('id')})`, result: assessment.assets.length },
      kind: 'count',
      note: 'the population, the tenant as a whole included',
    },
    {
      label: 'Controls on assets, applicable',
      formula: { formula: sum('applicable'), result: total.applicable },
      kind: 'count',
      note: 'every control on every asset it is about',
    },
    ...CONTROL_STATUSES.map(
      (status): Figure => ({
        label: STATUS_WORDS[status],
        formula: { formula: sum(COLUMN_OF[status]), result: total.counts[status] },
        kind: 'count',
        note: MEANS[status],
      }),
    ),
    {
      label: 'Duties of nobody',
      formula: { formula: sum('unowned'), result: duties('unowned') },
      kind: 'count',
      note: 'operate, configure, respond and assure are counted each',
    },
    {
      label: 'Disputed duties',
      formula: { formula: sum('contested'), result: duties('contested') },
      kind: 'count',
      note: '',
    },
    {
      label: 'Risks above appetite',
      formula: {
        formula: `COUNTIF(${risks.range('above')},"Above appetite")`,
        result: assessment.risks.filter(({ aboveAppetite }) => aboveAppetite).length,
      },
      kind: 'count',
      note: `of ${assessment.risks.length}; the appetite is ${assessment.appetite} of 25`,
    },
    {
      label: 'Exceptions and approvals in force',
      formula: { formula: `COUNTIF(${exceptions.range('state')},"${OVERLAY_IN_FORCE}")`, result: accepted },
      kind: 'count',
      note: 'none of them makes a control hold',
    },
  ];
}

interface AreaCell {
  readonly content: string | number | Formula;
  readonly kind: Kind;
}

function areasOf(
  { catalogue, cells }: Assessment,
  { range, rows }: ControlsTable,
): readonly (readonly AreaCell[])[] {
  return catalogue.areas.map(({ id }): readonly AreaCell[] => {
    const own = cells.filter(({ control }) => control.area === id);
    const total = rollUp(
      own.map(({ control, state }) => ({ worth: control.worth, status: state.effective })),
    );
    const name = `"${id.replaceAll('"', '""')}"`;
    const sum = (column: ControlColumn): string => `SUMIF(${range('area')},${name},${range(column)})`;
    const here = rows.filter(({ control }) => control.area === id);
    const counts = Object.fromEntries(
      CONTROL_STATUSES.map((status) => [COLUMN_OF[status], total.counts[status]]),
    );
    return [
      { content: id, kind: 'text' },
      {
        content: { formula: score(range, `${range('area')}=${name}`), result: total.score ?? '' },
        kind: 'percent',
      },
      {
        content: {
          formula: `IF(${sum('applicable')}=0,"",(${sum('applicable')}-${sum('unknown')})/${sum('applicable')})`,
          result: total.coverage ?? '',
        },
        kind: 'percent',
      },
      { content: { formula: `COUNTIF(${range('area')},${name})`, result: here.length }, kind: 'count' },
      { content: { formula: sum('applicable'), result: total.applicable }, kind: 'count' },
      ...COUNTED.map(
        (column): AreaCell => ({
          content: { formula: sum(column), result: counts[column] ?? 0 },
          kind: 'count',
        }),
      ),
      {
        content: {
          formula: sum('unowned'),
          result: here.reduce((count, row) => count + dutyCount(row, 'unowned'), 0),
        },
        kind: 'count',
      },
    ];
  });
}
