import { type TestContext, test } from 'node:test';
import { counted, shownOf } from './words.ts';

test('one is not many', (t: TestContext) => {
  t.assert.deepEqual(
    [counted(0, 'event'), counted(1, 'event'), counted(2, 'event'), counted(2, 'entry', 'entries')],
    ['0 events', '1 event', '2 events', '2 entries'],
  );
});

test('that not everything is shown is said, and nothing where everything is', (t: TestContext) => {
  t.assert.equal(shownOf(500, 1_204), '; the newest 500 are shown');
  t.assert.equal(shownOf(3, 3), '');
});
