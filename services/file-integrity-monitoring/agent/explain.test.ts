import { type TestContext, test } from 'node:test';
import type { ChangeManifest } from '@demarc/platform/contract/patching';
import { type Change, compare } from './compare.ts';
import type { Entry } from './entry.ts';
import { Explainer } from './explain.ts';
import type { ProcessFacts } from './processes.ts';

const [A, B] = ['a'.repeat(64), 'b'.repeat(64)];
const FROM_MS = 1_000_000;
const UNTIL_MS = 2_000_000;
const NOW_MS = 1_500_000;

const manifest: ChangeManifest = {
  jobId: 'job-1',
  fromMs: FROM_MS,
  untilMs: UNTIL_MS,
  packages: [{ name: 'one', from: '1', to: '2' }],
  files: [
    { path: '/usr/bin/one', type: 'file', sha256: B, isRemoved: false },
    { path: '/usr/bin/gone', type: 'file', sha256: null, isRemoved: true },
    { path: '/usr/lib/ö', type: 'file', sha256: B, isRemoved: false },
    { path: '/usr/bin/link', type: 'symlink', sha256: null, target: 'one', isRemoved: false },
  ],
  covers: ['/var/lib/dpkg/', '/etc/ld.so.cache'],
  executables: ['/usr/bin/dpkg'],
  approvedBy: 'Jane of AMS',
};

function entry(path: string, more: Partial<Entry> = {}): Entry {
  return {
    path: Buffer.from(path).toString('latin1'),
    type: 'file',
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 1,
    mtimeMs: NOW_MS,
    ctimeMs: NOW_MS,
    dev: 1,
    ino: 1,
    nlink: 1,
    target: '',
    sha256: B,
    xattrs: {},
    unread: '',
    ...more,
  };
}

function byProgram(exe: string, parentExe = '/usr/sbin/init'): ProcessFacts {
  const one = { pid: 1, exe, name: exe.slice(exe.lastIndexOf('/') + 1) };
  const parent = { pid: 1, exe: parentExe, name: 'parent' };
  return { ...one, commandLine: '', uid: 0, user: 'root', startedAtMs: 1, parent, source: 'proc' };
}

const dpkg = byProgram('/usr/bin/dpkg');
const replaced = (path: string, more: Partial<Entry> = {}): Change =>
  changed(entry(path, { sha256: A }), entry(path, { ino: 2, ...more }));
function changed(before: Entry | undefined, now: Entry | undefined): Change {
  const change = compare(before, now);
  if (change === undefined) throw new Error('nothing changed');
  return change;
}

/** Why it is not explained; '' when it is, undefined when nobody announced anything for that time. */
function why(
  change: Change,
  process: ProcessFacts | 'nobody knows' = dpkg,
  atMs = NOW_MS,
): string | undefined {
  const known = process === 'nobody knows' ? undefined : process;
  return new Explainer(() => [manifest]).explain(change, atMs, known)?.because;
}

test('what was announced is explained, with who approved it', (t: TestContext) => {
  t.assert.deepEqual(new Explainer(() => [manifest]).explain(replaced('/usr/bin/one'), NOW_MS, dpkg), {
    jobId: 'job-1',
    approvedBy: 'Jane of AMS',
    isAnnounced: true,
    because: '',
  });
  t.assert.equal(why(replaced('/usr/lib/ö')), '');
  t.assert.equal(why(changed(entry('/usr/bin/gone'), undefined)), '');
  t.assert.equal(why(changed(undefined, entry('/usr/bin/one.dpkg-new', { sha256: A }))), '');
  t.assert.equal(why(changed(undefined, entry('/var/lib/dpkg/info/one.list', { sha256: A }))), '');
  t.assert.equal(why(replaced('/etc/ld.so.cache'), byProgram('/usr/sbin/ldconfig', '/usr/bin/dpkg')), '');
  // It was gone before it could be looked at, and the kernel said who had started it.
  t.assert.equal(why(changed(undefined, entry('/var/lib/dpkg/x')), byProgram('', '/usr/bin/dpkg')), '');
  // Found by comparing: nobody knows who, but the content is as announced.
  t.assert.equal(why(replaced('/usr/bin/one'), 'nobody knows'), '');
});

test('whatever else comes in its time is not', (t: TestContext) => {
  t.assert.equal(why(replaced('/usr/bin/two')), 'it is not among what was announced');
  t.assert.equal(why(replaced('/etc/ld.so.cache2')), 'it is not among what was announced');
  t.assert.equal(
    why(replaced('/usr/bin/one', { sha256: A, mode: 0o700 })),
    'its content is not what was announced',
  );
  t.assert.equal(why(changed(entry('/usr/bin/one'), undefined)), 'it was not announced to go');
  t.assert.equal(why(replaced('/usr/bin/gone')), 'it was announced to go');
  t.assert.equal(
    why(replaced('/usr/bin/one'), byProgram('/usr/bin/cp', '/usr/bin/bash')),
    'by /usr/bin/cp, which has no part in it',
  );
  t.assert.equal(
    why(changed(undefined, entry('/var/lib/dpkg/x')), byProgram('/tmp/dpkg')),
    'by /tmp/dpkg, which has no part in it',
  );
  t.assert.equal(
    why(changed(undefined, entry('/usr/bin/one.dpkg-new', { sha256: A })), 'nobody knows'),
    'who changed it is not known',
  );
  t.assert.equal(
    why(changed(undefined, entry('/var/lib/dpkg/x')), 'nobody knows'),
    'who changed it is not known',
  );
  const link = { type: 'symlink', sha256: '', target: '/tmp/one' } as const;
  t.assert.equal(
    why(changed(undefined, entry('/usr/bin/one', link)), 'nobody knows'),
    'it is a symlink, and a file was announced',
  );
  t.assert.equal(
    why(changed(undefined, entry('/usr/bin/link', link))),
    'it leads elsewhere than was announced',
  );
  t.assert.equal(why(changed(undefined, entry('/usr/bin/link', { ...link, target: 'one' }))), '');
  // Too large to be hashed.
  const unhashed = changed(undefined, entry('/usr/bin/one', { sha256: '' }));
  t.assert.equal(why(unhashed, 'nobody knows'), 'its content is not known');
  t.assert.equal(why(unhashed), '');
  // The content of the package, and rights that nobody announced.
  const setId = { mode: 0o4755 };
  t.assert.equal(why(replaced('/usr/bin/one', setId), 'nobody knows'), 'who changed its rights is not known');
  t.assert.equal(
    why(changed(undefined, entry('/usr/bin/one', setId)), 'nobody knows'),
    'who changed its rights is not known',
  );
  const capable = entry('/usr/bin/one', { xattrs: { 'security.capability': '01' } });
  t.assert.equal(why(changed(undefined, capable), 'nobody knows'), 'who changed its rights is not known');
});

test('before and after it nothing is said, and of two jobs the one that explains counts', (t: TestContext) => {
  const change = replaced('/usr/bin/one');
  t.assert.equal(why(change, dpkg, FROM_MS - 1), undefined);
  t.assert.equal(why(change, dpkg, UNTIL_MS + 2_001), undefined);
  t.assert.equal(why(change, dpkg, UNTIL_MS + 1), '');
  const other = { ...manifest, jobId: 'job-2', files: [], covers: [] };
  const explained = new Explainer(() => [other, manifest]).explain(change, NOW_MS, dpkg);
  t.assert.equal(explained?.jobId, 'job-1');
  t.assert.equal(new Explainer(() => [other]).explain(change, NOW_MS, dpkg)?.jobId, 'job-2');
});
