import { type TestContext, test } from 'node:test';
import { evaluate } from '../engine/evaluate.ts';
import { re2jsRegexes } from '../engine/testing.ts';
import type { SigmaEvent } from '../event.ts';
import type { Condition, Predicate } from '../ir.ts';
import { oracleMatches } from '../oracle/oracle.ts';
import { loadRules } from '../rules/rules.ts';
import { CHAINS } from './chains.ts';
import { CONFORMANCE_PLACEHOLDERS, type ConformancePair, conformancePairs } from './conformance.ts';
import { VECTORS, vectorRule } from './vectors.ts';

const PAIRS = 2_300;
const pairs = [...conformancePairs(20_261_126, PAIRS)];
const regexes = re2jsRegexes();
const placeholders = CONFORMANCE_PLACEHOLDERS;

const conditions = new Map<string, Condition>();
function conditionOf(ruleText: string): Condition {
  const known = conditions.get(ruleText);
  if (known !== undefined) return known;
  const { detections, refused } = loadRules([{ file: 'rule.yml', text: ruleText }], { placeholders });
  const [rule] = detections;
  if (rule === undefined) throw new Error(`${refused[0]?.because}\n${ruleText}`);
  conditions.set(ruleText, rule.condition);
  return rule.condition;
}

function differences(
  engine: (condition: Condition, event: SigmaEvent) => boolean,
): readonly ConformancePair[] {
  return pairs.filter(({ ruleText, event, expected }) => engine(conditionOf(ruleText), event) !== expected);
}

test(`the plain engine and the oracle agree on ${PAIRS} generated pairs`, (t) => {
  t.assert.deepEqual(
    differences((condition, event) => evaluate(condition, event, regexes)),
    [],
  );
});

test('a good part of the pairs match, and a good part do not', (t: TestContext) => {
  const matching = pairs.filter(({ expected }) => expected).length;
  t.assert.ok(matching > PAIRS * 0.3 && matching < PAIRS * 0.7, `${matching} of ${PAIRS} match`);
});

test('the pairs use every modifier in every combination that is listed', (t) => {
  const text = pairs.map(({ ruleText }) => ruleText).join('\n');
  const unused = CHAINS.map(({ modifiers }) => modifiers.join('|')).filter(
    (chain) => chain !== '' && !text.replaceAll(/\|all(?=\|)/g, '').includes(`|${chain}`),
  );
  t.assert.deepEqual(unused, []);
});

test('the same seed makes the same pairs, another seed makes others', (t) => {
  t.assert.deepEqual([...conformancePairs(7, 30)], [...conformancePairs(7, 30)]);
  t.assert.notDeepEqual([...conformancePairs(7, 30)], [...conformancePairs(8, 30)]);
});

const WIDER: Readonly<Record<string, string>> = {
  '10.0.0.0/8': '10.0.0.0/7',
  '192.168.4.0/22': '192.168.0.0/21',
  '127.0.0.1/32': '127.0.0.0/30',
  '2001:db8::/32': '2001:db8::/31',
};

/** Misreadings that an engine might have; the pairs have to tell each from the truth. */
const MISREADINGS: Readonly<Record<string, (test: Predicate) => Predicate>> = {
  'case is ignored where it matters': (test) => ('isCased' in test ? { ...test, isCased: false } : test),
  'an anchor is taken for contains': (test) =>
    test.op === 'startswith' || test.op === 'endswith' ? { ...test, op: 'contains' } : test,
  'an exact value is taken for a beginning': (test) =>
    test.op === 'equals' ? { ...test, op: 'startswith' } : test,
  'null is taken for the empty text': (test) =>
    test.op === 'null' ? { op: 'equals', field: test.field, text: '', isCased: false } : test,
  'at most is taken for less': (test) =>
    test.op === 'compare' && test.by === 'lte' ? { ...test, by: 'lt' } : test,
  'a week is taken for that of the month': (test) =>
    test.op === 'timepart' && test.part === 'week' ? { ...test, part: 'day' } : test,
  'a keyword is asked of one field': (test) =>
    test.field === null && 'text' in test ? { ...test, field: 'Message' } : test,
  'flags of expressions are forgotten': (test) =>
    test.op === 're' ? { ...test, ignoreCase: false, multiline: false, dotAll: false } : test,
  'a field reference is always for the whole': (test) =>
    test.op === 'fieldref' ? { ...test, anchor: 'equals' } : test,
  'a network is wider than it says': (test) =>
    test.op === 'cidr' ? { ...test, network: WIDER[test.network] ?? test.network } : test,
};

for (const [name, misread] of Object.entries(MISREADINGS)) {
  test(`the pairs find it when ${name}`, (t) => {
    const wrong = new Map<Condition, Condition>();
    const found = differences((condition, event) => {
      const changed = wrong.get(condition) ?? rewritten(condition, misread);
      wrong.set(condition, changed);
      return evaluate(changed, event, regexes);
    });
    t.assert.notEqual(found.length, 0);
  });
}

function rewritten(condition: Condition, change: (test: Predicate) => Predicate): Condition {
  switch (condition.op) {
    case 'and':
    case 'or':
      return { ...condition, of: condition.of.map((part) => rewritten(part, change)) };
    case 'not':
      return { ...condition, of: rewritten(condition.of, change) };
    case 'test':
      return { ...condition, test: change(condition.test) };
    case 'true':
    case 'false':
      return condition;
  }
}

for (const vector of VECTORS) {
  test(`read by a human: ${vector.says}`, (t) => {
    const text = vectorRule(vector);
    const condition = conditionOf(text);
    for (const [list, expected] of [
      [vector.holds, true],
      [vector.fails, false],
    ] as const) {
      for (const fields of list) {
        const event = { logsources: [], fields };
        t.assert.equal(
          oracleMatches(text, event, placeholders)[0],
          expected,
          `oracle: ${JSON.stringify(fields)}`,
        );
        t.assert.equal(evaluate(condition, event, regexes), expected, `engine: ${JSON.stringify(fields)}`);
      }
    }
  });
}
