/** A job that is killed in the middle, and what the next start makes of it. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { applyJob, parsePatchJob, rollBack } from './run.ts';
import { checkOf, jobFor, NO_APT, outcomes, plain, treeOf } from './testing.ts';
import { begun, cutAfter, kill } from './testing-crash.ts';

const skip = NO_APT;
const PINS = 'etc/apt/preferences.d/demarc-job-1.pref';
/** Slow the first time only. */
const SLOW = '#!/bin/sh\n[ -e /tmp/reached ] && exit 0\n: > /tmp/reached\nsleep 3\n';
const slowIn = (script: string) => [
  ...plain('slow', '1'),
  { name: 'slow', version: '2', scripts: { [script]: SLOW } },
];
/** Who was killed may take a moment to let go of its locks. */
const PATIENT = { lockWaitSeconds: 20 };
const packages = ['slow', 'later'].map((name) => ({ name, from: '1', to: '2' }));

test('killed with dpkg in a script after unpacking: dpkg ends it, and the job goes on', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(slowIn('postinst'), plain('later', '1', '2'));
  const job = jobFor(packages, PATIENT);
  await kill(await begun(tree, job), 'all');
  t.assert.ok(tree.installed().includes('slow 2 half-configured'), tree.installed().join());
  const result = await applyJob(parsePatchJob(job), tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['slow done 2', 'later done 2'], JSON.stringify(result));
  t.assert.match(
    result.settled.join(),
    /at work on slow:all; dpkg .*--configure -a: all that was pending is done/,
  );
});

test('killed before unpacking: what is installed counts, and it is tried once more', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(slowIn('preinst'), plain('later', '1', '2'));
  const job = jobFor(packages, PATIENT);
  await kill(await begun(tree, job), 'all');
  const result = await applyJob(parsePatchJob(job), tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['slow done 2', 'later done 2'], JSON.stringify(result));
  t.assert.equal(result.settled.length, 1);
});

test('settled also when the window has closed since; then nothing more is begun', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(slowIn('postinst'), plain('later', '1', '2'));
  const job = jobFor(packages, PATIENT);
  await kill(await begun(tree, job), 'all');
  const later = Date.now() + 7_200_000;
  const result = await applyJob(parsePatchJob(job), tree.optionsFor({ nowMs: () => later }));
  t.assert.deepEqual(outcomes(result), ['slow done 2', 'later not-tried 1'], JSON.stringify(result));
  t.assert.match(result.packages[1]?.because ?? '', /the window closed at/);
});

test('killed alone: apt-get works on and keeps the locks, and the next start waits for it', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(slowIn('postinst'), plain('later', '1', '2'));
  const job = jobFor(packages);
  await kill(await begun(tree, job), 'it');
  const refused = await applyJob(parsePatchJob(job), tree.optionsFor());
  t.assert.match(checkOf(refused, 'lock'), /^failed: .* is held by process \d+ \(apt-get /);
  const deadline = Date.now() + 20_000;
  let result = refused;
  // The document says not to wait; it is handed over again instead.
  while (result.result === 'refused' && Date.now() < deadline)
    result = await applyJob(parsePatchJob(job), tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['slow done 2', 'later done 2'], JSON.stringify(result));
});

test('a line that was being written when the power went does not count', { skip }, async (t: TestContext) => {
  using tree = treeOf(slowIn('postinst'), plain('later', '1', '2'));
  const job = jobFor(packages, PATIENT);
  await kill(await begun(tree, job), 'all');
  appendFileSync(join(tree.state, 'job-1.jsonl'), '{"kind":"set-en');
  const result = await applyJob(parsePatchJob(job), tree.optionsFor());
  t.assert.equal(result.result, 'done', JSON.stringify(result));
});

test('another document of the same id is refused', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('slow', '1', '2'), plain('later', '1', '2'));
  await applyJob(parsePatchJob(jobFor(packages)), tree.optionsFor());
  const other = parsePatchJob(jobFor(packages.slice(0, 1)));
  await t.assert.rejects(applyJob(other, tree.optionsFor()), { code: 'PATCH_JOB_CHANGED' });
});

test('killed on the way back: it goes back all the same', { skip }, async (t: TestContext) => {
  // The old version's script is slow when it comes again; its first time was before there was a way to know.
  const back = '#!/bin/sh\n[ "$2" = "" ] || { : > /tmp/reached; sleep 3; }\n';
  using tree = treeOf(
    [
      { name: 'slow', version: '1', scripts: { postinst: back } },
      { name: 'slow', version: '2', scripts: { postinst: '#!/bin/sh\nexit 1\n' } },
    ],
    plain('later', '1', '2'),
  );
  const job = jobFor(packages, PATIENT);
  await kill(await begun(tree, job), 'all');
  const result = await applyJob(parsePatchJob(job), tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['slow rolled-back 1', 'later done 2'], JSON.stringify(result));
});

test('a rollback of what was interrupted settles and ends it first', { skip }, async (t: TestContext) => {
  using tree = treeOf(slowIn('postinst'), plain('later', '1', '2'));
  const job = jobFor(packages, PATIENT);
  await kill(await begun(tree, job), 'all');
  const back = await rollBack(parsePatchJob(job), tree.optionsFor());
  t.assert.deepEqual(outcomes(back), ['slow rolled-back 1', 'later rolled-back 1'], JSON.stringify(back));
  const result = await applyJob(parsePatchJob(job), tree.optionsFor());
  t.assert.match(result.packages[1]?.because ?? '', /stopped: it is taken back/);
  t.assert.deepEqual(tree.installed(), ['later 1 installed', 'slow 1 installed']);
});

test('a journal that a power cut left empty is no beginning: everything is looked at', {
  skip,
}, async (t: TestContext) => {
  using tree = treeOf(plain('slow', '1', '2'), plain('later', '1', '2'));
  mkdirSync(tree.state);
  writeFileSync(join(tree.state, 'job-1.jsonl'), '');
  const job = parsePatchJob(jobFor(packages));
  const late = Date.now() + 7_200_000;
  const refused = await applyJob(job, tree.optionsFor({ nowMs: () => late }));
  t.assert.match(checkOf(refused, 'window'), /^failed: the window closed/);
  t.assert.equal(refused.result, 'refused');
  t.assert.deepEqual(tree.installed(), ['later 1 installed', 'slow 1 installed']);
  const result = await applyJob(job, tree.optionsFor());
  t.assert.equal(result.result, 'done');
  t.assert.match(checkOf(result, 'simulation'), /^ok/);
});

test('killed after it went back and before others were kept from it: the next start does that', {
  skip,
}, async (t: TestContext) => {
  const broken = { name: 'slow', version: '2', scripts: { postinst: '#!/bin/sh\nexit 1\n' } };
  using tree = treeOf([...plain('slow', '1'), broken], plain('later', '1', '2'));
  const job = parsePatchJob(jobFor(packages));
  await applyJob(job, tree.optionsFor());
  cutAfter(tree, 'job-1', 'back-ended');
  rmSync(join(tree.root, PINS));
  const result = await applyJob(job, tree.optionsFor());
  t.assert.deepEqual(outcomes(result), ['slow rolled-back 1', 'later done 2'], JSON.stringify(result));
  t.assert.match(tree.read(PINS), /Package: slow\nPin: version 2\nPin-Priority: -1\n/);
});
