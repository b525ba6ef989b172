import { globSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { testRules } from './lint.ts';

const ROOMS = globSync('services/*/detections').sort();
/** Fewer would mean that they are not found. */
const ROOMS_MIN = 4;

test('there are rooms with rules', (t: TestContext) => {
  t.assert.ok(ROOMS.length >= ROOMS_MIN, ROOMS.join());
});

for (const folder of ROOMS)
  test(`the rules of ${folder} do what their samples say`, async (t: TestContext) => {
    const { lines, without } = await testRules(folder);
    t.assert.deepEqual(
      lines.filter(({ outcome }) => outcome !== 'passed'),
      [],
    );
    t.assert.equal(without, 0);
    t.assert.ok(lines.length >= 2);
  });
