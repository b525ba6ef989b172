import { type TestContext, test } from 'node:test';
import type { Condition, DetectionRule } from '../ir.ts';
import { lintLines } from './lint.ts';
import { type LoadOptions, loadRules, type RuleHead } from './rules.ts';

const HEAD = 'title: T\nlogsource:\n    product: windows\n';

function rule(detection: string, head = HEAD): string {
  return `${head}detection:\n${detection.replace(/^/gm, '    ')}\n`;
}

function load(text: string, options: LoadOptions<RuleHead> = {}): ReturnType<typeof loadRules<RuleHead>> {
  return loadRules([{ file: 'a.yml', text }], options);
}

function conditionOf(detection: string, options: LoadOptions<RuleHead> = {}): Condition {
  const { detections, refused } = load(rule(detection), options);
  const [first] = detections;
  if (first === undefined) throw new Error(refused[0]?.because);
  return first.condition;
}

const text = (
  op: 'equals' | 'contains' | 'startswith' | 'endswith',
  value: string,
  isCased = false,
): Condition => ({
  op: 'test',
  test: { op, field: 'A', text: value, isCased },
});

test('a rule becomes what engines read, with what it says of itself', (t) => {
  const source = `title: A rule
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
name: a_rule
status: test
description: Says something.
references: [https://example.org]
tags: [attack.t1059, attack.execution]
logsource: { product: Windows, category: process_creation, service: null }
detection:
    selection: { Image|endswith: '\\CMD.exe' }
    condition: selection
fields: [Image]
falsepositives: Unlikely
level: high`;
  t.assert.deepEqual(load(source).detections, [
    {
      id: '6f3e2987-db24-4c78-a860-b4f4095a7095',
      name: 'a_rule',
      title: 'A rule',
      description: 'Says something.',
      status: 'test',
      level: 'high',
      tags: ['attack.t1059', 'attack.execution'],
      references: ['https://example.org'],
      falsepositives: ['Unlikely'],
      fields: ['Image'],
      logsource: { product: 'windows', category: 'process_creation', service: undefined },
      condition: { op: 'test', test: { op: 'endswith', field: 'Image', text: '\\cmd.exe', isCased: false } },
      file: 'a.yml',
      line: 1,
      text: source,
    },
  ] satisfies readonly DetectionRule[]);
});

test('wildcards become anchors where anchors say the same', (t) => {
  t.assert.deepEqual(conditionOf("s: { A: '*x*' }\ncondition: s"), text('contains', 'x'));
  t.assert.deepEqual(conditionOf("s: { A|contains: 'X*' }\ncondition: s"), text('contains', 'x'));
  t.assert.deepEqual(conditionOf("s: { A|cased: 'X*' }\ncondition: s"), text('startswith', 'X', true));
  t.assert.deepEqual(conditionOf("s: { A|startswith|endswith: 'x' }\ncondition: s"), text('contains', 'x'));
  t.assert.deepEqual(conditionOf("s: { A: '*' }\ncondition: s"), text('contains', ''));
  t.assert.deepEqual(conditionOf("s: { A: '**' }\ncondition: s"), text('contains', ''));
  t.assert.deepEqual(conditionOf("s: { A: '' }\ncondition: s"), text('equals', ''));
  t.assert.deepEqual(conditionOf("s: { A: 'a*B' }\ncondition: s"), {
    op: 'test',
    test: { op: 'glob', field: 'A', parts: ['a', 1, 'b'], isCased: false },
  });
});

test('conditions are flat', (t) => {
  const condition = conditionOf('a: { A: [x, y] }\nb: { A: z }\ncondition: (a or b) or not not b');
  t.assert.deepEqual(condition, {
    op: 'or',
    of: [text('equals', 'x'), text('equals', 'y'), text('equals', 'z'), text('equals', 'z')],
  });
});

test('a long integer stays as it is written', (t) => {
  t.assert.deepEqual(
    conditionOf('s: { A: 18446744073709551615 }\ncondition: s'),
    text('equals', '18446744073709551615'),
  );
});

test('placeholders are filled in; a name without values is nobody', (t) => {
  const filled = conditionOf("s: { A|expand: '%a%' }\ncondition: s", { placeholders: { a: ['x', 'srv*'] } });
  t.assert.deepEqual(filled, { op: 'or', of: [text('equals', 'x'), text('startswith', 'srv')] });
  const nobody = conditionOf("s: { A|expand: '%a%' }\ncondition: s", { placeholders: { a: [] } });
  t.assert.deepEqual(nobody, { op: 'false' });
});

test('documents of a file share what is global, until it is reset', (t) => {
  const collection = [
    'action: global\ntitle: Shared\nlogsource: { product: windows }\ndetection:\n    condition: s',
    'id: one\ndetection:\n    s: { A: 1 }',
    'action: repeat\nid: two\ndetection:\n    s: { B: 2 }',
    'action: reset',
    'id: three\ndetection:\n    s: { A: 1 }',
  ].join('\n---\n');
  const { detections, refused } = load(collection);
  t.assert.deepEqual(
    detections.map(({ id, title, line }) => ({ id, title, line })),
    [
      { id: 'one', title: 'Shared', line: 7 },
      { id: 'two', title: 'Shared', line: 11 },
    ],
  );
  t.assert.deepEqual(detections[1]?.condition, {
    op: 'and',
    of: [
      { op: 'test', test: { op: 'equals', field: 'A', text: '1', isCased: false } },
      { op: 'test', test: { op: 'equals', field: 'B', text: '2', isCased: false } },
    ],
  });
  t.assert.deepEqual(
    refused.map(({ id, code, line }) => ({ id, code, line })),
    [{ id: 'three', code: 'missing-title', line: 18 }],
  );
});

