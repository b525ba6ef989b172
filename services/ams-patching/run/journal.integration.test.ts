/** A disk that is full while a record is written: by a limit of the kernel, which writes what fits and says how much that was. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parsePatchJob } from './job.ts';
import { recordsOf } from './journal.ts';
import { jobFor } from './testing-job.ts';

const DOOR = new URL('./', import.meta.url).href;

test('what does not fit is an error, and neither lost nor in the way of what comes next', (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-journal-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const document = jobFor([{ name: 'one', from: '1', to: '2' }]);
  const program = `import { Journal } from '${DOOR}journal.ts';
import { parsePatchJob } from '${DOOR}job.ts';
const job = parsePatchJob(${JSON.stringify(document)});
const journal = Journal.open(${JSON.stringify(directory)}, 'j', job, { bootId: 'b' }, () => 7);
journal.add({ kind: 'settled', because: 'before' });
try { journal.add({ kind: 'settled', because: 'x'.repeat(10_000) }); } catch (error) { console.log(error.code, error.cause.code); }
journal.add({ kind: 'settled', because: 'after' });
console.log(journal.records.length);`;
  // Of 512 bytes.
  const limited = 'ulimit -f 8; exec "$0" --input-type=module -e "$1"';
  const ran = spawnSync('sh', ['-c', limited, process.execPath, program], { encoding: 'utf8' });
  t.assert.equal(ran.stdout, 'PATCH_JOURNAL_NOT_WRITTEN EFBIG\n3\n', ran.stderr);
  const records = recordsOf(directory, 'j', parsePatchJob(document)) ?? [];
  t.assert.deepEqual(
    records.map((record) => (record.kind === 'settled' ? record.because : record.kind)),
    ['job', 'before', 'after'],
  );
  t.assert.equal(readFileSync(join(directory, 'j.jsonl'), 'utf8').endsWith('\n'), true);
});
