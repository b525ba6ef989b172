/** Jobs carried out for real, by apt-get and dpkg, on a system in a directory. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyJob, dryRun, parsePatchJob } from './run.ts';
import { checkOf, jobFor, NO_APT, outcomes, plain, treeOf } from './testing.ts';

const skip = NO_APT;
const failing = '#!/bin/sh\necho "cannot be set up" >&2\nexit 1\n';

test('exactly the planned versions are installed, and nothing newer that is offered too', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(
    plain('one', '1.0', '2.0', '3.0'),
    plain('two', '1.0', '1.1'),
    plain('other', '1.0', '2.0'),
  );
  const job = parsePatchJob(
    jobFor([
      { name: 'one', from: '1.0', to: '2.0' },
      { name: 'two', from: '1.0', to: '1.1' },
    ]),
  );
  const dry = await dryRun(job, tree.optionsFor());
  t.assert.equal(dry.result, 'ready');
  t.assert.ok(
    tree.installed().every((line) => line.includes(' 1.0 ')),
    'a dry run changes nothing',
  );
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['one done 2.0', 'two done 1.1'], JSON.stringify(result));
  t.assert.equal(result.result, 'done');
  t.assert.deepEqual(tree.installed(), ['one 2.0 installed', 'other 1.0 installed', 'two 1.1 installed']);
  t.assert.equal(tree.read('usr/share/one/text'), 'one 2.0\n');
  t.assert.deepEqual(
    await applyJob(job, tree.optionsFor()),
    result,
    'a job that ended is not carried out again',
  );
});

test('a package that fails does not hide the rest, and goes back', { skip }, async (t: TestContext) => {
  using tree = treeOf(
    plain('before', '1', '2'),
    [...plain('broken', '1'), { name: 'broken', version: '2', scripts: { postinst: failing } }],
    [...plain('refusing', '1'), { name: 'refusing', version: '2', scripts: { preinst: failing } }],
    plain('later', '1', '2'),
  );
  const names = ['before', 'broken', 'refusing', 'later'];
  const job = parsePatchJob(jobFor(names.map((name) => ({ name, from: '1', to: '2' }))));
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(
    outcomes(result),
    ['before done 2', 'broken rolled-back 1', 'refusing failed 1', 'later done 2'],
    JSON.stringify(result, null, 1),
  );
  t.assert.equal(result.result, 'partly');
  t.assert.match(result.packages[1]?.because ?? '', /2 is only half installed; .*post-installation script/);
  t.assert.match(result.packages[2]?.because ?? '', /1 is installed as before; .*pre-installation script/);
  t.assert.ok(
    tree.installed().every((line) => line.endsWith(' installed')),
    tree.installed().join(),
  );
  t.assert.match(tree.read('etc/apt/preferences.d/demarc-job-1.pref'), /Package: broken\nPin: version 2\n/);
});

test('what stays broken keeps no other package from its version', { skip }, async (t: TestContext) => {
  using tree = treeOf(
    [...plain('broken', '1'), { name: 'broken', version: '2', scripts: { postinst: failing } }],
    plain('later', '1', '2'),
    plain('last', '1', '2'),
  );
  const job = parsePatchJob(
    jobFor(
      ['broken', 'later', 'last'].map((name) => ({ name, from: '1', to: '2' })),
      { rollback: { onFailure: 'keep' } },
    ),
  );
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(
    outcomes(result),
    ['broken failed 2', 'later done 2', 'last done 2'],
    JSON.stringify(result),
  );
});

test('a set whose member fails is taken apart', { skip }, async (t: TestContext) => {
  using tree = treeOf(
    plain('aa', '1', '2'),
    [...plain('broken', '1'), { name: 'broken', version: '2', scripts: { preinst: failing } }],
    plain('zz', '1', '2'),
  );
  const job = parsePatchJob(
    jobFor(
      ['aa', 'broken', 'zz'].map((name) => ({ name, from: '1', to: '2' })),
      { setSize: 3 },
    ),
  );
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['aa done 2', 'broken failed 1', 'zz done 2'], JSON.stringify(result));
});

test('it stops at the threshold, and says what was not tried', { skip }, async (t: TestContext) => {
  const broken = (name: string) => [
    ...plain(name, '1'),
    { name, version: '2', scripts: { preinst: failing } },
  ];
  using tree = treeOf(broken('aa'), plain('bb', '1', '2'), broken('cc'), plain('dd', '1', '2'));
  const job = parsePatchJob(
    jobFor(
      ['aa', 'bb', 'cc', 'dd'].map((name) => ({ name, from: '1', to: '2' })),
      { errorThreshold: 2 },
    ),
  );
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['aa failed 1', 'bb done 2', 'cc failed 1', 'dd not-tried 1']);
  t.assert.equal(result.packages[3]?.because, 'stopped: 2 failed, and the job bears 1');
});

test('packages that need each other come together, whatever size a set has', {
  skip,
}, async (t: TestContext) => {
  const pair = (version: string) => [
    { name: 'lib', version, files: { 'usr/lib/lib': version } },
    { name: 'lib-dev', version, depends: `lib (= ${version})`, files: { 'usr/include/lib': version } },
  ];
  // Of the third nothing is wanted, although the manager would take it.
  const all = ['1', '2', '3'].map(pair);
  using tree = treeOf(
    all.flatMap(([lib]) => lib ?? []),
    all.flatMap(([, dev]) => dev ?? []),
  );
  const both = ['lib', 'lib-dev'].map((name) => ({ name, from: '1', to: '2' }));
  const alone = parsePatchJob(jobFor(both.slice(0, 1), { id: 'alone' }));
  const refused = await applyJob(alone, tree.optionsFor());
  t.assert.equal(refused.result, 'refused');
  t.assert.match(
    checkOf(refused, 'simulation'),
    /failed: (changes lib-dev:all 1 to \d too|removes lib-dev 1)/,
  );
  const result = await applyJob(parsePatchJob(jobFor(both)), tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['lib done 2', 'lib-dev done 2']);
});

test('what is planned beyond the job is refused with the list, and nothing is applied', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(
    [...plain('one', '1'), { name: 'one', version: '2', conflicts: 'victim', depends: 'helper' }],
    plain('victim', '1'),
  );
  tree.build({ name: 'helper', version: '1' });
  tree.publish();
  const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }]));
  const result = await applyJob(job, tree.optionsFor());
  t.assert.equal(result.result, 'refused');
  t.assert.match(checkOf(result, 'simulation'), /removes victim 1/);
  t.assert.match(checkOf(result, 'simulation'), /installs helper:all 1 anew/);
  t.assert.deepEqual(outcomes(result), ['one not-tried -']);
  t.assert.deepEqual(tree.installed(), ['one 1 installed', 'victim 1 installed']);
});

test('a package that is new is installed where the job says so', { skip }, async (t: TestContext) => {
  using tree = treeOf([
    { name: 'kernel', version: '1' },
    { name: 'kernel', version: '2', depends: 'kernel-6.2' },
  ]);
  tree.build({ name: 'kernel-6.2', version: '6.2-1', files: { 'boot/vmlinuz-6.2': 'x' } });
  tree.publish();
  const job = parsePatchJob(
    jobFor([
      { name: 'kernel', from: '1', to: '2' },
      { name: 'kernel-6.2', from: null, to: '6.2-1' },
    ]),
  );
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['kernel done 2', 'kernel-6.2 done 6.2-1'], JSON.stringify(result));
});

test('outside of the window and without approval nothing is touched', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const now = Date.now();
  const refusal = async (more: Record<string, unknown>, check: string): Promise<string> => {
    const job = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }], more));
    const result = await applyJob(job, tree.optionsFor());
    t.assert.equal(result.result, 'refused');
    return checkOf(result, check);
  };
  const window = (from: number, to: number) => ({ window: { opensAtMs: now + from, closesAtMs: now + to } });
  t.assert.match(await refusal(window(-9_000, -1_000), 'window'), /^failed: the window closed at 2/);
  t.assert.match(await refusal(window(60_000, 90_000), 'window'), /^failed: the window opens at 2/);
  t.assert.match(
    await refusal({ ...window(-9_000, 30_000), secondsPerSet: 60 }, 'window'),
    /^failed: \d+ s of the window are left, and a set needs 60 s$/,
  );
  t.assert.match(await refusal({ approval: undefined }, 'approval'), /nobody of provider approved it/);
  const by = (party: string, person: string, more = {}) => ({
    approval: { party, person, atMs: now, ...more },
  });
  t.assert.match(
    await refusal(by('tenant', 'bob'), 'approval'),
    /of tenant approved it, and the duty is provider’s/,
  );
  t.assert.match(await refusal(by('provider', 'ann'), 'approval'), /ann asked for it and approved it/);
  t.assert.match(await refusal(by('provider', 'bob', { untilMs: now - 1 }), 'approval'), /was good until/);
  t.assert.deepEqual(tree.installed(), ['one 1 installed']);
  t.assert.equal(existsSync(tree.state), true);
  t.assert.equal(existsSync(join(tree.state, 'job-1.jsonl')), false, 'a refused job may come again');
});

test('a repository out of reach, a disk too full, another version: each is a reason', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const packages = [{ name: 'one', from: '1', to: '2' }];
  const full = await applyJob(
    parsePatchJob(jobFor(packages, { freeBytes: { var: 2 ** 52 } })),
    tree.optionsFor(),
  );
  t.assert.match(checkOf(full, 'disk'), /^failed: \/var has \d+ MiB free, and 4294967296 MiB are demanded/);
  const other = await applyJob(
    parsePatchJob(jobFor([{ name: 'one', from: '1.5', to: '2' }])),
    tree.optionsFor(),
  );
  t.assert.equal(checkOf(other, 'versions'), 'failed: one:all is 1, and the job is for 1.5');
  execFileSync('rm', [join(tree.repository, 'one_1_all.deb')]);
  tree.publish();
  const oneWay = await applyJob(parsePatchJob(jobFor(packages)), tree.optionsFor());
  t.assert.equal(checkOf(oneWay, 'way-back'), 'failed: one 1 is offered no more: there would be no way back');
  execFileSync('rm', [join(tree.repository, 'Packages')]);
  const away = await applyJob(parsePatchJob(jobFor(packages)), tree.optionsFor());
  t.assert.match(checkOf(away, 'repository'), /^failed: /);
  t.assert.deepEqual(tree.installed(), ['one 1 installed']);
});

test('a lock that another holds is waited for, and who holds it is said', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const lock = join(tree.root, 'var/lib/dpkg/lock-frontend');
  const holder = spawn(
    'python3',
    [
      '-c',
      'import fcntl,sys,time\nf=open(sys.argv[1],"w")\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint("held",flush=True)\ntime.sleep(60)',
      lock,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const packages = [{ name: 'one', from: '1', to: '2' }];
  const refused = await applyJob(parsePatchJob(jobFor(packages)), tree.optionsFor());
  t.assert.equal(refused.result, 'refused');
  t.assert.match(
    checkOf(refused, 'lock'),
    new RegExp(`lock-frontend is held by process ${holder.pid} \\(\\S*python3`),
  );
  const waiting = applyJob(parsePatchJob(jobFor(packages, { lockWaitSeconds: 60 })), tree.optionsFor());
  setTimeout(() => holder.kill('SIGKILL'), 500);
  t.assert.equal((await waiting).result, 'done');
});

test('nobody else can take the package manager while a job is at work', { skip }, async (t: TestContext) => {
  const slow = '#!/bin/sh\nsleep 2\n';
  using tree = treeOf([...plain('slow', '1'), { name: 'slow', version: '2', scripts: { postinst: slow } }]);
  const work = applyJob(parsePatchJob(jobFor([{ name: 'slow', from: '1', to: '2' }])), tree.optionsFor());
  let said = '';
  // From its beginning to its end, between its programs too.
  const other = setInterval(() => {
    if (!existsSync(join(tree.state, 'job-1.jsonl')) || said !== '') return;
    try {
      execFileSync('dpkg', [`--root=${tree.root}`, '--configure', '-a'], { stdio: 'pipe' });
      said = 'dpkg got through';
    } catch (error) {
      said = String((error as { stderr?: Buffer }).stderr);
    }
  }, 50);
  const result = await work;
  clearInterval(other);
  t.assert.match(said, /frontend lock (?:was|is) locked/);
  t.assert.equal(result.result, 'done');
});

test('an administrator’s configuration stays, and that it did is said', { skip }, async (t: TestContext) => {
  const conf = (version: string) => ({
    name: 'conf',
    version,
    files: { 'etc/conf.conf': `of ${version}\n`, 'etc/plain.conf': `of ${version}\n` },
    conffiles: ['/etc/conf.conf', '/etc/plain.conf'],
  });
  using tree = treeOf([conf('1'), conf('2')]);
  tree.write('etc/conf.conf', 'mine\n');
  const result = await applyJob(
    parsePatchJob(jobFor([{ name: 'conf', from: '1', to: '2' }])),
    tree.optionsFor(),
  );
  t.assert.equal(result.result, 'done');
  t.assert.equal(tree.read('etc/conf.conf'), 'mine\n');
  t.assert.equal(tree.read('etc/conf.conf.dpkg-dist'), 'of 2\n');
  t.assert.equal(tree.read('etc/plain.conf'), 'of 2\n');
  t.assert.deepEqual(result.keptFiles, ['/etc/conf.conf']);
});

test('a held package is not touched', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  execFileSync('dpkg', [`--root=${tree.root}`, '--set-selections'], { input: 'one hold\n' });
  const result = await applyJob(
    parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }])),
    tree.optionsFor(),
  );
  t.assert.match(checkOf(result, 'simulation'), /failed: .*[Hh]eld packages/);
  t.assert.deepEqual(tree.installed(), ['one 1 installed']);
});

test('a package manager that was interrupted before the job is not ours to repair', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('half', '1'));
  execFileSync('dpkg', [`--root=${tree.root}`, '--unpack', join(tree.repository, 'half_1_all.deb')], {
    stdio: 'pipe',
  });
  mkdirSync(join(tree.root, 'var/lib/dpkg/updates'), { recursive: true });
  const result = await applyJob(
    parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }])),
    tree.optionsFor(),
  );
  t.assert.equal(checkOf(result, 'state'), 'failed: half 1 is only half installed');
  writeFileSync(join(tree.root, 'tmp/x'), '');
  t.assert.deepEqual(tree.installed(), ['half 1 unpacked', 'one 1 installed']);
});

test('what was installed automatically stays so', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('two', '1', '2'));
  const marks = 'Package: one\nArchitecture: amd64\nAuto-Installed: 1\n\n';
  tree.write('var/lib/apt/extended_states', marks.replace('amd64', tree.architecture));
  const packages = ['one', 'two'].map((name) => ({ name, from: '1', to: '2' }));
  const result = await applyJob(parsePatchJob(jobFor(packages)), tree.optionsFor());
  t.assert.equal(result.result, 'done');
  t.assert.match(
    tree.read('var/lib/apt/extended_states'),
    /Package: one\nArchitecture: \S+\nAuto-Installed: 1\n/,
  );
  t.assert.doesNotMatch(tree.read('var/lib/apt/extended_states'), /Package: two/);
});

test('a reboot is owed until the system has started again', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('kernel', '1', '2'));
  const job = parsePatchJob({
    ...jobFor([]),
    packages: [{ name: 'kernel', arch: 'all', from: '1', to: '2', needsReboot: true }],
  });
  const inspect = () => ({ ...tree.inspect(), reboot: { needed: false, because: [] } });
  const first = await applyJob(job, tree.optionsFor({ inspect, bootId: () => 'first' }));
  t.assert.deepEqual(first.reboot, {
    owed: true,
    ordered: false,
    because: ['kernel 2 is in use only after a reboot'],
  });
  t.assert.deepEqual(await applyJob(job, tree.optionsFor({ inspect, bootId: () => 'first' })), first);
  const later = await applyJob(job, tree.optionsFor({ inspect, bootId: () => 'second' }));
  t.assert.equal(later.reboot.owed, false);
});

test('a package that was never given to the manager owes no reboot, and goes nowhere', {
  skip,
}, async (t: TestContext) => {
  // Its script takes the repository away: what comes next is offered no more.
  const emptying = '#!/bin/sh\n: > /etc/apt/sources.list\n';
  using tree = treeOf(
    [...plain('aa', '1'), { name: 'aa', version: '2', scripts: { postinst: emptying } }],
    plain('kernel', '1', '2'),
  );
  const packages = [
    { name: 'aa', from: '1', to: '2' },
    { name: 'kernel', from: '1', to: '2', needsReboot: true },
  ];
  const job = parsePatchJob(jobFor(packages));
  const inspect = () => ({ ...tree.inspect(), reboot: { needed: false, because: [] } });
  const result = await applyJob(job, tree.optionsFor({ inspect }));
  t.assert.deepEqual(outcomes(result), ['aa done 2', 'kernel failed 1'], JSON.stringify(result));
  t.assert.match(result.packages[1]?.because ?? '', /Version '2' for 'kernel' was not found/);
  t.assert.deepEqual(result.reboot, { owed: false, ordered: false, because: [] });
});
