import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { CONFORMANCE_PLACEHOLDERS, conformancePairs } from '../conformance/conformance.ts';
import type { Recognition } from '../event.ts';
import type { Condition, DetectionRule, Predicate } from '../ir.ts';
import { loadRules } from '../rules/rules.ts';
import { PLAIN_NAMES } from '../view/names.ts';
import { compileEngine, compileTables, Engine, type LineMatches, matchesNothing } from './engine.ts';
import { evaluate } from './evaluate.ts';
import { LEAVES_MAX_WHOLE } from './layout.ts';
import { ownRegexes, verdictOfLine } from './reference.ts';

const regexes = ownRegexes();
const recognitions: readonly Recognition[] = [
  { when: { kind: ['process'] }, is: { category: 'process_creation' } },
  { when: { kind: ['process', 'file'], 'sys.n': ['1'] }, is: { category: 'file_event' } },
];
const names = {
  ...PLAIN_NAMES,
  strip: ['data.'],
  rename: { 'é.x': 'x' },
  aliases: [['a', 'y']] as const,
  joins: [{ to: 'x', of: ['1', 'b'], by: '\\' }],
};

function rule(condition: Condition, category?: string): DetectionRule {
  return {
    id: '',
    name: undefined,
    title: '',
    description: undefined,
    status: undefined,
    level: 'low',
    tags: [],
    references: [],
    falsepositives: [],
    fields: [],
    logsource: { category },
    condition,
    file: '',
    line: 1,
    text: '',
  };
}

function rulesByLine(found: LineMatches): (readonly number[])[] {
  const byLine: number[][] = Array.from({ length: found.lineCount }, () => []);
  for (const [at, line] of found.line.entries()) byLine[line]?.push(found.rule[at] ?? -1);
  return byLine.map((rules) => rules.sort((a, b) => a - b));
}

/** Lines whose verdicts differ from the plain engine's. */
function differing(engine: Engine, rules: readonly DetectionRule[], lines: readonly string[]): unknown[] {
  const found = engine.matchLines(Buffer.from(lines.join('\n')));
  const byLine = rulesByLine(found);
  return lines.flatMap((line, at) => {
    if (line.trim() === '') return [];
    const wanted = verdictOfLine(rules, line, recognitions, names, regexes);
    const isMalformed = found.malformed.includes(at);
    const isWhole = !found.incomplete.includes(at);
    const isSame =
      isMalformed === (wanted.rules === undefined) &&
      isWhole === wanted.isWhole &&
      (wanted.rules ?? []).join() === (byLine[at] ?? []).join();
    return isSame ? [] : [{ line, wanted, got: byLine[at], isMalformed, isWhole }];
  });
}

test('generated pairs of rule and event: every rule on every event as the plain engine says', (t: TestContext) => {
  const pairs = [...conformancePairs(7, 400)];
  const texts = [...new Set(pairs.map(({ ruleText }) => ruleText))];
  const rules = texts.flatMap(
    (text) => loadRules([{ file: 'r.yml', text }], { placeholders: CONFORMANCE_PLACEHOLDERS }).detections,
  );
  const engine = compileEngine(rules, { recognitions: [], budget: { perEvent: 500_000_000, perByte: 0 } });
  const events = pairs.slice(0, 120).map(({ event }) => event);
  for (const event of events) {
    const wanted = rules.flatMap(({ condition }, at) => (evaluate(condition, event, regexes) ? [at] : []));
    const got = engine.match(event);
    t.assert.deepEqual(
      [...got.rules].sort((a, b) => a - b),
      wanted,
    );
    t.assert.equal(got.isWhole, true);
  }
});

const TEXTS = [
  '',
  'a',
  'A',
  'k',
  '\u212a',
  'ab',
  'abc',
  '\\',
  '\\a',
  '"',
  'é',
  'É',
  'İ',
  'Ⱥ',
  'ⱥ',
  '😀',
  '\ud83d',
  '\ude00',
  '\n',
  '\u0000',
  'process',
  'file',
  '1',
  '1000',
  '-0.5',
  'null',
  'true',
  'abcabcabc',
  'x'.repeat(40),
];
const FIELDS = ['x', 'y', 'kind', 'sys.n', 'a.b', ''];

