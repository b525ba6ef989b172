import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { readPrepared, writePrepared } from './prepared.ts';

test('what was made of these very texts is there, and of no others', (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-prepared-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const beside = pathToFileURL(`${directory}/beside/`);
  t.assert.equal(readPrepared('thing', beside).of(['a', 'bc']), undefined);
  const value = { numbers: new Uint32Array([1, 2]), names: new Map([['one', { deep: [undefined, 1n] }]]) };
  writePrepared('thing', ['a', 'bc'], value, beside);
  const prepared = readPrepared('thing', beside);
  t.assert.deepEqual(prepared.of(['a', 'bc']), value);
  t.assert.notEqual(prepared.of(['a', 'bc']), prepared.of(['a', 'bc']));
  for (const others of [['ab', 'c'], ['a'], ['a', 'bc', ''], [], ['a', 'bd']])
    t.assert.equal(prepared.of(others), undefined, others.join());
  t.assert.equal(readPrepared('other', beside).of(['a', 'bc']), undefined);
});
