import { type TestContext, test } from 'node:test';
import { actWords, choiceLabel, controlChoices, sampleFile } from './audit-view.ts';

const cell = (controlId: string, status: string) => ({ controlId, title: 'Title', status }) as never;

test('controls with most that fails come first', (t: TestContext) => {
  const choices = controlChoices([
    cell('VMS-01', 'satisfied'),
    cell('VMS-09', 'not-satisfied'),
    cell('VMS-09', 'stale-evidence'),
    cell('VMS-09', 'satisfied'),
    cell('GOV-01', 'not-assessed'),
    cell('MGT-13', 'not-satisfied'),
  ]);
  t.assert.deepEqual(
    choices.map(({ controlId, failing, cells }) => [controlId, failing, cells]),
    [
      ['VMS-09', 2, 3],
      ['MGT-13', 1, 1],
      ['GOV-01', 0, 1],
      ['VMS-01', 0, 1],
    ],
  );
  t.assert.equal(
    choices[0] === undefined ? '' : choiceLabel(choices[0]),
    'VMS-09 Title · 2 of 3 fail or are stale',
  );
});

test('a sample is kept under a name that says what it is', (t: TestContext) => {
  const sample = {
    controlId: 'VMS-09',
    asOf: '2026-11-20T12:00:00.000Z',
    seed: '../a b',
    items: [],
  } as never;
  const { name, text } = sampleFile(sample);
  t.assert.equal(name, 'sample-VMS-09-2026-11-20T12-00-00-000Z-___a_b.json');
  t.assert.equal(JSON.parse(text).seed, '../a b');
});

test('an act is said in words', (t: TestContext) => {
  const record = { act: 'asset-declared', payload: { assetId: 'a-1', name: 'db-1', labels: {} } } as never;
  t.assert.equal(actWords(record), 'Asset declared: db-1, a-1');
  t.assert.equal(actWords({ act: 'schedule-accepted', payload: {} } as never), 'Schedule accepted');
});