const text = fc.array(fc.constantFrom(...TEXTS), { maxLength: 4 }).map((parts) => parts.join(''));
const field = fc.constantFrom(...FIELDS);
const predicate: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    op: fc.constantFrom('equals', 'contains', 'startswith', 'endswith'),
    field: fc.oneof(field, fc.constant(null)),
    text,
    isCased: fc.boolean(),
  }),
  fc.record({
    op: fc.constant('glob' as const),
    field: fc.oneof(field, fc.constant(null)),
    parts: fc
      .array(
        fc.oneof(fc.constantFrom('a', 'b', 'k', '\\', 'é'), fc.constant(1 as const), fc.constant(2 as const)),
        {
          minLength: 1,
          maxLength: 5,
        },
      )
      .map((parts) =>
        parts.filter((part, at) => typeof part !== 'string' || typeof parts[at - 1] !== 'string'),
      ),
    isCased: fc.boolean(),
  }),
  fc.record({
    op: fc.constant('re' as const),
    field: fc.oneof(field, fc.constant(null)),
    source: fc.constantFrom('a+b', '^a', 'k$', '[^a]é', '(ab|bc)c', '\\bab\\b', 'x{20,}', '\\d+'),
    ignoreCase: fc.boolean(),
    multiline: fc.boolean(),
    dotAll: fc.boolean(),
  }),
  fc.record({ op: fc.constantFrom('exists', 'null'), field }),
  fc.record({
    op: fc.constant('compare' as const),
    field,
    by: fc.constantFrom('lt', 'lte', 'gt', 'gte', 'eq'),
    value: fc.constantFrom(0, 1, 1000, -0.5),
  }),
  fc.record({
    op: fc.constant('fieldref' as const),
    field,
    other: field,
    anchor: fc.constantFrom('equals', 'contains', 'startswith', 'endswith'),
    isCased: fc.boolean(),
  }),
  fc.record({ op: fc.constant('cidr' as const), field, network: fc.constant('0.0.0.0/0') }),
) as fc.Arbitrary<Predicate>;
const condition: fc.Arbitrary<Condition> = fc.letrec<{ one: Condition }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    predicate.map((test): Condition => ({ op: 'test', test: folded(test) })),
    fc.record({ op: fc.constantFrom('and', 'or'), of: fc.array(tie('one'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ op: fc.constant('not' as const), of: tie('one') }),
  ) as fc.Arbitrary<Condition>,
})).one;

/** Texts of tests that ignore case come folded from the front end. */
function folded(test: Predicate): Predicate {
  if ((test.op === 'glob' || 'text' in test) && !test.isCased)
    return JSON.parse(JSON.stringify(test).toLowerCase().replace('iscased', 'isCased')) as Predicate;
  return test;
}

const leaf = fc.oneof(
  text.map((one) => JSON.stringify(one)),
  text.map(
    (one) =>
      `"${Array.from({ length: one.length }, (_, at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`,
  ),
  fc.constantFrom(
    '1',
    '-0',
    '1.0',
    '1e3',
    '0.5',
    '-0.50',
    '1E-7',
    '12345678901234567890',
    '1e400',
    'true',
    'false',
    'null',
  ),
  fc.constantFrom(
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    'nul',
    'NaN',
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"',
    '"a',
    "'a'",
    'tru',
  ),
);
const json: fc.Arbitrary<string> = fc.letrec<{ one: string }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: leaf },
    fc.array(tie('one'), { maxLength: 3 }).map((items) => `[${items.join(' ,')}]`),
    fc
      .array(
        fc.tuple(
          fc.constantFrom(
            'x',
            'y',
            'kind',
            'data',
            'sys',
            'n',
            'a',
            'b',
            'a.b',
            'é',
            '__proto__',
            '1',
            '',
            '\\u0078',
          ),
          tie('one'),
        ),
        { maxLength: 6 },
      )
      .map((items) => `{${items.map(([key, value]) => ` "${key}" :${value}`).join(',\t')}}`),
  ),
})).one;

