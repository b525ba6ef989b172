import { type TestContext, test } from 'node:test';
import type { Explained } from '@demarc/platform/contract/detection';
import { branchWords, decidingTests, partsOf, verdictOf } from './explain-view.ts';
import { markedLines, segmentsOf } from './marked-view.ts';

const said = (holds: boolean, field: string | null, says: string): Explained => ({
  op: 'test',
  holds,
  field,
  says,
  values: [],
});
const fields = (tree: Explained): readonly (string | null)[] => decidingTests(tree).map(({ field }) => field);

test('of "one of" those decide that hold, of "all of" that fails those that fail', (t: TestContext) => {
  const [yes, no] = [said(true, 'a', ''), said(false, 'b', '')];
  t.assert.deepEqual(fields({ op: 'or', holds: true, of: [yes, no] }), ['a']);
  t.assert.deepEqual(fields({ op: 'or', holds: false, of: [no, no] }), ['b', 'b']);
  t.assert.deepEqual(fields({ op: 'and', holds: false, of: [yes, no] }), ['b']);
  t.assert.deepEqual(fields({ op: 'and', holds: true, of: [yes, { op: 'not', holds: true, of: [no] }] }), [
    'a',
    'b',
  ]);
  t.assert.equal(
    verdictOf({ op: 'or', holds: true, of: [yes, no] }),
    '1 of 2 tests decided that it matches.',
  );
});

test('of many that decided nothing only their number is shown at once', (t: TestContext) => {
  const of = [said(true, 'a', ''), ...Array.from({ length: 9 }, () => said(false, 'b', ''))];
  const branch = { op: 'or' as const, holds: true, of };
  t.assert.equal(branchWords(branch), 'One of 10');
  t.assert.deepEqual([partsOf(branch).shown.length, partsOf(branch).folded.length], [1, 9]);
  t.assert.equal(partsOf({ ...branch, of: of.slice(0, 3) }).folded.length, 0);
});

const RULE = `title: Image|contains is not here
detection:
    selection:
        Image|endswith:
            - '\\sh.exe'
            - '\\bash.exe'
        User: 'ann'
    keywords:
        - 'mimi*'
        - other
    condition: selection or keywords
level: low
`;

test('the lines of a rule that decided are marked, and no others', (t: TestContext) => {
  const tests = decidingTests({
    op: 'and',
    holds: true,
    of: [
      said(true, 'Image', 'ends with "\\bash.exe"'),
      said(true, 'User', 'equals "ann"'),
      said(true, null, 'starts with "mimi"'),
    ],
  });
  t.assert.deepEqual([...markedLines(RULE, tests)], [3, 5, 6, 8]);
  t.assert.equal(markedLines(RULE, []).size, 0);
});

test('the values that matched are marked in the event; short ones only under their own name', (t: TestContext) => {
  const event = { process: { cmd_line: 'mimikatz.exe', pid: 1 }, n: 1, list: ['mimikatz.exe', {}] };
  const segments = segmentsOf(event, [
    { field: 'CommandLine', value: 'mimikatz.exe' },
    { field: 'process.pid', value: 1 },
  ]);
  t.assert.equal(segments.map(({ text }) => text).join(''), JSON.stringify(event, null, 2));
  t.assert.deepEqual(
    segments.filter(({ isMarked }) => isMarked).map(({ text }) => text),
    ['"mimikatz.exe"', '1', '"mimikatz.exe"'],
  );
  const long = 'x'.repeat(400);
  t.assert.ok(
    segmentsOf({ a: long }, [{ field: 'A', value: `${long.slice(0, 300)}…` }]).some(
      ({ isMarked }) => isMarked,
    ),
  );
});