test('a filter narrows the rules that it names and is refused when there are none', (t) => {
  const filter = (rules: string, product = 'windows'): string =>
    `title: F\nlogsource: { product: ${product} }\nfilter:\n    rules: ${rules}\n    selection: { B: 1 }\n    condition: not selection\n`;
  const source = rule('s: { A: x }\ncondition: s', `id: r1\nname: named\n${HEAD}`);
  const narrowed: Condition = {
    op: 'and',
    of: [
      text('equals', 'x'),
      { op: 'not', of: { op: 'test', test: { op: 'equals', field: 'B', text: '1', isCased: false } } },
    ],
  };
  for (const rules of ['[r1]', 'named', 'any', '[r1, elsewhere]']) {
    const { detections, filters } = load(`${source}---\n${filter(rules)}`);
    t.assert.deepEqual(detections[0]?.condition, narrowed, rules);
    t.assert.deepEqual(filters[0]?.missing, rules.includes('elsewhere') ? ['elsewhere'] : []);
  }
  for (const text of [filter('[elsewhere]'), filter('[r1]', 'linux'), filter('[]')]) {
    const { detections, refused } = load(`${source}---\n${text}`);
    t.assert.deepEqual(detections[0]?.condition, conditionOf('s: { A: x }\ncondition: s'));
    t.assert.equal(refused[0]?.code, 'filter-no-rule');
  }
});

test('correlations are handed on, with lines', (t) => {
  const source = 'title: C\nid: c1\ncorrelation:\n    type: event_count\n    rules: [r1]\n';
  t.assert.equal(load(source).refused[0]?.code, 'correlation-unsupported');
  const seen: unknown[] = [];
  const { correlations } = load(source, {
    parseCorrelation: (document) => {
      seen.push(JSON.parse(JSON.stringify(document.value)), document.lineOf('correlation', 'rules', 0));
      return { rule: document };
    },
  });
  t.assert.equal(correlations[0]?.id, 'c1');
  t.assert.deepEqual(seen, [
    { title: 'C', id: 'c1', correlation: { type: 'event_count', rules: ['r1'] } },
    5,
  ]);
  const { refused } = load(source, {
    parseCorrelation: () => ({ refused: { code: 'correlation-type', because: 'No.', line: 4 } }),
  });
  t.assert.deepEqual(refused, [
    {
      file: 'a.yml',
      line: 4,
      kind: 'correlation',
      id: 'c1',
      title: 'C',
      code: 'correlation-type',
      because: 'No.',
    },
  ]);
});

test('aliases are unfolded, within bounds', (t) => {
  t.assert.deepEqual(conditionOf('s: &s { A: &a x }\nt: { A: *a }\nu: *s\ncondition: all of them'), {
    op: 'and',
    of: [text('equals', 'x'), text('equals', 'x'), text('equals', 'x')],
  });
  const bomb = Array.from(
    { length: 30 },
    (_, at) => `a${at}: &a${at} [${at === 0 ? 'x' : `*a${at - 1}, *a${at - 1}`}]`,
  );
  t.assert.equal(load(`${HEAD}${bomb.join('\n')}`).refused[0]?.code, 'too-large');
  t.assert.equal(load(`${HEAD}detection: &d { s: *d }`).refused[0]?.code, 'too-large');
});

test('a rule is plain JSON: a cache may keep it', (t: TestContext) => {
  const { detections } = load(
    rule("s:\n    - A|re|i: 'x'\n    - B|cidr: '::/0'\n    - 'key*word'\ncondition: s"),
    {},
  );
  t.assert.deepEqual(
    JSON.parse(JSON.stringify(detections)),
    detections.map(({ name: _, description: __, status: ___, logsource, ...rest }) => ({
      ...rest,
      logsource: { product: logsource.product },
    })),
  );
});

test('the same id or name is refused the second time, and says where the first is', (t) => {
  const source = rule('s: { A: x }\ncondition: s', `id: r1\nname: n\n${HEAD}`);
  const other = rule('s: { A: x }\ncondition: s', `id: r2\nname: n\n${HEAD}`);
  const { detections, refused } = loadRules([
    { file: 'a.yml', text: source },
    { file: 'b.yml', text: `# again\n${source}` },
    { file: 'c.yml', text: other },
  ]);
  t.assert.equal(detections.length, 1);
  t.assert.deepEqual(
    refused.map(({ file, line, code, because }) => ({ file, line, code, because })),
    [
      { file: 'b.yml', line: 2, code: 'duplicate-id', because: 'The id is that of "T" in a.yml, line 1.' },
      {
        file: 'c.yml',
        line: 1,
        code: 'duplicate-name',
        because: 'The name is that of "T" in a.yml, line 1.',
      },
    ],
  );
});

test('lint says one line per rule', (t) => {
  const loaded = loadRules([
    { file: 'b.yml', text: rule('s: { A|nope: x }\ncondition: s', `id: bad\n${HEAD}`) },
    { file: 'a.yml', text: rule('s: { A: x }\ncondition: s', `id: good\n${HEAD}`) },
    { file: 'c.yml', text: '%' },
  ]);
  t.assert.deepEqual([...lintLines(loaded)].slice(0, 2), [
    { file: 'a.yml', line: 1, id: 'good', title: 'T', kind: 'detection', outcome: 'loaded' },
    {
      file: 'b.yml',
      line: 6,
      id: 'bad',
      title: 'T',
      kind: 'detection',
      outcome: 'refused',
      code: 'modifier-unknown',
      because: 'Sigma 2.1 has no modifier "nope".',
    },
  ]);
});
