import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { RuleFiles } from './record.ts';

test('rules count however deep they lie, and a changed one is named as a failure', (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-rules-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'sign-in', 'deeper'), { recursive: true });
  writeFileSync(join(directory, 'one.yml'), 'title: One\n');
  writeFileSync(join(directory, 'sign-in', 'deeper', 'two.yml'), 'title: Two\n');
  const files = new RuleFiles([pathToFileURL(`${directory}/`)], () => 0);
  t.assert.deepEqual(files.parts()[0]?.health, {
    state: 'healthy',
    sinceMs: 0,
    because: '2 files are as they were read',
  });
  writeFileSync(join(directory, 'sign-in', 'deeper', 'two.yml'), 'title: Another\n');
  t.assert.equal(files.parts()[0]?.health.state, 'failed');
});
