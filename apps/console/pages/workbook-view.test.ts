import { type TestContext, test } from 'node:test';
import type { WorkbookRow } from '@demarc/platform/contract/assurance/workbook';
import {
  chosenOf,
  countsText,
  dayIn,
  designsOf,
  instantOfDay,
  operators,
  percent,
  rowsOf,
  textOfDesigns,
  toggled,
} from './workbook-view.ts';

const counts = {
  satisfied: 0,
  'partially-satisfied': 0,
  'stale-evidence': 0,
  'not-assessed': 1,
  'not-satisfied': 0,
  'not-applicable': 0,
};
const row = (controlId: string, changes: Partial<WorkbookRow> = {}): WorkbookRow => ({
  controlId,
  title: controlId,
  objective: '',
  area: 'governance',
  capability: '',
  layer: '',
  worth: 3,
  applied: null,
  contradicted: false,
  status: 'not-assessed',
  score: { worth: 3, earned: 0, score: 0, counts, applicable: 1, assessed: 0, coverage: 0 },
  rationale: '',
  example: '',
  configuration: '',
  hld: [],
  lld: [],
  reviewAt: null,
  reviewOverdue: false,
  annotatedElsewhere: 0,
  owners: (['operate', 'configure', 'respond', 'assure'] as const).map((duty) => ({
    duty,
    shares: [{ party: 'customer', state: 'owned', count: 1 }],
  })),
  evidenceOldestAt: null,
  evidenceNewestAt: null,
  standards: [],
  exceptedCount: 0,
  openPoamCount: 0,
  commentCount: 0,
  lastComment: null,
  ...changes,
});
const ids = (rows: readonly WorkbookRow[]): string => rows.map(({ controlId }) => controlId).join(' ');

test('filters of the workbook come together, and each alone', (t: TestContext) => {
  const rows = [
    row('VMS-09', { area: 'virtual machines', status: 'not-satisfied', applied: true, contradicted: true }),
    row('GOV-03', { rationale: 'because of the bank' }),
    row('GOV-04', { status: 'satisfied', owners: [] }),
  ];
  t.assert.equal(ids(rowsOf(rows, {})), 'VMS-09 GOV-03 GOV-04');
  t.assert.equal(ids(rowsOf(rows, { area: 'governance' })), 'GOV-03 GOV-04');
  t.assert.equal(ids(rowsOf(rows, { status: 'satisfied', area: 'governance' })), 'GOV-04');
  t.assert.equal(ids(rowsOf(rows, { text: 'BANK' })), 'GOV-03');
  t.assert.equal(ids(rowsOf(rows, { owner: 'customer' })), 'VMS-09 GOV-03');
  t.assert.equal(ids(rowsOf(rows, { written: 'contradicted' })), 'VMS-09');
  t.assert.equal(ids(rowsOf(rows, { written: 'unwritten' })), 'GOV-04');
  t.assert.equal(ids(rowsOf(rows, { written: 'no such filter' })), 'VMS-09 GOV-03 GOV-04');
});

test('worst first, and what was never received is older than everything', (t: TestContext) => {
  const rows = [
    row('AAA-01', { status: 'satisfied', evidenceOldestAt: '2026-11-02T00:00:00.000Z' }),
    row('AAA-02', { status: 'not-assessed' }),
    row('AAA-03', { status: 'not-satisfied', evidenceOldestAt: '2026-11-01T00:00:00.000Z', worth: 5 }),
  ];
  t.assert.equal(ids(rowsOf(rows, { sort: 'status' })), 'AAA-03 AAA-02 AAA-01');
  t.assert.equal(ids(rowsOf(rows, { sort: 'evidence' })), 'AAA-02 AAA-03 AAA-01');
  t.assert.equal(ids(rowsOf(rows, { sort: 'worth' })), 'AAA-03 AAA-01 AAA-02');
});

test('what is ticked is in the address, and nothing else that stands there', (t: TestContext) => {
  t.assert.deepEqual([...chosenOf({ chosen: 'VMS-09 <script> GOV-03' })], ['VMS-09', 'GOV-03']);
  t.assert.equal(toggled(new Set(['VMS-09']), 'GOV-03'), 'GOV-03 VMS-09');
  t.assert.equal(toggled(new Set(['VMS-09']), 'VMS-09'), undefined);
});

test('nobody is an operator, too', (t: TestContext) => {
  const shares = [
    { party: 'provider', state: 'owned', count: 3 },
    { party: null, state: 'unowned', count: 1 },
  ];
  t.assert.deepEqual(operators(row('VMS-09', { owners: [{ duty: 'operate', shares }] })), [
    'provider',
    'nobody',
  ]);
});

test('a share of nothing is not nought', (t: TestContext) => {
  t.assert.equal(percent(null), '–');
  t.assert.equal(percent(0.5), '50.0 %');
  t.assert.equal(countsText({ ...counts, satisfied: 2 }), '2 hold, 1 unknown');
});

test('design references, one a line, there and back', (t: TestContext) => {
  const designs = [
    { document: 'HLD-7', section: '3.2' },
    { document: 'LLD 2', section: '' },
  ];
  t.assert.deepEqual(designsOf(' HLD-7 # 3.2 \n\nLLD 2\n'), designs);
  t.assert.deepEqual(designsOf(textOfDesigns(designs)), designs);
});

test('days are days in UTC', (t: TestContext) => {
  t.assert.equal(instantOfDay('2027-01-31'), '2027-01-31T00:00:00.000Z');
  t.assert.equal(dayIn(1, Date.parse('2026-11-20T23:59:00.000Z')), '2026-11-21');
});
