import { type TestContext, test } from 'node:test';
import { barOf, rowsOf, seenRows, shifted, ticksOf, viewOf, viewText, zoomed } from './gantt-scale.ts';
import { anyWork } from './testing.ts';

const DAY_MS = 86_400_000;
const whole = { fromMs: Date.parse('2026-12-01T00:00:00Z'), toMs: Date.parse('2026-12-31T00:00:00Z') };

test('closer and wider stay within the plan, and come back to all of it', (t: TestContext) => {
  const close = zoomed(whole, whole, 0.1);
  t.assert.equal(close.toMs - close.fromMs, 3 * DAY_MS);
  t.assert.deepEqual(zoomed(close, whole, 100), whole);
  t.assert.equal(zoomed(close, whole, 1e-9).toMs - zoomed(close, whole, 1e-9).fromMs, 3_600_000);
  t.assert.equal(shifted(close, whole, 100).toMs, whole.toMs);
  t.assert.equal(shifted(close, whole, -100).fromMs, whole.fromMs);
});

test('what the address says is read again, and nonsense is the whole', (t: TestContext) => {
  const close = zoomed(whole, whole, 0.1);
  t.assert.deepEqual(viewOf(viewText(close), whole), close);
  for (const text of [undefined, '', 'x..y', `${viewText(close).split('..').toReversed().join('..')}`])
    t.assert.deepEqual(viewOf(text, whole), whole);
});

test('a bar is cut at the edges, and outside of them there is none', (t: TestContext) => {
  const view = { fromMs: 0, toMs: 100 };
  t.assert.deepEqual(barOf({ fromMs: -50, toMs: 50 }, view), { left: 0, width: 0.5 });
  t.assert.deepEqual(barOf({ fromMs: 75, toMs: 150 }, view), { left: 0.75, width: 0.25 });
  t.assert.equal(barOf({ fromMs: 100, toMs: 150 }, view), undefined);
});

test('ticks are midnights of the place, also across a change of the clock', (t: TestContext) => {
  const view = { fromMs: Date.parse('2026-03-27T23:00:00Z'), toMs: Date.parse('2026-03-31T22:00:00Z') };
  t.assert.deepEqual(
    ticksOf(view, 'Europe/Berlin').map(({ atMs }) => new Date(atMs).toISOString().slice(8, 13)),
    ['27T23', '28T23', '29T22', '30T22'],
  );
  t.assert.ok(ticksOf(whole, 'UTC').length <= 14);
  t.assert.equal(ticksOf({ fromMs: whole.fromMs, toMs: whole.fromMs + 4 * 3_600_000 }, 'UTC').length, 4);
});

test('machines are grouped by environment, by name, and work by time', (t: TestContext) => {
  const rows = rowsOf([
    anyWork({ assetId: 'b', assetName: 'web-10', environment: 'PRD' }),
    anyWork({ assetId: 'a', assetName: 'web-9', environment: 'PRD' }),
    anyWork({ assetId: 'c', assetName: 'dev', environment: 'DEV', startsAt: '2026-12-06T03:00:00.000Z' }),
    anyWork({ assetId: 'c', assetName: 'dev', environment: 'DEV' }),
  ]);
  t.assert.deepEqual(
    rows.map((row) => (row.kind === 'group' ? row.title : `${row.name} ${row.work.length}`)),
    ['DEV: 1 machine', 'dev 2', 'PRD: 2 machines', 'web-9 1', 'web-10 1'],
  );
});

test('of five thousand lines only those on the screen are made', (t: TestContext) => {
  const [first, end] = seenRows(70_000, 420, 28, 5_000);
  t.assert.ok(first <= 2_500 && end >= 2_515 && end - first < 40);
  t.assert.deepEqual(seenRows(0, 420, 28, 3), [0, 3]);
});
