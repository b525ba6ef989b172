/** The way back by a snapshot, for real: gone once, in its time, by a hook that nobody else can replace. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Execute, execute } from './command.ts';
import { applyJob, type PatchJob, parsePatchJob, rollBack } from './run.ts';
import { type AptTree, checkOf, jobFor, NO_APT, outcomes, plain, treeOf } from './testing.ts';
import { begun, cutAfter, kill } from './testing-crash.ts';

const skip = NO_APT;
const failing = '#!/bin/sh\nexit 1\n';
const twoOf = (names: readonly string[]) => names.map((name) => ({ name, from: '1', to: '2' }));
const DAY_MS = 86_400_000;

/**
 * A snapshot is a copy of the tree; whoever runs storage has better ones.
 *
 * @param slow what it does before it goes back
 */
function hookOf(tree: AptTree, takenAtMs: number, slow = ''): string {
  const hook = join(tree.directory, 'hook');
  const copy = join(tree.directory, 'snapshot');
  cpSync(tree.root, copy, { recursive: true });
  writeFileSync(
    hook,
    `#!/bin/sh
echo "$*" >> '${tree.directory}/asked'
case "$1" in
status) printf '{"id": "copy-1", "takenAtMs": ${takenAtMs}}' ;;
restore) ${slow}
[ "$2" = copy-1 ] && rm -r '${tree.root}/usr' '${tree.root}/var/lib/dpkg/info' && cp -a '${copy}/.' '${tree.root}' ;;
esac
`,
  );
  chmodSync(hook, 0o755);
  return hook;
}

/** How often it was gone back. */
const restores = (tree: AptTree): number =>
  readFileSync(join(tree.directory, 'asked'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('restore')).length;

const documentWith = (hook: string, names: readonly string[], more = {}): Record<string, unknown> =>
  jobFor(twoOf(names), {
    rollback: { by: 'snapshot' },
    snapshot: { hook: [hook], ageSecondsMax: 3_600 },
    lockWaitSeconds: 20,
    ...more,
  });

test('a snapshot that is too old is no snapshot; one from before the job is gone back to', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const jobWith = (ageSecondsMax: number, hook: string): PatchJob =>
    parsePatchJob(documentWith(hook, ['one'], { snapshot: { hook: [hook], ageSecondsMax } }));
  const hook = hookOf(tree, Date.now() - 600_000);
  const refused = await applyJob(jobWith(60, hook), tree.optionsFor());
  t.assert.match(
    checkOf(refused, 'snapshot'),
    /^failed: copy-1 is 6\d\d s old, and at most 60 s are allowed$/,
  );
  t.assert.match(
    checkOf(await applyJob(jobWith(60, join(tree.directory, 'none')), tree.optionsFor()), 'snapshot'),
    /^failed: ENOENT/,
  );
  const job = jobWith(3_600, hook);
  t.assert.equal((await applyJob(job, tree.optionsFor())).result, 'done');
  t.assert.equal(tree.read('usr/share/one/text'), 'one 2\n');
  const result = await rollBack(job, tree.optionsFor());
  t.assert.equal(result.result, 'done', JSON.stringify(result));
  t.assert.deepEqual(tree.installed(), ['one 1 installed']);
  t.assert.equal(tree.read('usr/share/one/text'), 'one 1\n');
});

test('what was gone back to is not gone back to again when only its end is missing', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const job = parsePatchJob(documentWith(hookOf(tree, Date.now()), ['one']));
  await applyJob(job, tree.optionsFor());
  await rollBack(job, tree.optionsFor());
  t.assert.equal(restores(tree), 1);
  cutAfter(tree, 'job-1.rollback', 'back-ended');
  tree.write('srv/work', 'of days since');
  for (const laterMs of [1_000, 3 * DAY_MS]) {
    const result = await rollBack(job, tree.optionsFor({ nowMs: () => Date.now() + laterMs }));
    t.assert.equal(result.result, 'done', JSON.stringify(result));
    t.assert.equal(restores(tree), 1);
    t.assert.equal(tree.read('srv/work'), 'of days since');
    cutAfter(tree, 'job-1.rollback', 'back-ended');
  }
});

test('a restore that takes effect with the next start is seen by the one that ends the job', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const job = parsePatchJob(documentWith(hookOf(tree, Date.now(), 'exit 0'), ['one']));
  await applyJob(job, tree.optionsFor());
  const early = await rollBack(job, tree.optionsFor());
  t.assert.match(early.packages[0]?.because ?? '', /restored, and what is installed is not from before yet/);
  cutAfter(tree, 'job-1.rollback', 'back-ended');
  execFileSync(
    'dpkg',
    [`--root=${tree.root}`, '--force-downgrade', '--install', join(tree.repository, 'one_1_all.deb')],
    { stdio: 'pipe' },
  );
  const result = await rollBack(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['one rolled-back 1'], JSON.stringify(result));
  t.assert.equal(restores(tree), 1);
});

