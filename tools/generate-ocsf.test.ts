import { existsSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { generateOcsf } from './generate-ocsf.ts';

const SOURCES = '../shared/catalogue/ocsf-1.8.0';

test('the generated types and validators are what the sources say', (t: TestContext) => {
  if (!existsSync(SOURCES))
    return t.skip(`the OCSF sources are not at ${SOURCES}: regeneration was not compared`);
  const { types, validators } = generateOcsf(SOURCES);
  t.assert.equal(readFileSync('platform/ocsf/generated/validators.ts', 'utf8'), validators);
  t.assert.equal(readFileSync('platform/ocsf/generated/types.ts', 'utf8'), types);
});
