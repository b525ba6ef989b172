/** Several who hand over the same job at the same moment: one carries it out, the others have its result. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { JournalRecord } from './journal.ts';
import { applyJob, parsePatchJob, rollBack } from './run.ts';
import { type AptTree, checkOf, jobFor, NO_APT, outcomes, plain, treeOf } from './testing.ts';
import { cutAfter } from './testing-crash.ts';

const skip = NO_APT;
const packages = ['one', 'two'].map((name) => ({ name, from: '1', to: '2' }));
const patient = { lockWaitSeconds: 60 };

const kindsOf = (tree: AptTree, name: string): readonly string[] =>
  readFileSync(join(tree.state, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as JournalRecord).kind);

test('two that apply it at once: it is done once, and ends once', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('two', '1', '2'));
  const job = parsePatchJob(jobFor(packages, patient));
  const [first, second] = await Promise.all([
    applyJob(job, tree.optionsFor()),
    applyJob(job, tree.optionsFor()),
  ]);
  t.assert.equal(first.result, 'done', JSON.stringify(first));
  t.assert.deepEqual(second, first);
  t.assert.deepEqual(kindsOf(tree, 'job-1'), [
    'job',
    'set-begun',
    'set-ended',
    'set-begun',
    'set-ended',
    'ended',
  ]);
});

test('what is taken back while its apply waits is not gone on with', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('two', '1', '2'));
  const job = parsePatchJob(jobFor(packages, patient));
  await applyJob(job, tree.optionsFor());
  // Interrupted after the first of two.
  cutAfter(tree, 'job-1', 'set-begun');
  const [back, applied] = await Promise.all([
    rollBack(job, tree.optionsFor()),
    applyJob(job, tree.optionsFor()),
  ]);
  t.assert.deepEqual(
    outcomes(back),
    ['one rolled-back 1', 'two rolled-back 1'],
    JSON.stringify([back, applied]),
  );
  t.assert.match(back.notes.join(), /had been interrupted: it was settled and ended first/);
  t.assert.deepEqual(tree.installed(), ['one 1 installed', 'two 1 installed']);
  t.assert.equal(kindsOf(tree, 'job-1').filter((kind) => kind === 'ended').length, 1);
});

test('an approval that ends while others are waited for is none', { skip }, async (t: TestContext) => {
  using tree = treeOf(plain('one', '1', '2'), plain('two', '1', '2'));
  const lock = join(tree.root, 'var/lib/dpkg/lock-frontend');
  const program =
    'import fcntl,sys,time\nf=open(sys.argv[1],"w")\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint("held",flush=True)\ntime.sleep(60)';
  const holder = spawn('python3', ['-c', program, lock], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => holder.kill('SIGKILL'));
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const now = Date.now();
  const approval = { party: 'provider', person: 'bob', atMs: now - 1_000, untilMs: now + 1_000 };
  const waiting = applyJob(parsePatchJob(jobFor(packages, { ...patient, approval })), tree.optionsFor());
  setTimeout(() => holder.kill('SIGKILL'), 1_500);
  const result = await waiting;
  t.assert.equal(result.result, 'refused');
  t.assert.match(checkOf(result, 'approval'), /^failed: the approval was good until/);
  t.assert.deepEqual(tree.installed(), ['one 1 installed', 'two 1 installed']);
});
