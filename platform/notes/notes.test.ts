import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DurableNote, readNote, writeNote } from './notes.ts';

function path(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-note-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'note');
}

test('a note is written over in place and read back', (t: TestContext) => {
  const file = path(t);
  writeNote(file, { long: 'x'.repeat(500) }, 1_024, 0o600);
  const { ino, mode } = statSync(file);
  writeNote(file, { short: true }, 1_024, 0o600);
  t.assert.deepEqual(readNote(file), { short: true });
  t.assert.equal(statSync(file).ino, ino);
  t.assert.equal(statSync(file).size, 1_024);
  t.assert.equal(mode & 0o777, 0o600);
});

test('a value beyond its room takes more', (t: TestContext) => {
  const file = path(t);
  writeNote(file, 'x'.repeat(100), 16, 0o600);
  t.assert.equal(readNote(file), 'x'.repeat(100));
});

test('half a note is none', (t: TestContext) => {
  const file = path(t);
  t.assert.equal(readNote(file), undefined);
  writeNote(file, 'before', 64, 0o600);
  const before = readFileSync(file);
  writeNote(file, 'behind', 64, 0o600);
  const behind = readFileSync(file);
  writeFileSync(file, Buffer.concat([behind.subarray(0, 30), before.subarray(30)]));
  t.assert.equal(readNote(file), undefined);
});

test('a durable note comes back after a crash in the middle of any write', (t: TestContext) => {
  const file = path(t);
  const note = new DurableNote(file, 128, 0o600);
  t.assert.equal(note.read(), undefined);
  for (let value = 1; value <= 5; value += 1) {
    note.write(value);
    t.assert.equal(new DurableNote(file, 128, 0o600).read(), value);
    // The place that the next write would go over, torn.
    const place = `${file}.${(value + 1) % 2}`;
    const bytes = readFileSync(place);
    writeFileSync(place, Buffer.concat([Buffer.from('{"turn":99,'), bytes.subarray(11)]));
    t.assert.equal(new DurableNote(file, 128, 0o600).read(), value);
  }
});
