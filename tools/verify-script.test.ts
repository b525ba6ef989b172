import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { SCRIPT, verifyScript } from './verify-script.ts';

test('the script of evidence bundles is what its source says', (t: TestContext) => {
  t.assert.equal(readFileSync(SCRIPT, 'utf8'), verifyScript(), 'run: node tools/verify-script.ts');
});
