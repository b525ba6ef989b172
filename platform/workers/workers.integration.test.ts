/** Real threads: whose turn it is, whose fault it is, and that one that ended comes again from memory. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DemarcError } from '../errors/errors.ts';
import { JobWorker, type JobWorkerOptions } from './workers.ts';

const ANSWER = new URL('./answer.ts', import.meta.url).href;
const ERRORS = new URL('../errors/errors.ts', import.meta.url).href;

/** A program of two modules and a file, as ours are. */
function programIn(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-workers-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, 'words.txt'), 'done');
  writeFileSync(
    join(directory, 'words.mjs'),
    "import { readFileSync } from 'node:fs';\nexport const WORD = readFileSync(new URL('./words.txt', import.meta.url), 'utf8');\n",
  );
  writeFileSync(
    join(directory, 'program.mjs'),
    `import { setTimeout as pause } from 'node:timers/promises';
import { answerJobs } from ${JSON.stringify(ANSWER)};
import { DemarcError } from ${JSON.stringify(ERRORS)};
import { WORD } from './words.mjs';
answerJobs(async (job) => {
  if (job.what === 'end') process.exit(3);
  if (job.what === 'hang') for (;;);
  if (job.what === 'memory') for (const all = []; ; ) all.push(new Array(100_000).fill({}));
  if (job.what === 'refuse')
    throw new DemarcError({ code: 'A_CODE', message: 'no', fix: 'yes', status: 409, retryable: false, details: {} });
  if (job.what === 'break') throw new Error('a bug');
  await pause(job.ms ?? 0);
  return WORD + ' ' + job.what;
});
`,
  );
  return directory;
}
interface Job {
  readonly what: string;
  readonly ms?: number;
}
const open = (directory: string, more: Partial<JobWorkerOptions> = {}): JobWorker<Job, string> =>
  new JobWorker({
    program: pathToFileURL(join(directory, 'program.mjs')),
    heapMebibytesMax: 64,
    secondsMax: 20,
    waitingMax: 3,
    waitingOfOneMax: 2,
    ...more,
  });

test('a job that takes too long is ended, and those that wait have all of their own time', async (t: TestContext) => {
  // A thread that starts anew is part of a job's own time: on a busy machine that is most of a second.
  await using worker = open(programIn(t), { secondsMax: 5 });
  await worker.start();
  const late = worker.run({ what: 'hang' }, 'a');
  // Begun only when all that a job may take has gone by since it was asked for.
  const next = worker.run({ what: 'next', ms: 300 }, 'a');
  const last = worker.run({ what: 'last', ms: 300 }, 'b');
  await t.assert.rejects(late, { name: 'JobFailed', why: 'late' });
  t.assert.deepEqual(await Promise.all([next, last]), ['done next', 'done last']);
});

test('nobody fills the queue for everybody, and another’s job goes before one’s own next', async (t: TestContext) => {
  await using worker = open(programIn(t));
  const ended: string[] = [];
  const asked = (what: string, whose: string): Promise<unknown> =>
    worker.run({ what, ms: 20 }, whose).then((done) => ended.push(done));
  const running = [asked('1', 'a'), asked('2', 'a'), asked('3', 'a')];
  await t.assert.rejects(worker.run({ what: '4' }, 'a'), { why: 'busy' });
  running.push(asked('5', 'b'));
  await t.assert.rejects(worker.run({ what: '6' }, 'c'), { why: 'busy' }, 'full in all');
  await Promise.all(running);
  t.assert.deepEqual(ended, ['done 1', 'done 5', 'done 2', 'done 3']);
});

test('what a job throws is told apart: a refusal with its code, a bug with its words, the end of the worker', async (t: TestContext) => {
  await using worker = open(programIn(t));
  const refused = await worker.run({ what: 'refuse' }, 'a').catch((error: unknown) => error);
  t.assert.ok(refused instanceof DemarcError && refused.code === 'A_CODE');
  await t.assert.rejects(worker.run({ what: 'break' }, 'a'), { why: 'failed', message: 'a bug' });
  const [ends, after] = [worker.run({ what: 'end' }, 'a'), worker.run({ what: 'after' }, 'a')];
  await t.assert.rejects(ends, { why: 'ended' });
  t.assert.equal(await after, 'done after');
  await t.assert.rejects(worker.run({ what: 'memory' }, 'a'), { why: 'ended', message: /memory/ });
  t.assert.equal(await worker.run({ what: 'after' }, 'a'), 'done after');
});

test('one that ended is started again from memory: its files may be gone', async (t: TestContext) => {
  const directory = programIn(t);
  await using worker = open(directory);
  await worker.start();
  rmSync(directory, { recursive: true });
  for (let round = 0; round < 2; round += 1) {
    await t.assert.rejects(worker.run({ what: 'end' }, 'a'), { why: 'ended' });
    t.assert.equal(await worker.run({ what: 'again' }, 'a'), 'done again');
  }
});

test('one that could not be started says so, to each job', async (t: TestContext) => {
  const directory = programIn(t);
  rmSync(join(directory, 'program.mjs'));
  await using worker = open(directory);
  await t.assert.rejects(worker.start(), /program\.mjs/);
  for (let round = 0; round < 2; round += 1)
    await t.assert.rejects(worker.run({ what: 'x' }, 'a'), /program\.mjs/);
});

test('after root’s rights are given up it comes again, though nobody else may read its program', {
  skip: process.getuid?.() === 0 ? false : 'only root has rights to give up',
}, (t: TestContext) => {
  const directory = programIn(t);
  chmodSync(directory, 0o700);
  // The checkout itself may be as closed: what comes after giving up is asked of nothing that has to be read.
  const script = `
    const { JobWorker } = await import(${JSON.stringify(new URL('./workers.ts', import.meta.url).href)});
    const worker = new JobWorker({ program: new URL(${JSON.stringify(pathToFileURL(join(directory, 'program.mjs')).href)}),
      heapMebibytesMax: 64, secondsMax: 20, waitingMax: 3, waitingOfOneMax: 3 });
    await worker.start();
    process.setgroups([65534]); process.setgid(65534); process.setuid(65534);
    const fs = await import('node:fs');
    const isClosed = (() => { try { fs.readdirSync(${JSON.stringify(directory)}); return false; } catch { return true; } })();
    await worker.run({ what: 'end' }, 'a').catch(() => undefined);
    console.log(isClosed, await worker.run({ what: 'again' }, 'a'));
    process.exit(0);`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  t.assert.equal(said.trim(), 'true done again');
});
