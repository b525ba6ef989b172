import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DETECTIONS } from '@demarc/host-intrusion-detection/logs';
import { testRules } from '../sigma/lint.ts';

test('the rules of host intrusion detection do what their samples say', async (t: TestContext) => {
  const { lines, without } = await testRules(fileURLToPath(DETECTIONS));
  t.assert.deepEqual(
    lines.filter(({ outcome }) => outcome !== 'passed'),
    [],
  );
  t.assert.equal(without, 0);
  t.assert.ok(lines.length >= 40);
});
