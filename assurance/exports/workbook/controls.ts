/** The sheet of controls: the columns of the workbook that people know, and what the evidence says beside them. */
import { DUTIES, type Duty } from '@demarc/platform/contract/api';
import type { Assessment } from '../../evaluation/assessment.ts';
import {
  byControl,
  type ControlRow,
  dutyCount,
  hoursBefore,
  observedSpan,
  ownersOf,
  risksOf,
  written,
} from '../by-control.ts';
import { type Column, type Table, tableSheet } from '../sheet.ts';
import { designRefs, partyName, STATUS_WORDS } from '../words.ts';

const NAMES = [
  'control',
  'area',
  'capability',
  'detail',
  'applied',
  'worth',
  'score',
  'rationale',
  'example',
  'configuration',
  'status',
  'coverage',
  'applicable',
  'holds',
  'partly',
  'stale',
  'unknown',
  'fails',
  'notApplicable',
  'accountable',
  'operate',
  'configure',
  'respond',
  'assure',
  'ownership',
  'unowned',
  'contested',
  'newest',
  'age',
  'hld',
  'lld',
  'review',
  'layer',
  'nist',
] as const;
export type ControlColumn = (typeof NAMES)[number];
export type ControlsTable = Table<ControlColumn> & { readonly rows: readonly ControlRow[] };

const DUTY_TITLES: Readonly<Record<Duty, string>> = {
  operate: 'Operate',
  configure: 'Configure',
  respond: 'Respond',
  assure: 'Assure',
};

export function controlsSheet(assessment: Assessment): ControlsTable {
  const rows = byControl(assessment);
  const table = tableSheet('Controls', columnsOf(assessment), rows, {
    frozenColumns: 1,
    wide: true,
    pagesAcross: 2,
  });
  return { ...table, rows };
}

function columnsOf(assessment: Assessment): readonly Column<ControlRow, ControlColumn>[] {
  const { asOfMs } = assessment;
  const count = (
    key: ControlColumn,
    title: string,
    value: (row: ControlRow) => number,
  ): Column<ControlRow, ControlColumn> => ({ key, title, kind: 'count', width: 9, value });
  const text = (
    key: ControlColumn,
    title: string,
    width: number,
    value: (row: ControlRow) => string,
  ): Column<ControlRow, ControlColumn> => ({ key, title, kind: 'text', width, value });
  return [
    text('control', 'Control', 9, ({ control }) => control.id),
    text('area', 'Area', 16, ({ control }) => control.area),
    text('capability', 'Capability', 16, ({ control }) => control.capability),
    text('detail', 'Detail', 44, ({ control }) => `${control.title}\n${control.objective}`),
    text(
      'applied',
      'Applied',
      9,
      (row) => written(assessment, row, ({ applied }) => applied, yesNo) || 'Not stated',
    ),
    { ...count('worth', 'Worth', ({ control }) => control.worth), width: 7 },
    {
      key: 'score',
      title: 'Score',
      kind: 'percent',
      width: 8,
      value: ({ rollUp }, at) => ({
        formula: `IF(${at('applicable')}=0,"",(${at('holds')}+0.5*${at('partly')})/${at('applicable')})`,
        result: rollUp.score ?? '',
      }),
    },
    text('rationale', 'Rationale', 32, (row) => rationale(assessment, row)),
    text(
      'example',
      'Example',
      32,
      (row) => written(assessment, row, ({ example }) => example, String) || asserted(row),
    ),
    text('configuration', 'Configuration', 32, (row) => configuration(assessment, row)),
    { key: 'status', title: 'Status', kind: 'word', width: 11, value: ({ status }) => STATUS_WORDS[status] },
    {
      key: 'coverage',
      title: 'Coverage',
      kind: 'percent',
      width: 9,
      value: ({ rollUp }, at) => ({
        formula: `IF(${at('applicable')}=0,"",(${at('applicable')}-${at('unknown')})/${at('applicable')})`,
        result: rollUp.coverage ?? '',
      }),
    },
    {
      key: 'applicable',
      title: 'Applicable assets',
      kind: 'count',
      width: 10,
      value: ({ rollUp }, at) => ({
        formula: `SUM(${at('holds')}:${at('fails')})`,
        result: rollUp.applicable,
      }),
    },
    count('holds', 'Holds', ({ rollUp }) => rollUp.counts.satisfied),
    count('partly', 'Partly', ({ rollUp }) => rollUp.counts['partially-satisfied']),
    count('stale', 'Stale', ({ rollUp }) => rollUp.counts['stale-evidence']),
    count('unknown', 'Unknown', ({ rollUp }) => rollUp.counts['not-assessed']),
    count('fails', 'Fails', ({ rollUp }) => rollUp.counts['not-satisfied']),
    count('notApplicable', 'Not applicable', ({ rollUp }) => rollUp.counts['not-applicable']),
    text('accountable', 'Accountable', 12, ({ control }) =>
      partyName(assessment, control.default_responsibility.accountable),
    ),
    ...DUTIES.map((duty) => text(duty, DUTY_TITLES[duty], 14, (row) => ownersOf(assessment, row, duty))),
    text('ownership', 'Ownership (CCM)', 16, ({ cells }) =>
      [...new Set(cells.map(({ cell }) => cell.ownership))].sort().join(', '),
    ),
    count('unowned', 'Duties of nobody', (row) => dutyCount(row, 'unowned')),
    count('contested', 'Disputed duties', (row) => dutyCount(row, 'contested')),
    {
      key: 'newest',
      title: 'Newest evidence',
      kind: 'instant',
      width: 18,
      value: ({ cells }) => observedSpan(cells)?.[0],
    },
    {
      key: 'age',
      title: 'Age of the oldest evidence that counts, hours',
      kind: 'number',
      width: 13,
      value: ({ cells }) => hoursBefore(asOfMs, observedSpan(cells)?.[1]),
    },
    text('hld', 'HLD', 22, (row) => designs(assessment, row, 'hld')),
    text('lld', 'LLD', 22, (row) => designs(assessment, row, 'lld')),
    {
      key: 'review',
      title: 'Review due',
      kind: 'instant',
      width: 18,
      value: ({ annotations }) => soonest(annotations.map(({ reviewAtMs }) => reviewAtMs)),
    },
    text('layer', 'Layer', 14, ({ control }) => control.layer),
    text('nist', 'NIST SP 800-53 r5', 18, ({ control }) => control.nist_800_53_r5.join(', ')),
  ];
}