test('generated conditions on generated JSON, with every way to write it wrong', () => {
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 6 }),
      fc.array(json, { minLength: 1, maxLength: 8 }),
      (conditions, lines) => {
        const rules = conditions.map((one, at) =>
          rule(one, [undefined, 'process_creation', 'file_event', 'other'][at % 4]),
        );
        const engine = compileEngine(rules, { recognitions, names });
        const found = differing(engine, rules, lines);
        if (found.length > 0) throw new Error(JSON.stringify(found[0]));
      },
    ),
    { numRuns: 40 },
  );
});

test('a number beyond what a double holds is no null on any road', (t: TestContext) => {
  const rules: DetectionRule[] = [
    rule({ op: 'test', test: { op: 'null', field: 'x' } }),
    rule({ op: 'test', test: { op: 'equals', field: 'x', text: 'infinity', isCased: false } }),
    rule({ op: 'test', test: { op: 'compare', field: 'x', by: 'lt', value: 0 } }),
  ];
  const engine = compileEngine(rules, { recognitions, names });
  // The name that is there twice sends the line over the host.
  const lines = [
    '{"x":1e400}',
    '{"x":1e400,"n":1,"n":2}',
    '{"x":[-1e400,1],"n":1,"n":2}',
    '{"x":1,"x":-1e400}',
  ];
  t.assert.deepEqual(differing(engine, rules, lines), []);
  t.assert.deepEqual(rulesByLine(engine.matchLines(Buffer.from(lines.join('\n')))), [[1], [1], [2], [2]]);
  const event = { logsources: [], fields: { x: [Number.POSITIVE_INFINITY] } };
  t.assert.deepEqual([...engine.match(event).rules], [1]);
});

test('long texts, in which everything is looked for at once', () => {
  const long = fc
    .array(fc.tuple(text, fc.constantFrom('', ' ', 'z'.repeat(700), 'abcdefgh'.repeat(90))), {
      minLength: 3,
      maxLength: 30,
    })
    .map((parts) => parts.flat().join(''));
  fc.assert(
    fc.property(
      fc.array(condition, { minLength: 1, maxLength: 6 }),
      fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.array(fc.oneof(long, text), { maxLength: 2 })), {
        minLength: 1,
        maxLength: 6,
      }),
      (conditions, values) => {
        const rules = conditions.map((one) => rule(one));
        const lines = values.map(([name, list]) => JSON.stringify({ [name]: list, kind: null }));
        const engine = compileEngine(rules, { recognitions, names });
        const found = differing(engine, rules, lines);
        if (found.length > 0) throw new Error(JSON.stringify(found[0]));
      },
    ),
    { numRuns: 60 },
  );
});

test('any bytes: what is JSON is told from what is not, and nothing is read beyond', (t: TestContext) => {
  const rules = [rule({ op: 'test', test: { op: 'contains', field: null, text: 'a', isCased: false } })];
  const engine = compileEngine(rules, { recognitions, names });
  const start = '{"x":"abc\\n\\u00e9","data":{"y":[1,2.5e3,null,true]},"kind":"process"}';
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(start.length - 1), fc.constantFrom(...Array.from('"\\{}[]:,0e-.u \t'))), {
        maxLength: 3,
      }),
      fc.nat(start.length),
      (changes, length) => {
        const line = Array.from(start);
        for (const [at, character] of changes) line[at] = character;
        const found = differing(engine, rules, [line.join(''), line.slice(0, length).join('')]);
        if (found.length > 0) throw new Error(JSON.stringify(found[0]));
      },
    ),
    { numRuns: 400 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => engine.matchLines(bytes).lineCount >= 0),
    { numRuns: 200 },
  );
  t.assert.equal(engine.matchLines(Buffer.from('\n \n{"x":"a"}\n')).lineCount, 3);
});

