import { type TestContext, test } from 'node:test';
import { base64Of, type CoverageRow, formatOf, idOf, matches, summaryOf, VIEWS } from './frameworks-view.ts';

const row = (controlId: string, status: CoverageRow['status']): CoverageRow => ({
  controlId,
  title: `Title of ${controlId}`,
  group: 'Access',
  status,
  mapped: [],
});

test('a file travels as it is, however large', (t: TestContext) => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 256);
  t.assert.ok(Buffer.from(base64Of(bytes), 'base64').equals(Buffer.from(bytes)));
});

test('format and short name come from the file’s name', (t: TestContext) => {
  t.assert.deepEqual(['a.CSV', 'b.xlsx', 'c.json', 'd.pdf'].map(formatOf), [
    'csv',
    'xlsx',
    'oscal',
    undefined,
  ]);
  t.assert.equal(idOf('CIS Controls v8.1 (final).xlsx'), 'cis-controls-v8.1-final');
});

test('what maps to nothing is a view of its own, and never among what holds', (t: TestContext) => {
  const rows = [row('1', null), row('2', 'satisfied'), row('3', 'not-assessed'), row('4', 'not-applicable')];
  const shown = (view: string) =>
    rows.filter((each) => VIEWS[view]?.[1](each)).map(({ controlId }) => controlId);
  t.assert.deepEqual(
    [shown('all').length, shown('unmapped'), shown('open'), shown('holds')],
    [4, ['1'], ['3'], ['2']],
  );
  t.assert.ok(
    matches(row('AC-1', null), 'ac-1') &&
      matches(row('AC-1', null), ' access') &&
      !matches(row('1', null), 'x'),
  );
  const summary = summaryOf({
    frameworkId: 'x',
    asOf: '',
    knownAt: '',
    rows,
    counts: { satisfied: 1, unmapped: 1 },
    mappedCount: 3,
  });
  t.assert.match(summary, /^3 of 4 .*; 1 of these hold/);
});
