import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { parseCorrelation } from './document.ts';
import { linkCorrelations } from './link.ts';
import type { CorrelationRule } from './rule.ts';
import { detection } from './testing.ts';

const place = (text: string): { file: string; line: number; text: string } => ({
  file: 'c.yml',
  line: 10,
  text,
});

function read(text: string): CorrelationRule {
  const rule = parseCorrelation(parse(text), place(text));
  if ('refused' in rule) throw new Error(rule.refused.because);
  return rule;
}

/** A sound document with some lines of its correlation section changed; null leaves one out. */
function written(changes: Readonly<Record<string, unknown>>): unknown {
  const section = {
    type: 'event_count',
    rules: ['d0'],
    'group-by': ['User'],
    timespan: '5m',
    condition: { gte: 3 },
    ...changes,
  };
  const correlation = Object.fromEntries(Object.entries(section).filter(([, value]) => value !== null));
  return { title: 'Changed', id: 'changed', correlation };
}

test('a document of every kind is understood', (t: TestContext) => {
  const rule = read(`
title: Guessed and in
id: b180ead8-d58f-40b2-ae54-c8940995b9b6
name: guessed
level: high
tags: [attack.t1110]
correlation:
  type: temporal_ordered
  rules: [many_failed, success]
  group-by: [User]
  timespan: 90m
  generate: true
  aliases:
    User: { many_failed: TargetUser, success: Account }
`);
  t.assert.equal(rule.timespanMs, 5_400_000);
  t.assert.equal(rule.level, 'high');
  t.assert.equal(rule.generate, true);
  t.assert.equal(rule.aliases.get('User')?.get('success'), 'Account');
  t.assert.deepEqual(rule.condition, {
    kind: 'measure',
    bounds: [{ by: 'gte', value: 2 }],
    fields: [],
    percentile: undefined,
  });
  const understood = [
    {},
    { condition: { gt: 100, lte: 200 } },
    { condition: { neq: 4 } },
    { condition: { eq: 0 } },
    { rules: 'd0', 'group-by': 'User' },
    { 'group-by': null },
    { type: 'value_count', condition: { field: ['a', 'b'], gte: 2 } },
    { type: 'value_sum', condition: { field: 'n', gt: -1.5 } },
    { type: 'value_percentile', condition: { field: 'n', percentile: 99.9, gt: 4 } },
    { type: 'temporal', rules: null, condition: 'a AND (b or NOT c)' },
    { type: 'temporal_ordered', rules: ['a', 'b'], condition: 'a or b' },
    { timespan: '1M' },
  ];
  for (const changes of understood) {
    const outcome = parseCorrelation(written(changes), place(''));
    t.assert.ok(!('refused' in outcome), `${JSON.stringify(changes)} ${JSON.stringify(outcome)}`);
  }
});

