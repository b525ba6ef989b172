/** What is announced, against what a job then really did to the files. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AnnouncedChanges } from '@demarc/platform/changes';
import type { ChangeManifest } from '@demarc/platform/contract/patching';
import { type Execute, execute } from '../run/command.ts';
import { applyJob, manifestFor, parsePatchJob } from '../run/run.ts';
import { type AptTree, jobFor, NO_APT, plain, treeOf } from '../run/testing.ts';
import { announcement, type PatchManifest } from './manifest.ts';

const skip = NO_APT;

/** Of everything below the root but what the manifest calls bookkeeping: digest, target or kind. */
function stateOf(tree: AptTree, { bookkeeping }: PatchManifest): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string): void => {
    for (const name of readdirSync(join(tree.root, path))) {
      const at = `${path === '/' ? '' : path}/${name}`;
      if (bookkeeping.some((known) => (known.endsWith('/') ? `${at}/`.startsWith(known) : at === known)))
        continue;
      const stats = lstatSync(join(tree.root, at));
      if (stats.isSymbolicLink()) found.set(at, `link ${readlinkSync(join(tree.root, at))}`);
      else if (stats.isDirectory()) {
        found.set(at, 'directory');
        walk(at);
      } else
        found.set(
          at,
          createHash('sha256')
            .update(readFileSync(join(tree.root, at)))
            .digest('hex'),
        );
    }
  };
  walk('/');
  return found;
}

const LONG = `usr/share/files/${'a-long-name/'.repeat(12)}end`;
const version = (of: string, more: Record<string, string>) => ({
  name: 'files',
  version: of,
  files: {
    'usr/bin/changed': `of ${of}`,
    'usr/bin/same': 'of both',
    'lib/through-a-link': `of ${of}`,
    'usr/bin/diverted': `of ${of}`,
    'etc/plain.conf': `of ${of}`,
    'etc/mine.conf': `of ${of}`,
    'etc/deleted.conf': `of ${of}`,
    'etc/same.conf': 'of both',
    ...more,
  },
});
const conffiles = ['/etc/plain.conf', '/etc/mine.conf', '/etc/deleted.conf', '/etc/same.conf'];

test('what is announced is what then changes, with the digests that it then has', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(
    [
      {
        ...version('1', {
          'usr/share/files/removed': 'x',
          'usr/share/gone/only': 'x',
          'usr/share/moves': 'of 1',
        }),
        links: { 'usr/bin/link': 'changed', 'usr/bin/becomes-file': 'changed' },
        conffiles,
      },
      {
        ...version('2', {
          'usr/bin/added': 'new',
          [LONG]: 'deep',
          'etc/new.conf': 'new',
          'etc/there.conf': 'new',
          'usr/bin/becomes-file': 'a file',
        }),
        links: { 'usr/bin/link': 'same' },
        conffiles: [...conffiles, '/etc/new.conf', '/etc/there.conf'],
      },
    ],
    [...plain('other', '1'), { name: 'other', version: '2', files: { 'usr/share/moves': 'of other 2' } }],
  );
  tree.write('etc/mine.conf', 'mine');
  tree.write('etc/same.conf', 'mine');
  tree.write('etc/there.conf', 'was there');
  rmSync(join(tree.root, 'etc/deleted.conf'));
  // Merged as every Debian is now; and a place that somebody else has taken.
  mkdirSync(join(tree.root, 'usr/lib'), { recursive: true });
  for (const name of readdirSync(join(tree.root, 'lib')))
    renameSync(join(tree.root, 'lib', name), join(tree.root, 'usr/lib', name));
  rmSync(join(tree.root, 'lib'), { recursive: true });
  symlinkSync('usr/lib', join(tree.root, 'lib'));
  execFileSync(
    'dpkg-divert',
    [
      `--root=${tree.root}`,
      '--local',
      '--rename',
      '--divert',
      '/usr/bin/diverted.real',
      '--add',
      '/usr/bin/diverted',
    ],
    { stdio: 'pipe' },
  );
  writeFileSync(join(tree.root, 'usr/bin/diverted'), 'of somebody else');
  const packages = [
    { name: 'files', from: '1', to: '2' },
    { name: 'other', from: '1', to: '2' },
  ];
  // dpkg refuses a file of two packages: the one that gives it up goes first.
  const job = parsePatchJob(jobFor(packages));
  const manifest = await manifestFor(job, tree.optionsFor());
  const before = stateOf(tree, manifest);
  const changesDirectory = join(tree.state, 'changes');
  const changes = new AnnouncedChanges((name, because) => {
    throw new Error(`${name}: ${because}`);
  }, changesDirectory);
  let told: readonly ChangeManifest[] = [];
  const onProgram: Execute = async (call, timeoutMs) => {
    if (call.argv.some((one) => one.endsWith('apt-get')) && existsSync(changesDirectory))
      told = changes.manifests();
    return await execute(call, timeoutMs);
  };
  const result = await applyJob(job, tree.optionsFor({ changesDirectory, run: onProgram }));
  t.assert.equal(result.result, 'done', JSON.stringify(result));
  const kept = JSON.parse(readFileSync(join(tree.state, `${job.id}.manifest.json`), 'utf8')) as PatchManifest;
  t.assert.deepEqual({ ...kept, madeAtMs: 0 }, { ...manifest, madeAtMs: 0 });
  t.assert.equal(result.manifest?.entries, manifest.entries.length);
  const after = stateOf(tree, manifest);

  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  const said = manifest.entries.filter(({ change }) => change !== 'same').map(({ path }) => path);
  t.assert.deepEqual(said.toSorted(), changed.toSorted());
  for (const { path, change, sha256, target, type } of manifest.entries) {
    const is = after.get(path);
    if (change === 'removed') t.assert.equal(is, undefined, path);
    else t.assert.equal(is, type === 'file' ? sha256 : type === 'symlink' ? `link ${target}` : type, path);
  }
  const of = (path: string) => manifest.entries.find((entry) => entry.path === path)?.change;
  t.assert.equal(of('/usr/bin/same'), 'same');
  t.assert.equal(of('/usr/lib/through-a-link'), 'changed');
  t.assert.equal(of('/usr/bin/diverted'), undefined);
  t.assert.equal(of('/usr/bin/diverted.real'), 'changed');
  t.assert.equal(of('/etc/mine.conf'), undefined);
  t.assert.equal(of('/etc/mine.conf.dpkg-dist'), 'added');
  t.assert.equal(of('/usr/share/gone'), 'removed');
  // While dpkg was at work it was said of the whole window, and afterwards of the job's own time.
  t.assert.deepEqual(told, [announcement(kept)]);
  t.assert.equal(told[0]?.untilMs, job.window.closesAtMs);
  const [ended] = changes.manifests();
  t.assert.ok(ended !== undefined && ended.untilMs >= result.startedAtMs && ended.untilMs <= Date.now());
  t.assert.ok(ended.covers.includes('/var/lib/dpkg/'));
  t.assert.equal(ended.files.find(({ path }) => path === '/usr/share/gone')?.isRemoved, true);
});

