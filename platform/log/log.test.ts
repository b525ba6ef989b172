import { type TestContext, test } from 'node:test';
import { openLog } from './log.ts';

test('lines that could not be written are counted and said with the next', (t: TestContext) => {
  const written: string[] = [];
  let full = false;
  const log = openLog((text) => {
    if (full) throw new Error('ENOSPC');
    written.push(text);
  });
  log('one');
  full = true;
  log('two');
  log('three');
  full = false;
  log('four');
  t.assert.deepEqual(
    written.map((text) => text.replaceAll(/\d{4}-[\dT:.-]+Z/g, 'T')),
    ['T one\n', 'T 2 lines could not be written\nT four\n'],
  );
});