test('what is no correlation is refused with the reason', (t: TestContext) => {
  const refused: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['correlation-type', { type: 'near' }],
    ['correlation-type', { type: null }],
    ['correlation-rules', { rules: null }],
    ['correlation-rules', { rules: ['a', 'a'] }],
    ['correlation-rules', { rules: [7] }],
    ['correlation-rules', { rules: Array.from({ length: 32 }, (_, at) => `r${at}`) }],
    ['correlation-group-by', { 'group-by': [{}] }],
    ['correlation-timespan', { timespan: null }],
    ['correlation-timespan', { timespan: '0s' }],
    ['correlation-timespan', { timespan: '5 m' }],
    ['correlation-timespan', { timespan: '2y' }],
    ['correlation-timespan', { timespan: 5 }],
    ['correlation-aliases', { aliases: { a: { other: 'x' } } }],
    ['correlation-aliases', { aliases: { a: 'x' } }],
    ['correlation-condition', { condition: null }],
    ['correlation-condition', { condition: {} }],
    ['correlation-condition', { condition: { gte: 0 } }],
    ['correlation-condition', { condition: { gte: 1.5 } }],
    ['correlation-condition', { condition: { gte: '3' } }],
    ['correlation-condition', { condition: { gte: 1_000_000 } }],
    ['correlation-condition', { condition: { gte: 3, field: 'x' } }],
    ['correlation-condition', { condition: { gte: 3, within: 4 } }],
    ['correlation-condition', { condition: 'd0' }],
    ['correlation-condition', { type: 'value_count' }],
    ['correlation-condition', { type: 'value_sum', condition: { field: ['a', 'b'], gt: 1 } }],
    ['correlation-condition', { type: 'value_percentile', condition: { field: 'a', gt: 1 } }],
    ['correlation-condition', { type: 'temporal', condition: 'd0 and d1' }],
    ['correlation-condition', { type: 'temporal', condition: 'not d0' }],
    ['correlation-condition', { type: 'temporal', condition: '(d0' }],
    ['correlation-condition', { type: 'temporal', condition: 'd0 d0' }],
    ['correlation-condition', { type: 'temporal', condition: `${'('.repeat(90)}d0${')'.repeat(90)}` }],
    ['correlation-condition', { type: 'temporal', condition: { gte: 2 } }],
    [
      'correlation-condition',
      { type: 'temporal_ordered', rules: ['a', 'b'], condition: 'a and not b' },
    ],
    ['correlation-malformed', { generate: 'yes' }],
  ];
  for (const [code, changes] of refused) {
    const outcome = parseCorrelation(written(changes), place(''));
    t.assert.equal('refused' in outcome && outcome.refused.code, code, JSON.stringify(changes));
  }
  for (const document of [null, [], 'text', {}, { title: 'x', correlation: 3 }])
    t.assert.ok('refused' in parseCorrelation(document, place('')));
});

test('a refusal names the line', (t: TestContext) => {
  const text = 'title: x\ncorrelation:\n  type: event_count\n  rules: [a]\n  timespan: soon\n';
  const outcome = parseCorrelation(parse(text), place(text));
  t.assert.equal('refused' in outcome && outcome.refused.line, 14);
});

test('references are resolved by id and name, through correlations, or refused', (t: TestContext) => {
  const chained = (id: string, rules: string, more = ''): CorrelationRule =>
    read(
      `title: ${id}\nid: ${id}\nname: ${id}_name\ncorrelation: { type: event_count, rules: [${rules}], ` +
        `group-by: [User], timespan: 1m, condition: { gte: 2 }${more} }`,
    );
  const outcome = linkCorrelations(
    [
      chained('top', 'middle_name, "2"', ', aliases: { User: { "2": Account } }'),
      chained('middle', 'failed', ', generate: true'),
      chained('loop', 'pool'),
      chained('pool', 'loop_name'),
      chained('above-loop', 'loop'),
      chained('lost', 'nobody'),
      chained('above-lost', 'lost'),
      chained('torn', 'twice'),
      chained('same', 'failed, "1"'),
    ],
    [detection('1', 'failed'), detection('2'), detection('3', 'twice'), detection('4', 'twice')],
  );
  t.assert.deepEqual(
    outcome.correlations.map(({ rule }) => rule.id),
    ['middle', 'top'],
  );
  t.assert.deepEqual(
    Object.fromEntries(outcome.refused.map(({ rule, refused }) => [rule.id, refused.code])),
    {
      loop: 'correlation-cycle',
      pool: 'correlation-cycle',
      'above-loop': 'correlation-cycle',
      lost: 'correlation-unresolved',
      'above-lost': 'correlation-unresolved',
      torn: 'correlation-ambiguous',
      same: 'correlation-rules',
    },
  );
  t.assert.deepEqual(Object.fromEntries(outcome.fieldsWanted), { '1': ['User'], '2': ['Account'] });
  t.assert.deepEqual([...outcome.silenced].sort(), ['2', 'middle']);
});