test('an archive that is not what the index says is no archive', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const archive = join(tree.repository, 'one_2_all.deb');
  const bytes = readFileSync(archive);
  bytes[bytes.length - 600] = 0x41;
  writeFileSync(archive, bytes);
  const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }]));
  await t.assert.rejects(manifestFor(job, tree.optionsFor()), { code: 'PATCH_ARCHIVE_UNREADABLE' });
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(tree.installed(), ['one 1 installed'], JSON.stringify(result));
  t.assert.match(result.notes.join(), /^no manifest of changes: /);
});

/** The index without these fields, and with others. */
function index(tree: AptTree, change: (text: string) => string): void {
  const file = join(tree.repository, 'Packages');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
const withoutSha256 = (text: string): string => text.replaceAll(/^SHA256: .*\n/gm, '');

/** What is in the cache already apt takes as it is, by its size. */
function cache(tree: AptTree, isSound: boolean): void {
  const bytes = readFileSync(join(tree.repository, 'one_2_all.deb'));
  if (!isSound) bytes[bytes.length - 600] = 0x41;
  writeFileSync(join(tree.root, 'var/cache/apt/archives/one_2_all.deb'), bytes);
}

test('an archive that was in the cache before is held to its digest too', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }]));
  cache(tree, true);
  t.assert.equal((await manifestFor(job, tree.optionsFor())).entries.length, 1);
  cache(tree, false);
  await t.assert.rejects(manifestFor(job, tree.optionsFor()), {
    code: 'PATCH_ARCHIVE_UNREADABLE',
    message: /its SHA256 is [0-9a-f]{64}, and the index of the repository says /,
  });
});

test('an index that has SHA-512 only is held to it', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const archive = readFileSync(join(tree.repository, 'one_2_all.deb'));
  const sha512 = createHash('sha512').update(archive).digest('hex');
  index(tree, (text) =>
    withoutSha256(text).replace(/^Filename: .*one_2_all\.deb$/m, `$&\nSHA512: ${sha512}`),
  );
  const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }]));
  t.assert.equal((await manifestFor(job, tree.optionsFor())).entries.length, 1);
  cache(tree, false);
  await t.assert.rejects(manifestFor(job, tree.optionsFor()), {
    code: 'PATCH_ARCHIVE_UNREADABLE',
    message: new RegExp(`its SHA512 is [0-9a-f]{128}, and the index of the repository says ${sha512}`),
  });
});

test('an archive of which no index has a digest that counts is in no manifest, and that is said', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  index(tree, withoutSha256);
  cache(tree, true);
  const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }]));
  await t.assert.rejects(manifestFor(job, tree.optionsFor()), {
    code: 'PATCH_ARCHIVE_UNREADABLE',
    message: /the index of its repository has no digest of it: SHA512 or SHA256/,
  });
  const result = await applyJob(job, tree.optionsFor());
  t.assert.match(result.notes.join(), /^no manifest of changes: .* has no digest of it/);
});
