import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT } from '../apps/cli/exit-codes.ts';
import { collectErrors, errorsDocument } from './errors-doc.ts';
import { ledgerDocument } from './ledger-doc.ts';

test('docs/errors.md is what the catalogues say', async (t: TestContext) => {
  t.assert.equal(
    readFileSync('docs/errors.md', 'utf8'),
    await errorsDocument(),
    'run: node tools/errors-doc.ts',
  );
});

test('docs/ledger-format.md is what the schemas say', (t: TestContext) => {
  t.assert.equal(
    readFileSync('docs/ledger-format.md', 'utf8'),
    ledgerDocument(),
    'run: node tools/ledger-doc.ts',
  );
});

test('each error code is used once, and has a sentence and a next step', async (t: TestContext) => {
  const errors = await collectErrors();
  t.assert.ok(errors.length > 0);
  t.assert.equal(new Set(errors.map((error) => error.code)).size, errors.length);
  for (const { code, entry } of errors) {
    t.assert.match(code, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
    t.assert.ok(entry.fix.length > 10, `${code} has no next step`);
    t.assert.ok(entry.status >= 400 && entry.status < 600, `${code} has no error status`);
  }
});

test('the README says what every exit code says', (t: TestContext) => {
  const readme = readFileSync('README.md', 'utf8');
  const told = [...readme.matchAll(/^\| (\d) +\| /gm)].map(([, code]) => Number(code));
  t.assert.deepEqual(told, Object.values(EXIT));
});

test('every relative link in the documents leads somewhere', (t: TestContext) => {
  const broken: string[] = [];
  const documents = globSync(['*.md', 'docs/**/*.md', 'services/*/README.md']);
  for (const document of documents) {
    for (const [, target] of readFileSync(document, 'utf8').matchAll(
      /\]\((?!https?:|#|mailto:)([^)#\s]+)/g,
    )) {
      if (target !== undefined && !existsSync(join(dirname(document), target)))
        broken.push(`${document} → ${target}`);
    }
  }
  t.assert.deepEqual(broken, []);
});
