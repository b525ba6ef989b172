/** The way back, for real. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execute } from './command.ts';
import { applyJob, dryRun, parsePatchJob, rollBack } from './run.ts';
import { checkOf, jobFor, NO_APT, outcomes, plain, treeOf } from './testing.ts';
import type { SystemTree } from './testing-tree.ts';

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

test('what failed before stays kept from coming when everything goes back', {
  skip,
}, async (t: TestContext) => {
  const broken = { name: 'broken', version: '2', scripts: { postinst: failing } };
  using tree = treeOf([...plain('broken', '1'), broken], plain('one', '1', '2'));
  const job = parsePatchJob(jobFor(twoOf(['broken', 'one'])));
  await applyJob(job, tree.optionsFor());
  const result = await rollBack(job, tree.optionsFor());
  t.assert.equal(result.result, 'done', JSON.stringify(result));
  const pins = tree.read('etc/apt/preferences.d/demarc-job-1.pref');
  t.assert.deepEqual(pins.match(/^Package: .*/gm), ['Package: broken', 'Package: one']);
  t.assert.equal(await upgradable(tree), '', 'apt itself takes neither');
});

test('jobs whose ids differ in one character have pins of their own', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('two', '1', '2'));
  await dryRun(parsePatchJob(jobFor(twoOf(['one']))), tree.optionsFor());
  t.assert.match(await upgradable(tree), /^Inst one .*\nInst two /);
  for (const [id, name] of [
    ['a.b', 'one'],
    ['a_b', 'two'],
  ] as const) {
    const job = parsePatchJob(jobFor(twoOf([name]), { id }));
    await applyJob(job, tree.optionsFor());
    t.assert.equal((await rollBack(job, tree.optionsFor())).result, 'done');
  }
  t.assert.deepEqual(tree.installed(), ['one 1 installed', 'two 1 installed']);
  t.assert.equal(await upgradable(tree), '', 'apt reads both files');
  t.assert.match(tree.read('etc/apt/preferences.d/demarc-a.b.pref'), /^Package: one$/m);
  t.assert.doesNotMatch(tree.read('etc/apt/preferences.d/demarc-a_b.pref'), /^Package: one$/m);
});

/** Lines of what somebody's automatic upgrade would install. */
async function upgradable(tree: SystemTree): Promise<string> {
  const env = { APT_CONFIG: join(tree.state, 'apt.conf') };
  const { code, stdout } = await execute({ argv: ['apt-get', '--simulate', 'dist-upgrade'], env }, 60_000);
  return code === 0 ? (stdout.match(/^Inst .*/gm) ?? []).join('\n') : `exit status ${code}`;
}

test('begun in its time, a rollback has its own time: not a set’s, and not the window’s', {
  skip,
}, async (t: TestContext) => {
  // The old version's script is slow when it comes again.
  const back = '#!/bin/sh\n[ "$2" = "" ] || sleep 6\n';
  using tree = treeOf([{ name: 'one', version: '1', scripts: { postinst: back } }, ...plain('one', '2')]);
  const now = Date.now();
  const job = parsePatchJob(
    jobFor(twoOf(['one']), {
      window: { opensAtMs: now - 60_000, closesAtMs: now + 600_000 },
      secondsPerSet: 300,
      rollback: { untilMs: now + 700_000 },
    }),
  );
  t.assert.equal((await applyJob(job, tree.optionsFor())).result, 'done');
  // As much of it is left as looking at everything takes, and less than going back does.
  const began = Date.now();
  const nowMs = () => now + 696_000 + (Date.now() - began);
  const result = await rollBack(job, tree.optionsFor({ nowMs }));
  t.assert.ok(nowMs() > now + 700_000, 'it was at work beyond its time');
  t.assert.deepEqual(outcomes(result), ['one rolled-back 1'], JSON.stringify(result));
});

test('what is taken back is the job that was begun, and no other document of its id', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('two', '1', '2'));
  t.assert.equal((await applyJob(parsePatchJob(jobFor(twoOf(['one']))), tree.optionsFor())).result, 'done');
  const other = parsePatchJob(jobFor(twoOf(['two'])));
  await t.assert.rejects(rollBack(other, tree.optionsFor()), { code: 'PATCH_JOB_CHANGED' });
  t.assert.deepEqual(tree.installed(), ['one 2 installed', 'two 1 installed']);
});

test('what was taken back before it was begun is not begun: nothing would lead back', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'));
  const job = parsePatchJob(jobFor(twoOf(['one'])));
  t.assert.equal((await rollBack(job, tree.optionsFor())).result, 'done');
  const refused = await applyJob(job, tree.optionsFor());
  t.assert.equal(refused.result, 'refused');
  t.assert.equal(refused.packages[0]?.because, 'approval: it was taken back: what comes now is another job');
  t.assert.deepEqual(tree.installed(), ['one 1 installed']);
});

test('after a rollback a reboot is owed for what is installed then', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('kernel', '1', '2'));
  const [item] = twoOf(['kernel']);
  const job = parsePatchJob(jobFor([{ ...item, needsReboot: true } as never]));
  await applyJob(job, tree.optionsFor());
  const { reboot } = await rollBack(job, tree.optionsFor());
  t.assert.deepEqual(reboot, {
    owed: true,
    ordered: false,
    because: ['kernel 1 is in use only after a reboot'],
  });
});
