/** The way back, for real. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyJob, parsePatchJob, rollBack } from './run.ts';
import { type AptTree, checkOf, jobFor, NO_APT, outcomes, plain, treeOf } from './testing.ts';

const skip = NO_APT;
const failing = '#!/bin/sh\nexit 1\n';
const twoOf = (names: readonly string[]) => names.map((name) => ({ name, from: '1', to: '2' }));

test('back to the versions from before, and the others are kept from coming again', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2', '3'), plain('two', '1', '2'));
  const job = parsePatchJob(jobFor(twoOf(['one', 'two'])));
  t.assert.equal((await applyJob(job, tree.optionsFor())).result, 'done');
  const result = await rollBack(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['one rolled-back 1', 'two rolled-back 1'], JSON.stringify(result));
  t.assert.equal(result.result, 'done');
  t.assert.deepEqual(tree.installed(), ['one 1 installed', 'two 1 installed']);
  const pins = tree.read('etc/apt/preferences.d/demarc-job-1.pref');
  t.assert.match(pins, /Package: one\nPin: version 2\nPin-Priority: -1\n\nExplanation: .*\nPackage: two\n/);
  t.assert.deepEqual(await rollBack(job, tree.optionsFor()), result);
});

test('what never left is not kept from coming', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const job = parsePatchJob(jobFor(twoOf(['one'])));
  const result = await rollBack(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['one rolled-back 1']);
  t.assert.equal(existsSync(join(tree.root, 'etc/apt/preferences.d/demarc-job-1.pref')), false);
});

test('a rollback is bound by its own time, and by an approval', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const job = parsePatchJob(jobFor(twoOf(['one']), { id: 'late' }));
  t.assert.equal((await applyJob(job, tree.optionsFor())).result, 'done');
  const later = tree.optionsFor({ nowMs: () => Date.now() + 7_200_000 });
  t.assert.match(checkOf(await rollBack(job, later), 'window'), /^failed: it might be begun until 2/);
  t.assert.deepEqual(tree.installed(), ['one 2 installed']);
});

test('with onFailure all, one that fails takes every other back', { skip }, async (t: TestContext) => {
  using tree = treeOf(
    plain('one', '1', '2'),
    [...plain('broken', '1'), { name: 'broken', version: '2', scripts: { postinst: failing } }],
    plain('two', '1', '2'),
  );
  const job = parsePatchJob(
    jobFor(twoOf(['one', 'broken', 'two']), { errorThreshold: 1, rollback: { onFailure: 'all' } }),
  );
  const result = await applyJob(job, tree.optionsFor());
  t.assert.equal(result.result, 'failed');
  t.assert.deepEqual(
    tree.installed(),
    ['broken 1 installed', 'one 1 installed', 'two 1 installed'],
    JSON.stringify(result),
  );
  t.assert.equal(result.packages[0]?.outcome, 'rolled-back');
  t.assert.equal(result.packages[2]?.outcome, 'not-tried');
});

/** A snapshot is a copy of the tree; whoever runs storage has better ones. */
function hookOf(tree: AptTree, takenAtMs: number): string {
  const hook = join(tree.directory, 'hook');
  const copy = join(tree.directory, 'snapshot');
  cpSync(tree.root, copy, { recursive: true });
  writeFileSync(
    hook,
    `#!/bin/sh
case "$1" in
status) printf '{"id": "copy-1", "takenAtMs": ${takenAtMs}}' ;;
restore) [ "$2" = copy-1 ] && rm -r '${tree.root}/usr' '${tree.root}/var/lib/dpkg/info' && cp -a '${copy}/.' '${tree.root}' ;;
esac
`,
  );
  chmodSync(hook, 0o755);
  return hook;
}

test('a snapshot that is too old is no snapshot; one from before the job is gone back to', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const now = Date.now();
  const jobWith = (ageSecondsMax: number, hook: string) =>
    parsePatchJob(
      jobFor(twoOf(['one']), { rollback: { by: 'snapshot' }, snapshot: { hook: [hook], ageSecondsMax } }),
    );
  const hook = hookOf(tree, now - 600_000);
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

test('a hook that others may change is not run', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const hook = hookOf(tree, Date.now());
  execFileSync('chmod', ['0777', hook]);
  const job = parsePatchJob(jobFor(twoOf(['one']), { snapshot: { hook: [hook], ageSecondsMax: 3_600 } }));
  t.assert.match(
    checkOf(await applyJob(job, tree.optionsFor()), 'snapshot'),
    /can be changed by others than root/,
  );
});
