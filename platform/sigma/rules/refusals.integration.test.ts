import { test } from 'node:test';
import fc from 'fast-check';
import type { RefusalCode } from './refusal.ts';
import { loadRules } from './rules.ts';

const HEAD = 'title: T\nlogsource:\n    product: windows\n';

/** Searches and condition → why it is refused, and on which line of the whole rule (the detection is on 4). */
const DETECTIONS: readonly (readonly [string, RefusalCode, number])[] = [
  ['s: { A|nope: x }\ncondition: s', 'modifier-unknown', 5],
  ['s: { A|: x }\ncondition: s', 'modifier-unknown', 5],
  ['s: { A|re|contains: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|contains|re: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|i: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|re|cased: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|re: 5 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|cidr|contains: 10.0.0.0/8 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|contains|cidr: 10.0.0.0/8 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|cidr|neq: 10.0.0.0/8 }\ncondition: s', 'modifier-illegal', 5],
  ['s:\n    A|cidr:\n        - 10.0.0.0/8\n        - 10.0.0.1/8\ncondition: s', 'value-illegal', 8],
  ['s: { A|cidr: 10.* }\ncondition: s', 'value-illegal', 5],
  ['s: { A|cidr: 10.0.0.0/33 }\ncondition: s', 'value-illegal', 5],
  ["s: { A|lt: '5' }\ncondition: s", 'modifier-illegal', 5],
  ['s: { A|lt|gt: 5 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|gt|hour: 5 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|hour|minute: 5 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|hour: 24 }\ncondition: s', 'value-illegal', 5],
  ['s: { A|month: 0 }\ncondition: s', 'value-illegal', 5],
  ["s: { A|hour: '5' }\ncondition: s", 'modifier-illegal', 5],
  ["s: { A|exists: 'true' }\ncondition: s", 'modifier-illegal', 5],
  ['s: { A|exists: [true, false] }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|exists|neq: true }\ncondition: s', 'modifier-illegal', 5],
  ["s: { A|fieldref: 'B*' }\ncondition: s", 'modifier-illegal', 5],
  ['s: { A|contains|fieldref: B }\ncondition: s', 'modifier-illegal', 5],
  ["s: { A|base64: 'x*' }\ncondition: s", 'modifier-illegal', 5],
  ['s: { A|contains|base64: x }\ncondition: s', 'modifier-illegal', 5],
  ["s: { A|base64: '' }\ncondition: s", 'modifier-illegal', 5],
  ['s: { A|base64: 5 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|base64offset|contains: x }\ncondition: s', 'value-illegal', 5],
  ['s: { A|base64|windash: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|wide|expand: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|wide|utf16: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|utf16: x }\ncondition: s', 'value-illegal', 5],
  ['s: { A|wide: ä }\ncondition: s', 'value-illegal', 5],
  ['s: { A|windash: 5 }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|contains|all: x }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|contains: null }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A|contains: [] }\ncondition: s', 'value-illegal', 5],
  ['s: { A|neq: null }\ncondition: s', 'modifier-illegal', 5],
  ['s: { A: { B: x } }\ncondition: s', 'wrong-type', 5],
  ['s: { A: [x, [y]] }\ncondition: s', 'wrong-type', 5],
  ['s: { A: .nan }\ncondition: s', 'wrong-type', 5],
  ['s: { [a]: x }\ncondition: s', 'wrong-type', 5],
  ['s: {}\ncondition: s', 'empty-selection', 5],
  ['s: []\ncondition: s', 'empty-selection', 5],
  ['condition: s', 'empty-selection', 5],
  ['s: [null]\ncondition: s', 'modifier-illegal', 5],
  ["s: ['']\ncondition: s", 'value-illegal', 5],
  ["s: { '|cidr': 10.0.0.0/8 }\ncondition: s", 'modifier-illegal', 5],
  ["s: { '|exists': true }\ncondition: s", 'modifier-illegal', 5],
  ["s: { '|fieldref': A }\ncondition: s", 'modifier-illegal', 5],
  ["s: { A|expand: '%nobody%' }\ncondition: s", 'placeholder-unknown', 5],
  ["s: { A|re: '(?=x)' }\ncondition: s", 'regex-refused', 5],
  ["s: { A|re: '(?<!x)y' }\ncondition: s", 'regex-refused', 5],
  ["s: { A|re: '(a)\\1' }\ncondition: s", 'regex-refused', 5],
  ["s: { A|re: 'a(b' }\ncondition: s", 'regex-refused', 5],
  ["s: { A|re: '[a' }\ncondition: s", 'regex-refused', 5],
  ["s: { A|re: '*a' }\ncondition: s", 'regex-refused', 5],
  ['s: { A: x }', 'missing-condition', 5],
  ['s: { A: x }\ncondition: []', 'missing-condition', 6],
  ['s: { A: x }\ncondition: { a: b }', 'wrong-type', 6],
  ['s: { A: x }\ncondition: t', 'condition-undefined', 6],
  ['s: { A: x }\ncondition: 1 of t*', 'condition-undefined', 6],
  ['_s: { A: x }\ncondition: 1 of them', 'condition-undefined', 6],
  ['s: { A: x }\ncondition: 2 of them', 'condition-syntax', 6],
  ['s: { A: x }\ncondition: s and', 'condition-syntax', 6],
  ['s: { A: x }\ncondition: s s', 'condition-syntax', 6],
  ['s: { A: x }\ncondition: (s', 'condition-syntax', 6],
  ['s: { A: x }\ncondition: s)', 'condition-syntax', 6],
  ['s: { A: x }\ncondition: not', 'condition-syntax', 6],
  ["s: { A: x }\ncondition: ''", 'condition-syntax', 6],
  ['s: { A: x }\ncondition: s | count() by B > 5', 'condition-aggregation', 6],
  ['s: { A: x }\ntimeframe: 5m\ncondition: s', 'condition-aggregation', 6],
];

