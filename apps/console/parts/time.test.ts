import { type TestContext, test } from 'node:test';
import { ago, formatInstant, inputValue, rangeOf } from './time.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');

test('a relative range ends a little after now', (t: TestContext) => {
  t.assert.deepEqual(rangeOf('1h', NOW), {
    from: '2026-11-20T11:00:00.000Z',
    to: '2026-11-20T12:01:00.000Z',
  });
});

test('an absolute range is what it says; one that makes no sense is the last day', (t: TestContext) => {
  const absolute = '2026-11-20T10:00:00.000Z..2026-11-20T11:00:00.000Z';
  t.assert.deepEqual(rangeOf(absolute, NOW), {
    from: '2026-11-20T10:00:00.000Z',
    to: '2026-11-20T11:00:00.000Z',
  });
  for (const text of ['later..sooner', undefined, 'x'])
    t.assert.equal(rangeOf(text, NOW).from, '2026-11-19T12:00:00.000Z');
});

test('an instant goes into an input and comes back', (t: TestContext) => {
  t.assert.equal(new Date(inputValue('2026-11-20T10:00:00.000Z')).toISOString(), '2026-11-20T10:00:00.000Z');
  t.assert.deepEqual([inputValue(undefined), inputValue('soon')], ['', '']);
});

test('ages are in words, instants in a zone', (t: TestContext) => {
  t.assert.equal(ago(NOW - 240_000, NOW), '4 min ago');
  t.assert.match(formatInstant(NOW, 'utc'), /20 Nov 2026, 12:00:00/);
});

test('how long ago, and how soon', (t: TestContext) => {
  const now = Date.parse('2026-11-26T12:00:00Z');
  const said = [-1, -90, -7_200, -300_000, 3, 600, 86_400].map((seconds) => ago(now + seconds * 1_000, now));
  t.assert.deepEqual(said, [
    '1 s ago',
    '2 min ago',
    '2 h ago',
    '3 days ago',
    '0 s ago',
    'in 10 min',
    'in 24 h',
  ]);
});
