import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { generateMappers } from './generate-mappers.ts';

test('the mappers of siem/normalise are those of its mappings: node tools/generate-mappers.ts', (t: TestContext) => {
  t.assert.equal(readFileSync('siem/normalise/generated/mappers.ts', 'utf8'), generateMappers());
});
