import { type TestContext, test } from 'node:test';
import { checkRecurrence, occurrences, type Recurrence } from './schedule.ts';

const at = (text: string): number => Date.parse(text);
const shown = (list: readonly number[]): readonly string[] =>
  list.map((ms) => new Date(ms).toISOString().slice(0, 16));
const weekly = (timeZone: string, startsAt: string): Recurrence => ({
  rrule: 'FREQ=WEEKLY;BYDAY=SU',
  timeZone,
  startsAt,
});

test('a time that the clock skips is as much later; none is left out', (t: TestContext) => {
  const found = occurrences(
    weekly('Europe/Berlin', '2026-03-01T02:30'),
    at('2026-03-20T00:00Z'),
    at('2026-04-07T00:00Z'),
  );
  t.assert.deepEqual(shown(found), ['2026-03-22T01:30', '2026-03-29T01:30', '2026-04-05T00:30']);
});

test('a time that the clock shows twice is the first of the two', (t: TestContext) => {
  const found = occurrences(
    weekly('Europe/Berlin', '2026-10-18T02:30'),
    at('2026-10-20T00:00Z'),
    at('2026-11-03T00:00Z'),
  );
  t.assert.deepEqual(shown(found), ['2026-10-25T00:30', '2026-11-01T01:30']);
});

test('zones that change by half an hour, or never, keep their wall clock', (t: TestContext) => {
  const lord = occurrences(
    weekly('Australia/Lord_Howe', '2026-03-29T03:00'),
    at('2026-03-28T00:00Z'),
    at('2026-04-13T00:00Z'),
  );
  t.assert.deepEqual(shown(lord), ['2026-03-28T16:00', '2026-04-04T16:30', '2026-04-11T16:30']);
  const utc = occurrences(
    { rrule: 'FREQ=MONTHLY;BYDAY=2SU', timeZone: 'UTC', startsAt: '2026-01-01T22:00' },
    at('2026-03-01T00:00Z'),
    at('2026-05-01T00:00Z'),
  );
  t.assert.deepEqual(shown(utc), ['2026-03-08T22:00', '2026-04-12T22:00']);
});

test('the range is half open, and has a bound', (t: TestContext) => {
  const daily: Recurrence = { rrule: 'FREQ=DAILY', timeZone: 'UTC', startsAt: '2026-01-01T00:00' };
  t.assert.deepEqual(shown(occurrences(daily, at('2026-01-02T00:00Z'), at('2026-01-04T00:00Z'))), [
    '2026-01-02T00:00',
    '2026-01-03T00:00',
  ]);
  t.assert.equal(occurrences(daily, at('2026-01-01T00:00Z'), at('2126-01-01T00:00Z'), 7).length, 7);
});

test('what cannot be kept is refused', (t: TestContext) => {
  for (const bad of [
    { rrule: 'FREQ=SECONDLY' },
    { rrule: 'FREQ=DAILY;COUNT=0' },
    { rrule: 'FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z' },
    { rrule: 'DTSTART:20260101T000000;FREQ=DAILY' },
    { timeZone: 'Nowhere/At_All' },
    { timeZone: '+02:00' },
    { rrule: 'FREQ=YEARLY;BYMONTH=13' },
    { rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' },
    { startsAt: '2026-13-01T00:00' },
  ])
    t.assert.throws(
      () => occurrences({ rrule: 'FREQ=DAILY', timeZone: 'UTC', startsAt: '2026-01-01T00:00', ...bad }, 0, 1),
      { code: 'SCHEDULE_INVALID' },
    );
});

test('an end in UTC is the same instant in every zone', (t: TestContext) => {
  const daily = (until: string): Recurrence => ({
    rrule: `FREQ=DAILY;UNTIL=${until}`,
    timeZone: 'Europe/Berlin',
    startsAt: '2026-11-01T02:00',
  });
  const range = [at('2026-11-01T00:00Z'), at('2026-12-01T00:00Z')] as const;
  t.assert.equal(occurrences(daily('20261103T010000Z'), ...range).length, 3);
  t.assert.equal(occurrences(daily('20261103T005959Z'), ...range).length, 2);
});

test('a recurrence that never occurs is known before anybody waits for it', (t: TestContext) => {
  const never = {
    rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    timeZone: 'UTC',
    startsAt: '2026-01-01T00:00',
  };
  t.assert.throws(() => checkRecurrence(never), { code: 'SCHEDULE_INVALID' });
  t.assert.doesNotThrow(() => checkRecurrence({ ...never, rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28' }));
});
