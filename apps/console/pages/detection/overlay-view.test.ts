import { type TestContext, test } from 'node:test';
import { type RuleOverlay, SetRuleOverlay } from '@demarc/platform/contract/detection';
import { consequencesOf, detectionOf, formOf, overlayOf, problemsOf } from './overlay-view.ts';

const AT = '2026-01-01T00:00:00.000Z';
const overlay: RuleOverlay = {
  enabled: true,
  level: null,
  threshold: null,
  exceptions: [
    {
      exceptionId: 'e',
      title: 'Known',
      reason: 'It is ours.',
      detection: 'condition: x',
      by: 'Ann',
      at: AT,
      state: 'in force',
      heldBackCount: 3,
    },
  ],
  reason: '',
  version: 4,
  by: null,
  at: null,
};
const until = '2026-04-01';
const instantOf = (day: string): string => `${day}T00:00:00.000Z`;

test('an exception from a finding holds for events with just its values, literally', (t: TestContext) => {
  const detection = detectionOf([
    { field: 'CommandLine', value: "a 'b' *" },
    { field: 'Image', value: 'C:\\x.exe' },
    { field: 'Path', value: '\\\\host\\*' },
    { field: 'Odd Name', value: 5 },
    { field: 'Tag', value: 'one' },
    { field: 'Tag', value: 'two' },
    { field: null, value: 'word' },
    { field: 'Lines', value: 'first\nsecond' },
  ]);
  t.assert.equal(
    detection,
    `expected:
  CommandLine: 'a ''b'' \\*'
  Image: 'C:\\x.exe'
  Path: '\\\\\\host\\\\\\*'
  'Odd Name': 5
  Tag|all:
    - 'one'
    - 'two'
  Lines: 'first*'
keywords:
  - 'word'
condition: expected and keywords
`,
  );
  t.assert.match(detectionOf([]), /condition: expected/);
});

test('what is sent is what the contract takes, with the version that was looked at', (t: TestContext) => {
  const form = {
    ...formOf(overlay, { kind: 'exception', seen: [{ field: 'User', value: 'ann' }], host: 'web-1' }, until),
    reason: ' Backups. ',
  };
  t.assert.equal(form.added?.title, 'Expected on web-1');
  t.assert.deepEqual(Object.keys(problemsOf(form)), ['because']);
  const sent = overlayOf(
    { ...form, added: { title: 'T', reason: 'R', detection: 'condition: x', until }, level: 'low' },
    overlay.version,
    instantOf,
  );
  t.assert.ok(SetRuleOverlay.safeParse(sent).success);
  t.assert.deepEqual(
    [sent.basedOn, sent.level, sent.reason, sent.exceptions?.length, sent.exceptions?.[1]?.until],
    [4, 'low', 'Backups.', 2, instantOf(until)],
  );
});

test('a threshold is raised from what stands, or begins with a few an hour', (t: TestContext) => {
  t.assert.equal(formOf(overlay, { kind: 'threshold' }, until).count, '5');
  const stands = { ...overlay, threshold: { count: 10, timespan: '10m', groupBy: ['user.name'] } };
  const form = formOf(stands, { kind: 'threshold' }, until);
  t.assert.deepEqual(
    [form.counts, form.count, form.timespan, form.groupBy],
    [true, '20', '10m', 'user.name'],
  );
  t.assert.deepEqual(Object.keys(problemsOf({ ...form, count: '1', timespan: 'soon' })), [
    'count',
    'timespan',
  ]);
});

test('what will be different is said before it is', (t: TestContext) => {
  const form = formOf(overlay, { kind: 'off' }, until);
  t.assert.match(consequencesOf(overlay, form, 'high').join(' '), /makes no findings any more/);
  t.assert.match(
    consequencesOf(overlay, { ...form, enabled: true, level: 'low', kept: [] }, 'high').join(' '),
    /low instead of high.*An exception ends at once/,
  );
  t.assert.deepEqual(consequencesOf(overlay, formOf(overlay, { kind: 'tune' }, until), 'high'), [
    'Nothing is different from what stands.',
  ]);
});
