import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isTar, readTar, type TarEntry, tarEntries } from './tar.ts';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size = 4_096): Promise<readonly (TarEntry & { text: string })[]> {
  const found: (TarEntry & { text: string })[] = [];
  await readTar(pieces(bytes, size), (entry) => {
    const whole = { ...entry, text: '' };
    found.push(whole);
    return { data: (chunk) => (whole.text += chunk.toString('utf8')), end: () => undefined };
  });
  return found;
}

function made(format: string): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-tar-'));
  try {
    const deep = join(directory, 'in', 'a-directory-with-a-name/'.repeat(8));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, `${'n'.repeat(120)}.txt`), 'deep');
    writeFileSync(join(directory, 'in/empty'), '');
    writeFileSync(join(directory, 'in/block'), 'x'.repeat(512));
    return execFileSync('tar', [
      `--format=${format}`,
      '--sort=name',
      '-cf',
      '-',
      '-C',
      join(directory, 'in'),
      '.',
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

for (const format of ['gnu', 'pax'])
  test(`an archive of ${format} has what tar put into it, however it is cut`, async (t: TestContext) => {
    const bytes = made(format);
    for (const size of [1, 511, 512, 65_536]) {
      const found = await read(bytes, size);
      const files = found.filter(({ type }) => type === 'file').map(({ path, text }) => [path, text]);
      t.assert.deepEqual(files, [
        [`./${'a-directory-with-a-name/'.repeat(8)}${'n'.repeat(120)}.txt`, 'deep'],
        ['./block', 'x'.repeat(512)],
        ['./empty', ''],
      ]);
    }
  });

for (const format of ['gnu', 'pax'])
  test(`an archive of ${format} is the same in memory as it comes`, async (t: TestContext) => {
    const bytes = made(format);
    t.assert.equal(isTar(bytes), true);
    const inMemory = [...tarEntries(bytes)].map(({ entry, content }) => ({
      ...entry,
      text: content.toString('utf8'),
    }));
    t.assert.deepEqual(inMemory, await read(bytes));
    t.assert.ok(inMemory.some(({ text }) => text === 'deep'));
  });

test('in memory what is cut off is refused wherever that is', (t: TestContext) => {
  const bytes = made('gnu');
  const cut = (length: number) => [...tarEntries(bytes.subarray(0, length))];
  t.assert.throws(() => cut(700), /in the middle of an entry/);
  const end = bytes.findLastIndex((byte) => byte !== 0);
  t.assert.throws(() => cut(Math.ceil(end / 512) * 512), /it has no end/);
  const damaged = Buffer.from(bytes);
  damaged[0] = (damaged[0] ?? 0) ^ 1;
  t.assert.throws(() => [...tarEntries(damaged)], /sum of a header is wrong/);
});

test('what is damaged, cut off or endless is refused', async (t: TestContext) => {
  const bytes = made('gnu');
  await t.assert.rejects(read(bytes.subarray(0, 700)), /in the middle of an entry/);
  const damaged = Buffer.from(bytes);
  damaged[0] = (damaged[0] ?? 0) ^ 1;
  await t.assert.rejects(read(damaged), /sum of a header is wrong/);
  const huge = Buffer.from(bytes.subarray(0, 512));
  huge[156] = 'L'.charCodeAt(0);
  huge.write('77777777777\0', 124, 'latin1');
  huge.fill(' ', 148, 156);
  huge.write(
    `${huge
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  await t.assert.rejects(read(huge), /a name in it is too long/);
});
