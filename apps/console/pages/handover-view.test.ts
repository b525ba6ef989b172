import { type TestContext, test } from 'node:test';
import type { Outlook } from '@demarc/platform/contract/assurance/handover';
import { changing, countdown, difference, instantOfDay, percent } from './handover-view.ts';

const NOW = Date.parse('2026-11-25T12:00:00.000Z');

test('how much time is left, or has passed', (t: TestContext) => {
  t.assert.equal(countdown('2026-12-25T12:00:00.000Z', NOW), 'in 30 days');
  t.assert.equal(countdown('2026-11-25T17:30:00.000Z', NOW), 'in 5 h');
  t.assert.equal(countdown('2026-11-25T12:00:10.000Z', NOW), 'in 1 min');
  t.assert.equal(countdown('2026-11-22T11:00:00.000Z', NOW), '3 days ago');
});

test('a day is its beginning in UTC, and lies ahead', (t: TestContext) => {
  t.assert.equal(instantOfDay('2026-12-01', NOW), '2026-12-01T00:00:00.000Z');
  t.assert.equal(instantOfDay('2026-11-25', NOW), undefined);
  t.assert.equal(instantOfDay('soon', NOW), undefined);
  t.assert.equal(instantOfDay('', NOW), undefined);
});

test('a score is a share with its difference, and an unknown one is no zero', (t: TestContext) => {
  const outlook = (score: number | null): Outlook => ({
    key: 'now',
    says: '',
    score,
    coverage: null,
    satisfied: 0,
    assessed: 0,
    applicable: 0,
  });
  t.assert.equal(percent(0.1234), '12.3 %');
  t.assert.equal(percent(null), '–');
  t.assert.equal(difference([outlook(0.1), outlook(0.15)], 1), '+5.0 points');
  t.assert.equal(difference([outlook(0.1), outlook(0.05)], 1), '−5.0 points');
  t.assert.equal(difference([outlook(0.1), outlook(0.1)], 1), 'no change');
  t.assert.equal(difference([outlook(null), outlook(0.1)], 1), '');
  t.assert.equal(difference([outlook(0.1)], 0), '');
});

test('only risks that would be other are shown', (t: TestContext) => {
  const risk = (residual: number[]) => ({
    riskId: 'R-01',
    title: '',
    inherent: 16,
    residual,
    aboveAppetite: [],
  });
  t.assert.equal(changing([risk([12, 12, 12]), risk([12, 12, 8])]).length, 1);
});