const yesNo = (applied: boolean): string => (applied ? 'Yes' : 'No');

function rationale(assessment: Assessment, row: ControlRow): string {
  const said = written(assessment, row, ({ rationale: text }) => text, String);
  if (said !== '') return said;
  const risks = risksOf(assessment, row.control);
  return risks.length === 0 ? '' : `Reduces ${risks.join(', ')}`;
}

const asserted = ({ control }: ControlRow): string =>
  control.evidence.map(({ asserts }) => asserts).join('\n');

/** What people wrote, then the parameters that the standards in force set. */
function configuration(assessment: Assessment, row: ControlRow): string {
  const said = written(assessment, row, ({ configuration: text }) => text, String);
  const set = [...assessment.standing.standards.values()]
    .filter(({ fromMs, toMs }) => fromMs <= assessment.asOfMs && assessment.asOfMs < (toMs ?? Infinity))
    .flatMap(({ standardId, version, controls }) =>
      controls
        .filter(({ controlId }) => controlId === row.control.id)
        .flatMap(({ parameters }) =>
          Object.entries(parameters)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => `${standardId} ${version}: ${name} = ${value}`),
        ),
    );
  return [...(said === '' ? [] : [said]), ...set].join('\n');
}

/** Of the workbook's own references first, then of the standards that are about the control. */
export function designs(assessment: Assessment, row: ControlRow, which: 'hld' | 'lld'): string {
  const said = written(assessment, row, (annotation) => annotation[which], designRefs);
  const standards = [...assessment.standing.standards.values()]
    .filter(({ controls }) => controls.some(({ controlId }) => controlId === row.control.id))
    .map((standard) => designRefs(standard[which]));
  return [...new Set([said, ...standards])].filter((text) => text !== '').join('\n');
}

function soonest(instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.flatMap((instant) => instant ?? []);
  return known.length === 0 ? undefined : Math.min(...known);
}
