/** The short road of a scan against the long one, and against what happens to files meanwhile. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Entry, openToRead, readEntry } from './entry.ts';
import { FileState } from './file-state.ts';
import { LargeFiles } from './large-files.ts';
import { toLine } from './line.ts';
import { readRegularFile } from './regular-file.ts';

const SIZE_MAX = 1_073_741_824;
let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'demarc-file-'));
});
after(() => rmSync(root, { recursive: true }));

const digest = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** What is said of each path when it is read as a scan reads it. */
function shortRoad(paths: readonly string[]): readonly Entry[] {
  const found: (Entry | undefined)[] = [];
  const large = new LargeFiles(SIZE_MAX, (entry) => found.push(entry));
  for (const path of paths) found.push(readRegularFile(path, SIZE_MAX, large));
  large.finish();
  return found.filter((entry) => entry !== undefined);
}

/** Lets `change` happen to a large file after it was opened and before it was read. */
function whileItWaits(path: string, change: () => void): readonly (Entry | undefined)[] {
  const found: (Entry | undefined)[] = [];
  const large = new LargeFiles(SIZE_MAX, (entry) => found.push(entry));
  assert.equal(readRegularFile(path, SIZE_MAX, large), undefined);
  change();
  large.finish();
  return found;
}

test('both roads say the same of every file in /usr/bin', () => {
  const paths = readdirSync('/usr/bin', { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join('/usr/bin', name));
  const long = paths.map((path) => toLine(readEntry(path, SIZE_MAX) ?? assert.fail(path)));
  assert.deepEqual(shortRoad(paths).map(toLine).sort(), long.sort());
});

test('attributes, ACLs, links, times before 1970 and owners beyond 31 bits', () => {
  const path = join(root, 'odd');
  for (const size of [10, 100_000]) {
    writeFileSync(path, Buffer.alloc(size, 1), { mode: 0o640 });
    execFileSync('chown', ['4000000000:3000000001', path]);
    execFileSync('chmod', ['6755', path]);
    execFileSync('setfacl', ['-m', 'u:nobody:r', path]);
    // More names than most files have: they do not fit the room for the usual ones.
    for (let index = 0; index < 30; index += 1)
      execFileSync('setfattr', ['-n', `user.attribute-number-${index}`, '-v', String(index), path]);
    execFileSync('touch', ['-d', '1969-12-31 23:59:58.5 UTC', path]);
    const [entry] = shortRoad([path]);
    assert.deepEqual(entry, readEntry(path, SIZE_MAX));
    assert.equal(Object.keys(entry?.xattrs ?? {}).length, 31);
    assert.deepEqual(
      [entry?.uid, entry?.gid, entry?.mode, entry?.mtimeMs],
      [4e9, 3_000_000_001, 0o6755, -1_500],
    );
    rmSync(path);
  }
});

test('two states are the same only if nothing happened', () => {
  const path = join(root, 'state');
  writeFileSync(path, 'x');
  const descriptor = openToRead(path);
  const [one, other] = [new FileState(), new FileState()];
  assert.ok(one.read(descriptor) && other.read(descriptor) && one.isSame(other));
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
  assert.deepEqual(
    [one.dev, one.ino, one.size, one.mtimeMs, one.ctimeMs],
    [dev, ino, size, mtimeMs, ctimeMs],
  );
  writeFileSync(path, 'y');
  const { atime, mtime } = statSync(path);
  utimesSync(path, atime, mtime);
  assert.ok(other.read(descriptor) && !one.isSame(other));
  assert.equal(new FileState().read(-1), false);
});

test('a large file that changes before it is read is read again', () => {
  const path = join(root, 'large');
  const content = Buffer.alloc(400_000, 1);
  writeFileSync(path, content);
  const [grown] = whileItWaits(path, () => appendFileSync(path, 'more'));
  assert.deepEqual(
    [grown?.size, grown?.sha256],
    [400_004, digest(Buffer.concat([content, Buffer.from('more')]))],
  );
  const [shrunk] = whileItWaits(path, () => truncateSync(path, 150_000));
  assert.deepEqual([shrunk?.size, shrunk?.sha256], [150_000, digest(Buffer.alloc(150_000, 1))]);
  assert.deepEqual(
    whileItWaits(path, () => unlinkSync(path)),
    [undefined],
  );
});

test('what is something else by now is neither followed nor waited for', () => {
  const path = join(root, 'replaced');
  writeFileSync(path, Buffer.alloc(100_000, 1));
  const [link] = whileItWaits(path, () => {
    unlinkSync(path);
    symlinkSync('/etc/passwd', path);
  });
  assert.deepEqual([link?.type, link?.target, link?.sha256], ['symlink', '/etc/passwd', '']);
  assert.equal(shortRoad([path])[0]?.type, 'symlink');
  unlinkSync(path);
  execFileSync('mkfifo', [path]);
  assert.equal(shortRoad([path])[0]?.type, 'fifo');
  unlinkSync(path);
  assert.deepEqual(shortRoad([path]), []);
});

test('files of the kernel, which have no size, end where they end', () => {
  const [entry] = shortRoad(['/proc/sys/kernel/ostype']);
  assert.deepEqual([entry?.size, entry?.sha256], [0, digest('Linux\n')]);
});
