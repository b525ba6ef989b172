import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type TestContext, test } from 'node:test';
import { validateOcsf } from '@demarc/platform/ocsf';
import { normalise } from './normalise.ts';
import { contextOf, recordsOf } from './testing.ts';

const directory = new URL('testdata/', import.meta.url).pathname;
const files = globSync('*.{log,jsonl}', { cwd: directory }).sort();

for (const file of files) {
  test(`what ${file} becomes is what it became`, (t: TestContext) => {
    const events = recordsOf(file).map((record, at) => normalise(record, contextOf(`uid-${at}`)));
    for (const { event, parser } of events) {
      t.assert.notEqual(parser, undefined, JSON.stringify(event));
      t.assert.deepEqual(validateOcsf(event), { ok: true });
    }
    t.assert.fileSnapshot(
      events.map(({ event, parser }) => ({ parser, event })),
      `${directory}${basename(file)}.ocsf.json`,
      { serializers: [lines] },
    );
  });
}

/** One event a line: a change of a parser gives a diff that can be read. */
function lines(events: readonly unknown[]): string {
  return events.map((event) => JSON.stringify(event)).join('\n');
}

test('every record here is from somewhere that the README names', (t: TestContext) => {
  t.assert.match(readFileSync(`${directory}README.md`, 'utf8'), /documented/);
});
