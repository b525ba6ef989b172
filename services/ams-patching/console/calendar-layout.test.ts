import { type TestContext, test } from 'node:test';
import { daysOf, middleOf, moved, placeInDay, placeInWeek, rangeAround } from './calendar-layout.ts';
import { clockIn, dayStart, instantOf } from './zone-days.ts';

const BERLIN = 'Europe/Berlin';
const at = (text: string): number => Date.parse(text);
const bar = (from: string, to: string) => ({ fromMs: at(from), toMs: at(to) });

test('a month is whole weeks from Monday to Sunday, and one back and forth is where it was', (t: TestContext) => {
  const range = rangeAround('month', '2026-11-27', BERLIN);
  t.assert.equal(clockIn(range.fromMs, BERLIN), '2026-10-26T00:00');
  t.assert.equal(clockIn(range.toMs, BERLIN), '2026-12-07T00:00');
  t.assert.equal(middleOf(range, BERLIN).slice(0, 7), '2026-11');
  t.assert.equal(moved('month', '2026-12-31', 1), '2027-01-01');
  t.assert.equal(moved('month', '2026-01-31', -1), '2025-12-01');
  t.assert.equal(moved('week', '2026-12-31', 1), '2027-01-07');
});

test('every month stands in the middle of its own range', (t: TestContext) => {
  for (let month = 1; month <= 12; month += 1) {
    const date = `2026-${String(month).padStart(2, '0')}-15`;
    for (const zone of [BERLIN, 'Pacific/Auckland', 'America/Los_Angeles'])
      t.assert.equal(middleOf(rangeAround('month', date, zone), zone).slice(0, 7), date.slice(0, 7));
  }
});

test('a week with a change of the clock has seven days, one of them of 23 or 25 hours', (t: TestContext) => {
  const hours = (date: string) =>
    daysOf(rangeAround('week', date, BERLIN), BERLIN).map(({ fromMs, toMs }) => (toMs - fromMs) / 3_600_000);
  t.assert.deepEqual(hours('2026-03-29'), [24, 24, 24, 24, 24, 24, 23]);
  t.assert.deepEqual(hours('2026-10-25'), [24, 24, 24, 24, 24, 24, 25]);
});

test('a time that is skipped is later, one that comes twice is the first, as the server reads it', (t: TestContext) => {
  t.assert.equal(instantOf('2026-03-29T02:30', BERLIN), at('2026-03-29T01:30:00.000Z'));
  t.assert.equal(instantOf('2026-10-25T02:30', BERLIN), at('2026-10-25T00:30:00.000Z'));
  t.assert.equal(instantOf('2026-11-27T02:30', 'UTC'), at('2026-11-27T02:30:00.000Z'));
  t.assert.equal(instantOf('2026-11-27', BERLIN), undefined);
  t.assert.equal(instantOf('2026-11-27T02:30', 'Berlin'), undefined);
});

test('a day without a midnight begins at its first instant', (t: TestContext) => {
  // Chile puts its clocks forward at midnight.
  t.assert.equal(clockIn(dayStart('2026-09-06', 'America/Santiago'), 'America/Santiago'), '2026-09-06T01:00');
});

test('bars that share a day lie below each other, and one that ends at midnight is not in the next day', (t: TestContext) => {
  const days = daysOf(rangeAround('week', '2026-11-27', 'UTC'), 'UTC');
  const placed = placeInWeek(days, [
    bar('2026-11-20T00:00:00Z', '2026-11-25T00:00:00Z'),
    bar('2026-11-24T22:00:00Z', '2026-11-25T02:00:00Z'),
    bar('2026-11-26T22:00:00Z', '2026-11-27T00:00:00Z'),
    bar('2026-12-20T00:00:00Z', '2026-12-21T00:00:00Z'),
  ]);
  t.assert.deepEqual(
    placed.map(({ first, last, lane }) => [first, last, lane]),
    [
      [0, 1, 0],
      [1, 2, 1],
      [3, 3, 0],
    ],
  );
});

test('in a day of 25 hours a bar is as long as its hours', (t: TestContext) => {
  const day = daysOf(rangeAround('week', '2026-10-25', BERLIN), BERLIN).at(-1);
  t.assert.ok(day);
  const [placed, beside] = placeInDay(day, [
    bar('2026-10-25T00:00:00Z', '2026-10-25T05:00:00Z'),
    bar('2026-10-25T04:00:00Z', '2026-10-26T05:00:00Z'),
  ]);
  t.assert.equal(placed?.top, 2 / 25);
  t.assert.equal(placed.height, 5 / 25);
  t.assert.equal(beside?.lane, 1);
  t.assert.equal(beside.top + beside.height, 1);
});
