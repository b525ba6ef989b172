import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parsePatchJob } from './job.ts';
import { Journal, recordsOf } from './journal.ts';
import { hold } from './lock.ts';
import { jobFor } from './testing-job.ts';

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-journal-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}
const JOB = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '2' }]));
const START = { bootId: 'b', snapshotId: 'copy-1' };
const open = (directory: string, job = JOB): Journal => Journal.open(directory, 'j', job, START, () => 7);

test('what is added is there for the next start, what was cut off is not', (t: TestContext) => {
  const directory = directoryFor(t);
  {
    using journal = open(directory);
    journal.add({ kind: 'set-begun', packages: ['one:all'] });
  }
  appendFileSync(join(directory, 'j.jsonl'), '{"kind":"set-ended","judged":[{"key":"one:a');
  {
    using journal = open(directory);
    t.assert.deepEqual(
      journal.records.map(({ kind }) => kind),
      ['job', 'set-begun'],
    );
    t.assert.equal(journal.snapshotId, 'copy-1');
    journal.add({ kind: 'settled', because: 'x' });
  }
  t.assert.equal(recordsOf(directory, 'j', JOB)?.at(-1)?.kind, 'settled');
  t.assert.equal(recordsOf(directory, 'none', JOB), undefined);
});

test('a journal that a crash left empty, or with half of its first line, is no beginning', (t: TestContext) => {
  const directory = directoryFor(t);
  for (const text of ['', '{"kind":"job","dig']) {
    writeFileSync(join(directory, 'j.jsonl'), text);
    t.assert.equal(recordsOf(directory, 'j', JOB), undefined);
  }
  using journal = open(directory);
  t.assert.equal(journal.snapshotId, 'copy-1');
});

test('another job, and a line that is no record, are refused by their names', (t: TestContext) => {
  const directory = directoryFor(t);
  open(directory)[Symbol.dispose]();
  const other = parsePatchJob(jobFor([{ name: 'one', from: '1', to: '3' }]));
  t.assert.throws(() => open(directory, other), { code: 'PATCH_JOB_CHANGED' });
  t.assert.throws(() => recordsOf(directory, 'j', other), { code: 'PATCH_JOB_CHANGED' });
  const file = join(directory, 'j.jsonl');
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"kind":"what"}\n`);
  t.assert.throws(() => open(directory), { code: 'PATCH_JOURNAL_DAMAGED' });
  writeFileSync(file, '{"kind":"settled","because":"x","atMs":1}\n');
  t.assert.throws(() => recordsOf(directory, 'j', JOB), { code: 'PATCH_JOURNAL_DAMAGED' });
});

test('locks are had all or not at all, and let go', async (t: TestContext) => {
  const directory = directoryFor(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(directory, name)) as [string, string, string];
  {
    const first = await hold([b], [c], 0);
    if (typeof first === 'string') throw new Error(first);
    using _first = first;
    t.assert.match(String(await hold([a, b], [], 0)), /\/b is held by /);
    // What is only waited for is not kept, and what was had before the refusal was let go.
    const others = await hold([a, c], [], 0);
    if (typeof others === 'string') throw new Error(others);
    others[Symbol.dispose]();
  }
  const again = await hold([a, b, c], [], 0);
  t.assert.notEqual(typeof again, 'string');
  if (typeof again !== 'string') again[Symbol.dispose]();
  t.assert.match(String(await hold([join(directory, 'no/such/lock')], [], 0)), /ENOENT/);
});
