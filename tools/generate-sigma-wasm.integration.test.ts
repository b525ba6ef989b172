import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { GENERATED, generateSigmaWasm } from './generate-sigma-wasm.ts';

test('the compiled Sigma matcher is what its source says', async (t: TestContext) => {
  t.assert.equal(readFileSync(GENERATED, 'utf8'), await generateSigmaWasm());
});
