import { type TestContext, test } from 'node:test';
import {
  RULE_BODY_BYTES_MAX,
  RULE_FILE_CHARACTERS_MAX,
  RULE_FILES_MAX,
} from '@demarc/platform/contract/detection';
import { added, chunksOf, importWords, inOrder, isRuleFile, NOTHING, refusedHere } from './import-view.ts';
import { eventsOf } from './try-view.ts';

test('an import goes in requests within the API’s bounds, what refers to others last', (t: TestContext) => {
  const files = [
    { file: 'correlation.yml', text: 'title: c\ncorrelation:\n  type: event_count\n' },
    ...Array.from({ length: 2_500 }, (_, index) => ({ file: `${index}.yml`, text: 'title: ü\n' })),
  ];
  const chunks = chunksOf(files);
  t.assert.deepEqual(
    chunks.map((chunk) => chunk.length),
    [RULE_FILES_MAX, RULE_FILES_MAX, 501],
  );
  t.assert.equal(chunks.at(-1)?.at(-1)?.file, 'correlation.yml');
  const large = Array.from({ length: 80 }, (_, index) => ({
    file: `${index}.yml`,
    text: 'ü'.repeat(200_000),
  }));
  const parts = chunksOf(large);
  t.assert.equal(parts.flat().length, 80);
  for (const part of parts)
    t.assert.ok(Buffer.byteLength(JSON.stringify({ files: part, dryRun: true })) <= RULE_BODY_BYTES_MAX);
});

test('what the server would not take at all is refused here, with the reason', (t: TestContext) => {
  const files = [
    { file: 'long.yml', text: 'x'.repeat(RULE_FILE_CHARACTERS_MAX + 1) },
    { file: 'fine.yml', text: 'x' },
  ];
  t.assert.deepEqual(
    refusedHere(files).map(({ file, outcome }) => [file, outcome]),
    [['long.yml', 'refused']],
  );
  t.assert.deepEqual(
    chunksOf(files)
      .flat()
      .map(({ file }) => file),
    ['fine.yml'],
  );
  t.assert.deepEqual([isRuleFile('a.YAML'), isRuleFile('a.yml.bak')], [true, false]);
});

test('answers add up, and what was refused is shown first', (t: TestContext) => {
  const of = (outcome: 'new' | 'refused') => ({
    file: outcome,
    line: 1,
    ruleId: null,
    title: null,
    outcome,
    because: null,
  });
  const both = added(
    { ...NOTHING, rules: [of('new')], newCount: 1 },
    { ...NOTHING, rules: [of('refused')], refusedCount: 1 },
  );
  t.assert.equal(importWords(both), '1 new, 0 changed, 0 unchanged, 1 refused');
  t.assert.deepEqual(
    inOrder(both.rules).map(({ outcome }) => outcome),
    ['refused', 'new'],
  );
});

test('events are pasted as one, a list, or one a line; what is none is named by its line', (t: TestContext) => {
  t.assert.deepEqual(eventsOf('{"a": 1}'), { events: [{ a: 1 }] });
  t.assert.deepEqual(eventsOf('[{"a": 1}, {}]'), { events: [{ a: 1 }, {}] });
  t.assert.deepEqual(eventsOf('{"a": 1}\n\n{"b": 2}\n'), { events: [{ a: 1 }, { b: 2 }] });
  t.assert.deepEqual(eventsOf('{"a": 1}\nnot\n'), {
    line: 2,
    because: 'This line is not an object in JSON.',
  });
  t.assert.deepEqual(eventsOf('[1]'), { line: 1, because: 'Entry 1 is not an object.' });
  t.assert.deepEqual(eventsOf(' '), { line: 1, because: 'There is no event.' });
  t.assert.ok('because' in eventsOf('{}\n'.repeat(101)));
});