function refusalOf(text: string): { readonly code: string; readonly line: number } {
  const { detections, refused } = loadRules([{ file: 'a.yml', text }]);
  const [first] = refused;
  return { code: detections.length > 0 ? 'loaded' : (first?.code ?? 'nothing'), line: first?.line ?? 0 };
}

for (const [detection, code, line] of DETECTIONS) {
  test(`refused, ${code}: ${detection.replaceAll('\n', ' / ')}`, (t) => {
    t.assert.deepEqual(refusalOf(`${HEAD}detection:\n${detection.replace(/^/gm, '    ')}`), { code, line });
  });
}

const DETECTION = 'detection: { s: { A: x }, condition: s }';

/** Whole texts. */
const RULES: readonly (readonly [string, RefusalCode, number])[] = [
  ['', 'not-a-rule', 1],
  ['# nothing', 'not-a-rule', 1],
  ['- a\n- b', 'not-a-rule', 1],
  ['just text', 'not-a-rule', 1],
  ['title: [', 'yaml-invalid', 1],
  [`title: T\ntitle: T`, 'yaml-invalid', 2],
  [`logsource: { product: x }\n${DETECTION}`, 'missing-title', 1],
  [`title: ''\nlogsource: { product: x }\n${DETECTION}`, 'missing-title', 1],
  [`title: ['a']\nlogsource: { product: x }\n${DETECTION}`, 'wrong-type', 1],
  [`title: T\n${DETECTION}`, 'missing-logsource', 1],
  [`title: T\nlogsource: { definition: x }\n${DETECTION}`, 'missing-logsource', 2],
  [`title: T\nlogsource: windows\n${DETECTION}`, 'wrong-type', 2],
  [`title: T\nlogsource: { product: [x] }\n${DETECTION}`, 'wrong-type', 2],
  [HEAD, 'missing-detection', 1],
  [`${HEAD}detection: x`, 'wrong-type', 4],
  [`${HEAD}${DETECTION}\nlevel: severe`, 'value-illegal', 5],
  [`${HEAD}${DETECTION}\nstatus: good`, 'value-illegal', 5],
  [`${HEAD}${DETECTION}\ntags: { a: b }`, 'wrong-type', 5],
  [`${HEAD}${DETECTION}\ntaxonomy: mine`, 'taxonomy-unknown', 5],
  [`${HEAD}${DETECTION}\nfilter: {}`, 'not-a-rule', 1],
  [`${HEAD}${DETECTION}\naction: explode`, 'collection-action', 5],
  [`${HEAD}${DETECTION}\naction: repeat`, 'collection-action', 1],
  [`${HEAD}${DETECTION}\n<<: { a: b }`, 'yaml-invalid', 5],
  [`${HEAD}${DETECTION}\nx: *nowhere`, 'yaml-invalid', 5],
  [`title: ${'x'.repeat(257)}\nlogsource: { product: x }\n${DETECTION}`, 'too-large', 1],
  ['['.repeat(10_000), 'yaml-invalid', 1],
  [`${HEAD}x: ${'['.repeat(40)}${']'.repeat(40)}`, 'too-large', 4],
  [`a: ${'x'.repeat(600_000)}`, 'too-large', 1],
];

for (const [text, code, line] of RULES) {
  test(`refused, ${code}: ${text.slice(0, 60).replaceAll('\n', ' / ')}`, (t) => {
    t.assert.deepEqual(refusalOf(text), { code, line });
  });
}

test('a reason names the placeholder that is missing', (t) => {
  const text = `${HEAD}detection: { s: { A|expand: '%Admins%' }, condition: s }`;
  t.assert.match(loadRules([{ file: 'a.yml', text }]).refused[0]?.because ?? '', /"%Admins%"/);
});

test('whatever the text, every document is loaded or refused and nothing is thrown', () => {
  const word = fc.constantFrom(
    'title',
    'logsource',
    'detection',
    'condition',
    'filter',
    'correlation',
    'action',
    'global',
    'repeat',
    's',
    'A|contains|all',
    'A|re',
    'A|expand',
    'A|windash',
    '|all',
    '<<',
    '__proto__',
    '%x%',
    '1 of s*',
    'not s',
    '&a',
    '*a',
    '!!binary',
    '!!set',
    '%YAML 1.1',
    '---',
    '...',
    '? ',
    '|',
    '>',
    "'",
    '"',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    ',',
    '#',
    '\n',
    '\n  ',
    '\n    ',
    '\t',
    '\0',
    '\ud800',
    '\ufeff',
    '\r\n',
    '5',
    '.nan',
    '~',
    'true',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
    fc
      .array(word, { maxLength: 12 })
      .map((words) => `${HEAD}detection:\n  s: ${words.join('')}\n  condition: s`),
    fc.json().map((json) => `${HEAD}detection:\n  s: ${json}\n  condition: s`),
  );
  fc.assert(
    fc.property(text, (text) => {
      const { detections, filters, correlations, refused } = loadRules([{ file: 'a.yml', text }]);
      return (
        detections.length + filters.length + correlations.length + refused.length > 0 &&
        refused.every(({ line, because }) => line >= 1 && because.length > 0)
      );
    }),
    { numRuns: 150 },
  );
});