test('deep, wide and repeated: what is not looked at is said', (t: TestContext) => {
  const rules = [rule({ op: 'test', test: { op: 'equals', field: 'x', text: 'v', isCased: false } })];
  const engine = compileEngine(rules, { recognitions, names });
  const many = (count: number): string => `{"y":[${'1,'.repeat(count)}1],"x":"v"}`;
  const lines = [
    `${'['.repeat(31)}{"x":"v"}${']'.repeat(31)}`,
    `${'['.repeat(40)}{"x":"v"}${']'.repeat(40)}`,
    `{"x":"v","y":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
    many(LEAVES_MAX_WHOLE - 2),
    many(LEAVES_MAX_WHOLE - 1),
    many(LEAVES_MAX_WHOLE),
    '{"x":"v","x":"w"}',
    '{"x":"w","x":"v"}',
    '{"x":{"x":1},"x":"v"}',
    `{${Array.from({ length: 3_000 }, (_, at) => `"name ${at} ${'n'.repeat(900)}":1`).join()},"x":"v"}`,
  ];
  t.assert.deepEqual(differing(engine, rules, lines), []);
  // Names that nobody asks for are forgotten again, and the known ones are still known.
  for (let batch = 0; batch < 6; batch += 1) {
    const fresh = Array.from({ length: 2_000 }, (_, at) => `{"${batch} ${at}":1,"x":"v"}`);
    t.assert.equal(engine.matchLines(Buffer.from(fresh.join('\n'))).line.length, fresh.length);
  }
});

test('a spent budget is told, and matches found by then are kept', (t: TestContext) => {
  const slow = Array.from({ length: 40 }, (_, at) =>
    rule({
      op: 'test',
      test: {
        op: 're',
        field: 'x',
        source: `[a-f]{3}[^${at % 10}]+z${at}`,
        ignoreCase: false,
        multiline: false,
        dotAll: false,
      },
    }),
  );
  const line = Buffer.from(
    JSON.stringify({
      x: `${'abcdef'.repeat(500)}z${Array.from({ length: 40 }, (_, at) => `z${at}`).join('')}`,
    }),
  );
  const rich = compileEngine(slow, { recognitions, budget: { perEvent: 1_000_000_000, perByte: 0 } });
  const poor = compileEngine(slow, { recognitions, budget: { perEvent: 20_000, perByte: 0 } });
  const whole = rich.matchLines(line);
  t.assert.equal(whole.incomplete.length, 0);
  const part = poor.matchLines(line);
  t.assert.deepEqual([...part.incomplete], [0]);
  t.assert.ok(
    part.rule.length < whole.rule.length && [...part.rule].every((one) => whole.rule.includes(one)),
  );
});

test('what stands for an engine without rules says what one says', (t: TestContext) => {
  const engine = compileEngine([], { recognitions });
  for (const isWhole of [undefined, true, false]) {
    const event = {
      logsources: [{}],
      fields: { 'user.name': 'eve' },
      ...(isWhole === undefined ? {} : { isWhole }),
    };
    t.assert.deepEqual(matchesNothing(event), engine.match(event));
  }
});

test('tables made elsewhere make the same engine', (t: TestContext) => {
  const rules = [rule({ op: 'test', test: { op: 'contains', field: 'x', text: 'needle', isCased: false } })];
  const lines = Buffer.from('{"x":"a NEEDLE"}\n{"x":"none"}\n');
  const tables = compileTables(rules, { recognitions, sample: lines });
  const copy = structuredClone(tables);
  for (const engine of [Engine.fromTables(tables), Engine.fromTables(copy)])
    t.assert.deepEqual(rulesByLine(engine.matchLines(lines)), [[0], []]);
});
