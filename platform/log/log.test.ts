import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { boundLog } from './bound.ts';
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

test('a log is cut while its writer has it open', (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-log-'));
  const file = join(directory, 'part.log');
  t.assert.equal(boundLog(file, 10), false);
  const writer = openSync(file, 'a');
  writeSync(writer, 'a line that is long\n');
  t.assert.equal(boundLog(file, 100), false);
  t.assert.equal(boundLog(file, 10), true);
  writeSync(writer, 'next\n');
  closeSync(writer);
  t.assert.equal(readFileSync(`${file}.1`, 'utf8'), 'a line that is long\n');
  t.assert.equal(readFileSync(file, 'utf8'), 'next\n');
  rmSync(directory, { recursive: true });
});
