import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { parsePatchJob } from './job.ts';
import type { JournalRecord } from './journal.ts';
import { missing, nextStep, progressOf } from './progress.ts';
import { jobFor } from './testing-job.ts';

const NOW = Date.now();
const jobOf = (names: readonly string[], more = {}) =>
  parsePatchJob(
    jobFor(
      names.map((name) => ({ name, from: '1', to: '2' })),
      more,
    ),
  );
const begun = (...names: string[]): JournalRecord => ({
  kind: 'set-begun',
  packages: names.map((name) => `${name}:all`),
  atMs: 1,
});
const ended = (name: string, outcome: 'done' | 'failed' | 'again'): JournalRecord => ({
  kind: 'set-ended',
  judged: [{ key: `${name}:all`, outcome, because: 'x' }],
  kept: [],
  atMs: 1,
});
const namesOf = (step: ReturnType<typeof nextStep>): string =>
  step.do === 'set' ? step.packages.map(({ name }) => name).join(' ') : step.because;

test('sets follow each other in the order of the job, in its size', (t: TestContext) => {
  const job = jobOf(['a', 'b', 'c'], { setSize: 2 });
  t.assert.equal(namesOf(nextStep(job, progressOf(job, []), NOW)), 'a b');
  const later = [begun('a', 'b'), ended('a', 'done'), ended('b', 'failed')];
  t.assert.equal(namesOf(nextStep(job, progressOf(job, later), NOW)), 'c');
  t.assert.equal(
    namesOf(nextStep(job, progressOf(job, [...later, begun('c'), ended('c', 'done')]), NOW)),
    'nothing is left',
  );
});

test('what was tried before comes alone', (t: TestContext) => {
  const job = jobOf(['a', 'b', 'c'], { setSize: 3 });
  const records = [begun('a', 'b'), ended('a', 'done'), ended('b', 'again')];
  t.assert.equal(namesOf(nextStep(job, progressOf(job, records), NOW)), 'b');
});

test('the threshold, the window and what is left of it end a job', (t: TestContext) => {
  const job = jobOf(['a', 'b'], { errorThreshold: 1, secondsPerSet: 60 });
  t.assert.match(
    namesOf(nextStep(job, progressOf(job, [ended('a', 'failed')]), NOW)),
    /1 failed, and the job bears 0/,
  );
  const { closesAtMs, opensAtMs } = job.window;
  const at = (nowMs: number): string => namesOf(nextStep(job, progressOf(job, []), nowMs));
  t.assert.equal(at(closesAtMs - 60_000), 'a');
  t.assert.match(at(closesAtMs - 59_999), /59 s of the window are left, and a set needs 60 s/);
  t.assert.match(at(closesAtMs), /the window closed/);
  t.assert.match(at(opensAtMs - 1), /the window opens/);
});

test('what was begun and not ended is where the crash was', (t: TestContext) => {
  const job = jobOf(['a', 'b']);
  t.assert.deepEqual(progressOf(job, [begun('a'), ended('a', 'done'), begun('b')]).open, {
    what: 'set',
    packages: ['b:all'],
  });
  t.assert.equal(progressOf(job, [begun('a'), ended('a', 'done')]).open, undefined);
});

test('what was never given to the manager was tried, and may have changed nothing', (t: TestContext) => {
  const job = jobOf(['a', 'b']);
  const refused: JournalRecord = { kind: 'set-refused', packages: ['a:all'], atMs: 1 };
  const { packages, open } = progressOf(job, [
    refused,
    ended('a', 'failed'),
    begun('b'),
    ended('b', 'failed'),
  ]);
  t.assert.equal(open, undefined);
  t.assert.deepEqual(
    [...packages].map(([key, { attempts, wasGiven }]) => [key, attempts, wasGiven]),
    [
      ['a:all', 1, false],
      ['b:all', 1, true],
    ],
  );
});

test('only what is installed whole and in exactly that version is there', (t: TestContext) => {
  const [item] = jobOf(['a']).packages;
  if (item === undefined) throw new Error('no package');
  const found = (version: string, isWhole: boolean) => [{ name: 'a', arch: 'all', version, isWhole }];
  t.assert.equal(missing(item, '2', found('2', true), 'why'), undefined);
  t.assert.equal(missing(item, '2', found('2', false), 'why'), '2 is only half installed; why');
  t.assert.equal(missing(item, '2', found('1', true), 'why'), '1 is installed as before; why');
  t.assert.equal(missing(item, '2', found('3', true), 'why'), '3 is installed; why');
  t.assert.equal(missing(item, '2', [], 'why'), 'it is not installed; why');
});

test('the example is a job', (t: TestContext) => {
  const example = parsePatchJob(JSON.parse(readFileSync('examples/patch-job.json', 'utf8')));
  t.assert.equal(example.packages.length, 4);
  t.assert.equal(example.fourEyes, true);
});

test('a document that could be taken for options, or says less than it has to, is none', (t: TestContext) => {
  const refused = (change: Record<string, unknown>): void => {
    t.assert.throws(() => parsePatchJob({ ...jobFor([{ name: 'a', from: '1', to: '2' }]), ...change }), {
      code: 'PATCH_JOB_INVALID',
    });
  };
  const item = { name: 'a', arch: 'all', from: '1', to: '2' };
  refused({ packages: [{ ...item, name: '-o=x' }] });
  refused({ packages: [{ ...item, to: '2 b' }] });
  refused({ packages: [{ ...item, name: 'a*' }] });
  refused({ packages: [{ ...item, to: '1' }] });
  refused({ packages: [item, item] });
  refused({ packages: [] });
  refused({ id: '../x' });
  refused({ id: 'x.rollback' });
  refused({ window: { opensAtMs: 2, closesAtMs: 1 } });
  refused({ rollback: { by: 'snapshot' } });
  refused({ snapshot: { hook: ['snapper'], ageSecondsMax: 3_600 } });
  refused({ restart: { services: ['--now'] } });
  refused({ more: 1 });
});
