import { type TestContext, test } from 'node:test';
import type { Timeline } from '@demarc/platform/contract/assurance/responsibility';
import { areasOf, asOfAt, positionOf, whyOfCell } from './stack-view.ts';

const point = (at: string, duties: number[]) => ({ at, duties, statuses: {} as never });
const timeline: Timeline = {
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-03T00:00:00.000Z',
  firstAt: '2026-11-01T00:00:00.000Z',
  owners: ['provider', 'customer'],
  points: [
    point('2026-11-01T00:00:00.000Z', [1, 3]),
    point('2026-11-02T00:00:00.000Z', [2, 2]),
    point('2026-11-03T00:00:00.000Z', [2, 2]),
  ],
};

test('the slider and the instant in the address are one thing; the right end is now', (t: TestContext) => {
  t.assert.equal(positionOf(timeline, undefined), 2);
  t.assert.equal(positionOf(timeline, '2026-11-02T10:00:00.000Z'), 1);
  t.assert.equal(positionOf(timeline, '2026-10-02T10:00:00.000Z'), 0);
  t.assert.equal(asOfAt(timeline, 2), undefined);
  t.assert.equal(asOfAt(timeline, 1), '2026-11-02T00:00:00.000Z');
  for (const position of [0, 1, 2])
    t.assert.equal(positionOf(timeline, asOfAt(timeline, position)), position);
});

test('areas are stacked in steps, and none where there is no point', (t: TestContext) => {
  t.assert.deepEqual(areasOf(timeline, 200, 40), [
    { owner: 'provider', path: 'M0,30.0H100.0V20.0H200.0V20.0V40.0V40.0H100.0V40.0H0.0Z' },
    { owner: 'customer', path: 'M0,0.0H100.0V0.0H200.0V0.0V20.0V20.0H100.0V30.0H0.0Z' },
  ]);
  t.assert.deepEqual(areasOf({ ...timeline, owners: [], points: [] }, 200, 40), []);
});

test('why is said for each share, in words', (t: TestContext) => {
  const name = (party: string | null, state: string): string => party ?? state;
  const share = {
    party: 'provider',
    state: 'owned',
    count: 4,
    because: [{ text: 'a provider layer', count: 4 }],
  } as const;
  const cell = { columnId: 'all', dutyCount: 4, holds: 1, applicable: 1 };
  t.assert.equal(
    whyOfCell({ ...cell, shares: [{ ...share, because: [...share.because] }] }, name),
    'provider, because a provider layer.',
  );
  t.assert.match(whyOfCell({ ...cell, dutyCount: 0, shares: [] }, name), /No control/);
});