/** The first time long enough to be killed in. */
const slowIn = (tree: AptTree): string =>
  `[ -e '${tree.root}/tmp/reached' ] || { : > '${tree.root}/tmp/reached'; sleep 5; }`;

test('killed while it went back: gone again by the snapshot, and by no downgrade; or, too late, not at all', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('two', '1', '2'));
  const document = documentWith(hookOf(tree, Date.now(), slowIn(tree)), ['one', 'two']);
  const job = parsePatchJob(document);
  await applyJob(job, tree.optionsFor());
  await kill(await begun(tree, document, 'rollBack'), 'all');
  t.assert.deepEqual(tree.installed(), ['one 2 installed', 'two 2 installed']);
  const journal = join(tree.state, 'job-1.rollback.jsonl');
  const left = readFileSync(journal);

  const late = await rollBack(job, tree.optionsFor({ nowMs: () => Date.now() + 3 * DAY_MS }));
  t.assert.equal(late.result, 'failed');
  t.assert.match(
    late.packages[0]?.because ?? '',
    /going back to snapshot copy-1 was interrupted and is not begun again: stopped: it might be begun until/,
  );
  t.assert.equal(restores(tree), 1);

  writeFileSync(journal, left);
  const calls: string[] = [];
  const run: Execute = (call, timeoutMs) => {
    calls.push(call.argv.join(' '));
    return execute(call, timeoutMs);
  };
  const result = await rollBack(job, tree.optionsFor({ run }));
  t.assert.deepEqual(outcomes(result), ['one rolled-back 1', 'two rolled-back 1'], JSON.stringify(result));
  t.assert.equal(restores(tree), 2);
  t.assert.deepEqual(
    calls.filter((line) => /^(?:apt-get|dpkg) /.test(line)),
    [],
  );
  t.assert.match(result.settled.join(), /it ended while it went back to snapshot copy-1/);
});

test('one that failed takes everything back by the snapshot, while the job may go on and not later', {
  skip,
}, async (t: TestContext) => {
  const broken = { name: 'broken', version: '2', scripts: { preinst: failing } };
  using tree = treeOf(plain('one', '1', '2'), [...plain('broken', '1'), broken]);
  const job = parsePatchJob(
    documentWith(hookOf(tree, Date.now()), ['one', 'broken'], {
      rollback: { by: 'snapshot', onFailure: 'all' },
    }),
  );
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['one rolled-back 1', 'broken rolled-back 1'], JSON.stringify(result));
  t.assert.equal(restores(tree), 1);
  // The power went before it began to go back, and comes again when the window has closed.
  cutAfter(tree, 'job-1', 'set-ended');
  const late = await applyJob(job, tree.optionsFor({ nowMs: () => Date.now() + DAY_MS }));
  t.assert.equal(restores(tree), 1);
  t.assert.match(late.notes.join(), /snapshot copy-1 was not gone back to: stopped: the window closed/);
});

test('a hook that others may change or replace is not run', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const hook = hookOf(tree, Date.now());
  const said = async (file: string): Promise<string> => {
    const snapshot = { hook: [file], ageSecondsMax: 3_600 };
    const job = parsePatchJob(jobFor(twoOf(['one']), { snapshot }));
    return checkOf(await applyJob(job, tree.optionsFor()), 'snapshot');
  };
  const link = join(tree.directory, 'link');
  symlinkSync(hook, link);
  t.assert.equal(await said(link), `failed: ${link} leads to ${hook}: name that`);

  const open = join(tree.directory, 'open');
  mkdirSync(join(open, 'below'), { recursive: true });
  cpSync(hook, join(open, 'below/hook'));
  chmodSync(open, 0o775);
  t.assert.match(
    await said(join(open, 'below/hook')),
    /in another’s place .*: \S+\/open is theirs to write$/,
  );
  chmodSync(open, 0o755);
  execFileSync('chown', ['65534', join(open, 'below')]);
  t.assert.match(
    await said(join(open, 'below/hook')),
    /in another’s place .*: \S+\/below is theirs to write$/,
  );

  chmodSync(hook, 0o777);
  t.assert.match(await said(hook), /can be changed by others than root/);
  t.assert.equal(existsSync(join(tree.directory, 'asked')), false);
  chmodSync(hook, 0o755);
  t.assert.match(await said(hook), /^ok: copy-1/);
});
