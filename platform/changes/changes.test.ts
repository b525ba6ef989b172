import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, type TestContext, test } from 'node:test';
import type { ChangeManifest } from '../contract/patching.ts';
import { AnnouncedChanges, announceChanges } from './changes.ts';

const DAY_MS = 86_400_000;

function manifest(jobId: string, more: Partial<ChangeManifest> = {}): ChangeManifest {
  return {
    jobId,
    fromMs: 1,
    untilMs: Date.now(),
    packages: [{ name: 'one', from: '1', to: '2' }],
    files: [{ path: '/usr/bin/one', type: 'file', sha256: 'a'.repeat(64), isRemoved: false }],
    covers: ['/var/lib/dpkg/'],
    executables: ['/usr/bin/dpkg'],
    approvedBy: 'somebody',
    ...more,
  };
}

suite('announced changes', () => {
  let base = '';
  let directory = '';
  let unread: string[] = [];
  const open = (): AnnouncedChanges =>
    new AnnouncedChanges((name, because) => void unread.push(`${name}: ${because}`), directory);

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'demarc-changes-'));
    directory = join(base, 'changes');
    unread = [];
  });
  afterEach(() => rmSync(base, { recursive: true }));

  test('what is announced is read, what is announced anew replaces it, what is long over is forgotten', (t: TestContext) => {
    const changes = open();
    t.assert.deepEqual(changes.manifests(), []);
    const old = manifest('../old');
    announceChanges(old, directory);
    t.assert.deepEqual(changes.manifests(), [old]);
    const longAgo = (Date.now() - 9 * DAY_MS) / 1_000;
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), longAgo, longAgo);
    const [first, second] = [manifest('one'), manifest('two', { fromMs: 2 })];
    announceChanges(first, directory);
    announceChanges(second, directory);
    t.assert.deepEqual(changes.manifests(), [second, first]);
    const ended = manifest('one', { untilMs: Date.now() });
    announceChanges(ended, directory);
    t.assert.deepEqual(changes.manifests(), [second, ended]);
    t.assert.deepEqual(readdirSync(base), ['changes']);
    t.assert.equal(statSync(directory).mode & 0o777, 0o700);
    rmSync(directory, { recursive: true });
    t.assert.deepEqual(changes.manifests(), []);
    t.assert.deepEqual(unread, []);
  });

  test('is read again only when the directory says that it changed', (t: TestContext) => {
    announceChanges(manifest('one'), directory);
    utimesSync(directory, 1, 1);
    const changes = open();
    const before = changes.manifests();
    t.assert.equal(changes.manifests(), before);
    announceChanges(manifest('two'), directory);
    t.assert.equal(changes.manifests().length, 2);
  });

  test('more jobs than are kept: the newest are', (t: TestContext) => {
    mkdirSync(directory, { mode: 0o700 });
    for (let at = 0; at < 70; at += 1)
      writeFileSync(
        join(directory, `j${at}.changes.json`),
        JSON.stringify(manifest(`j${at}`, { fromMs: at + 1 })),
        { mode: 0o600 },
      );
    t.assert.equal(open().manifests().length, 64);
    t.assert.equal(unread.filter((line) => line.endsWith(': one too many')).length, 6);
    announceChanges(manifest('last', { fromMs: 1_000 }), directory);
    const found = open().manifests();
    t.assert.equal(found.length, 64);
    t.assert.equal(found[0]?.jobId, 'last');
  });

  test('what others may write, links, and what is no announcement are not believed, and that is said once', (t: TestContext) => {
    announceChanges(manifest('one'), directory);
    const text = JSON.stringify(manifest('forged'));
    const put = (name: string, content: string, mode = 0o600): void => {
      writeFileSync(join(directory, name), content);
      chmodSync(join(directory, name), mode);
    };
    put('writable.changes.json', text, 0o666);
    put('half.changes.json', text.slice(0, 40));
    put('other.changes.json', '{"jobId":"other"}');
    put('being-written.changes.json.new', text);
    writeFileSync(join(base, 'elsewhere'), text, { mode: 0o600 });
    symlinkSync(join(base, 'elsewhere'), join(directory, 'link.changes.json'));
    mkdirSync(join(directory, 'directory.changes.json'));
    utimesSync(directory, 1, 1);
    const changes = open();
    t.assert.deepEqual(
      changes.manifests().map(({ jobId }) => jobId),
      ['one'],
    );
    t.assert.deepEqual(changes.manifests().length, 1);
    t.assert.deepEqual(unread.map((line) => line.replace(/:.*/s, '')).sort(), [
      'directory.changes.json',
      'half.changes.json',
      'link.changes.json',
      'other.changes.json',
      'writable.changes.json',
    ]);
    chmodSync(directory, 0o777);
    t.assert.deepEqual(open().manifests(), []);
  });
});
