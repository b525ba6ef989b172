/** The baseline on disk and in memory: what is not as it was signed, and what has to fit. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Baseline, loadBaseline } from './baseline.ts';
import { Differences } from './differences.ts';
import type { Entry } from './entry.ts';
import { fromLine, toLine } from './line.ts';
import { Lines } from './lines.ts';

const signer = {
  sign: (bytes: Uint8Array): string => createHash('sha256').update('key').update(bytes).digest('base64'),
  verify: (bytes: Uint8Array, signature: string): boolean => signer.sign(bytes) === signature,
};
const entry = (path: string, more: Partial<Entry> = {}): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  mtimeMs: 1_764_000_000_000,
  ctimeMs: 1_764_000_000_000,
  ino: 1,
  dev: 1,
  nlink: 1,
  sha256: 'a'.repeat(64),
  target: '',
  xattrs: {},
  unread: '',
  ...more,
});

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'demarc-baseline-'));
});
after(() => rmSync(directory, { recursive: true }));

/** Paths of every kind: two bytes in UTF-8, quotes, and a line longer than what is read at a time. */
const ENTRIES = [
  entry('/a/plain'),
  entry('/a/\xff\xe9 not UTF-8'),
  entry('/a/"quoted"\\\n'),
  entry('/a', { type: 'directory', sha256: '' }),
  entry('/b/long', { xattrs: { 'user.long': 'ab'.repeat(1_500_000) } }),
  ...Array.from({ length: 9_000 }, (_, index) => entry(`/many/${'é'.repeat(index % 90)}${index}`)),
];

test('comes back from the disk as it was', () => {
  const baseline = new Baseline(['/a', '/b', '/many'], 1);
  baseline.add(Lines.of(ENTRIES.slice(0, 4_000).map(toLine)));
  baseline.add(Lines.of(ENTRIES.slice(4_000).map(toLine)));
  baseline.comparedAtMs = 2;
  baseline.save(directory, signer);
  const loaded = loadBaseline(directory, signer);
  assert.ok(loaded !== undefined);
  assert.deepEqual([loaded.roots, loaded.takenAtMs, loaded.comparedAtMs], [['/a', '/b', '/many'], 1, 2]);
  assert.equal(loaded.digest, baseline.digest);
  assert.equal(loaded.size, ENTRIES.length);
  for (const each of ENTRIES) assert.deepEqual(loaded.get(each.path), each);
  // As sha256sum would have it: everything after the second line.
  const body = readFileSync(join(directory, 'baseline'), 'utf8').split('\n').slice(2).join('\n');
  assert.equal(createHash('sha256').update(body).digest('hex'), loaded.digest);
});

test('one changed byte, one cut, one line more: it is not believed', () => {
  const file = join(directory, 'baseline');
  const whole = readFileSync(file);
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(whole.length - 100) ^ 1, whole.length - 100);
  const head = Buffer.from(whole);
  head.writeUInt8(head.readUInt8(5) ^ 1, 5);
  const cuts = [0, 10, whole.indexOf('\n') + 1, whole.length - 1];
  for (const damaged of [
    changed,
    head,
    ...cuts.map((at) => whole.subarray(0, at)),
    Buffer.concat([whole, whole]),
  ]) {
    writeFileSync(file, damaged);
    assert.throws(() => loadBaseline(directory, signer), { code: 'FIM_BASELINE_DAMAGED' });
  }
  rmSync(file);
  assert.equal(loadBaseline(directory, signer), undefined);
});

test('one without entries, and one of an earlier version', () => {
  new Baseline(['/none'], 1).save(directory, signer);
  assert.equal(loadBaseline(directory, signer)?.size, 0);
  const body = '\n';
  const sha256 = createHash('sha256').update(body).digest('hex');
  const signed = JSON.stringify({ takenAtMs: 1, comparedAtMs: 1, roots: ['/none'], entries: 0, sha256 });
  writeFileSync(join(directory, 'baseline'), `${signed}\n${signer.sign(Buffer.from(signed))}\n${body}`);
  assert.equal(loadBaseline(directory, signer)?.size, 0);
});

test('what was not looked into before it was written is the same file, and the same answers', () => {
  const lines = Lines.of(ENTRIES.map(toLine));
  const untouched = new Baseline(['/a', '/b', '/many'], 1);
  untouched.add(lines.first(3));
  untouched.add(Lines.of(ENTRIES.slice(3).map(toLine)));
  const asked = new Baseline(['/a', '/b', '/many'], 1);
  asked.add(Lines.of(ENTRIES.map(toLine)));
  assert.ok(asked.has('/a'));
  for (const baseline of [untouched, asked]) baseline.save(directory, signer);
  assert.equal(untouched.digest, asked.digest);
  assert.equal(untouched.size, ENTRIES.length);
  for (const each of ENTRIES) assert.deepEqual(untouched.get(each.path), each);
  untouched.delete('/a');
  untouched.save(directory, signer);
  assert.equal(loadBaseline(directory, signer)?.size, ENTRIES.length - 1);
});

