import { type TestContext, test } from 'node:test';
import { asOfIn, asOfSearch, fieldOf, instantOfField } from './as-of.ts';

test('an instant in the address is taken in UTC with milliseconds; anything else is now', (t: TestContext) => {
  t.assert.equal(asOfIn({ asOf: '2026-11-20T13:00:00+01:00' }), '2026-11-20T12:00:00.000Z');
  t.assert.equal(asOfIn({ asOf: 'yesterday' }), undefined);
  t.assert.equal(asOfIn({}), undefined);
  t.assert.deepEqual(asOfSearch({ asOf: '2026-11-20T12:00:00Z', open: 'x' }), {
    asOf: '2026-11-20T12:00:00.000Z',
  });
  t.assert.deepEqual(asOfSearch({ open: 'x' }), {});
});

test('the field and the instant are the same in either zone', (t: TestContext) => {
  const asOf = '2026-11-20T12:00:00.000Z';
  t.assert.equal(fieldOf(asOf, 'utc'), '2026-11-20T12:00');
  for (const zone of ['utc', 'local'] as const)
    t.assert.equal(instantOfField(fieldOf(asOf, zone), zone), asOf);
  t.assert.equal(instantOfField('', 'utc'), undefined);
  t.assert.equal(instantOfField('2026-11', 'local') === undefined, false);
  t.assert.equal(instantOfField('soon', 'local'), undefined);
});
