import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { replaceFile } from './files.ts';

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-files-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('a file is replaced whole, in its mode, over what a crash left', (t: TestContext) => {
  const directory = directoryFor(t);
  const file = join(directory, 'state');
  writeFileSync(`${file}.new`, 'left by a crash, and longer than what comes', { mode: 0o666 });
  replaceFile(file, 'one');
  replaceFile(file, Buffer.from('two'), 0o644);
  t.assert.equal(readFileSync(file, 'utf8'), 'two');
  t.assert.equal(statSync(file).mode & 0o777, 0o644);
  t.assert.deepEqual(readdirSync(directory), ['state']);
});

test('a link that somebody laid in its way is not followed', (t: TestContext) => {
  const directory = directoryFor(t);
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'mine');
  symlinkSync(victim, join(directory, 'state.new'));
  t.assert.throws(() => replaceFile(join(directory, 'state'), 'x'), { code: 'ELOOP' });
  t.assert.equal(readFileSync(victim, 'utf8'), 'mine');
});

/** The kernel takes what fits below the limit and says how much that was; only the next write is an error. */
test('what cannot be written to its end leaves the file as it was, and is an error', (t: TestContext) => {
  const directory = directoryFor(t);
  const file = join(directory, 'state');
  replaceFile(file, 'before');
  const program = `import { replaceFile } from ${JSON.stringify(new URL('./files.ts', import.meta.url).href)};
try { replaceFile(${JSON.stringify(file)}, 'x'.repeat(10_000)); } catch (error) { console.log(error.code); }`;
  const ran = spawnSync(
    'sh',
    ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath, program],
    {
      encoding: 'utf8',
    },
  );
  t.assert.equal(ran.stdout, 'EFBIG\n', ran.stderr);
  t.assert.equal(readFileSync(file, 'utf8'), 'before');
  t.assert.deepEqual(readdirSync(directory), ['state']);
});