test('lines are told by how their path begins, and the first of them by their number', () => {
  const lines = Lines.of(ENTRIES.map(toLine));
  const paths = (some: Iterable<string>): readonly string[] => [...some].map((line) => fromLine(line).path);
  assert.deepEqual(
    paths(lines),
    ENTRIES.map(({ path }) => path),
  );
  assert.deepEqual(paths(lines.beginningWith(['/b', '/a/"quoted"\\\n', '/a/\xff'])), [
    '/a/\xff\xe9 not UTF-8',
    '/a/"quoted"\\\n',
    '/b/long',
  ]);
  assert.deepEqual(paths(lines.beginningWith([])), []);
  assert.deepEqual(paths(lines.first(2)), ['/a/plain', '/a/\xff\xe9 not UTF-8']);
  assert.deepEqual([lines.first(0).count, [...lines.first(0)]], [0, []]);
});

test('what two watched paths have in common is written once', () => {
  const baseline = new Baseline(['/a', '/a/below'], 1);
  baseline.add(Lines.of([entry('/a'), entry('/a/below', { size: 1 })].map(toLine)));
  baseline.add(Lines.of([entry('/a/below', { size: 2 })].map(toLine)));
  assert.equal(baseline.size, 2);
  baseline.save(directory, signer);
  const head = JSON.parse(readFileSync(join(directory, 'baseline'), 'utf8').split('\n')[0] ?? '') as unknown;
  assert.equal((head as { readonly entries: number }).entries, 2);
  assert.equal(loadBaseline(directory, signer)?.get('/a/below')?.size, 2);
});

test('a reading differs in what it has otherwise, has more, and has not', () => {
  const baseline = new Baseline(['/a'], 1);
  baseline.add(
    Lines.of(['/a/same', '/a/changed', '/a/settled', '/a/gone', '/other'].map((path) => toLine(entry(path)))),
  );
  const found = new Differences(baseline, ['/a']);
  const changed = toLine(entry('/a/changed\xff'.slice(0, -1), { size: 2 }));
  const settled = toLine(entry('/a/settled', { size: 2 }));
  const more = toLine(entry('/a/more\xff'));
  found.take(Lines.of([toLine(entry('/a/same')), changed]));
  found.take(Lines.of([settled, more]));
  // Real time was first.
  baseline.set(entry('/a/settled', { size: 2 }));
  assert.deepEqual([...found.lines()], [changed, more]);
  assert.deepEqual([...found.gone()], ['/a/gone']);
});

test('entries take as much of the heap as half a million may of the packaged agent’s, also when all changed', async () => {
  // 500,000 entries and 256 MiB in small: a tenth, and what the runtime takes itself.
  const script = `
    const { Baseline, loadBaseline } = await import(${JSON.stringify(new URL('./baseline.ts', import.meta.url))});
    const { Differences } = await import(${JSON.stringify(new URL('./differences.ts', import.meta.url))});
    const { fromLine } = await import(${JSON.stringify(new URL('./line.ts', import.meta.url))});
    const { Lines } = await import(${JSON.stringify(new URL('./lines.ts', import.meta.url))});
    const COUNT = 50_000;
    const directory = ${JSON.stringify(directory)};
    const signer = { sign: () => 'signature', verify: () => true };
    const module = (index) => '/usr/lib/package-' + Math.floor(index / 25) + '/python3/dist-packages/module_' + index;
    const read = (size, onLines) => {
      for (let at = 0; at < COUNT; at += 5_000) {
        const lines = Array.from({ length: 5_000 }, (_, index) => JSON.stringify([
          module(at + index), 0, 420, 0, 0, size, 1764000000123, 1764000000123, at + index, 65024, 1,
          'ab'.repeat(32), '', 0, '',
        ]));
        onLines(Lines.of(lines));
      }
    };`;
  const run = (code: string): Promise<unknown> =>
    promisify(execFile)(process.execPath, [
      '--max-old-space-size=32',
      '--input-type=module',
      '--eval',
      `${script}\n${code}`,
    ]);
  await run(`
    const baseline = new Baseline(['/usr'], 1);
    read(1, (lines) => baseline.add(lines));
    baseline.save(directory, signer);`);
  await run(`
    const baseline = loadBaseline(directory, signer);
    if (baseline.size !== COUNT) throw new Error(String(baseline.size));
    const found = new Differences(baseline, ['/usr']);
    read(2, (lines) => found.take(lines));
    let count = 0;
    for (const line of found.lines()) {
      baseline.set(fromLine(line));
      count += 1;
    }
    if (count !== COUNT) throw new Error(String(count));
    baseline.save(directory, signer);`);
});
