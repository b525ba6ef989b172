import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { type CompiledRegex, compileRegex } from './regex.ts';

function compiled(source: string): CompiledRegex {
  const regex = compileRegex(source);
  if ('refused' in regex) throw new Error(`${source}: ${regex.refused}`);
  return regex;
}

const FRAGMENTS = [
  'a',
  'b',
  'k',
  's',
  'S',
  '.',
  '\\d',
  '\\w',
  '\\W',
  '\\s',
  '\\b',
  '\\B',
  '^',
  '$',
  '[ab]',
  '[^a\\n]',
  '[a-k]',
  '[\\W_]',
  '(?i)',
  '(?i:',
  '(',
  '(?:',
  ')',
  '|',
  '*',
  '+',
  '?',
  '{2}',
  '{0,2}',
  '{1,}',
  '*?',
  '+?',
  '(?s)',
  '(?m)',
  '\\x41',
  'é',
  'É',
  '[à-ö]',
  '\\p{Lu}',
  '\\pL',
  '[[:alpha:]]',
  '[[:^digit:]]',
  '\\A',
  '\\z',
  '\\.',
  '-',
  '\\Qa.b\\E',
  '\\n',
  'ſ',
  '[^\\w]',
  '(?-i)',
  '1',
  '_',
  ' ',
  '\\x{1F600}',
  '(?P<n>',
];
const CHARACTERS = [
  'a',
  'b',
  'k',
  'K',
  's',
  'S',
  'ſ',
  '\u212a',
  'é',
  'É',
  '\n',
  '1',
  '_',
  ' ',
  '.',
  '-',
  'A',
  '😀',
  'z',
];

test('RE2 (re2js) says the same of generated expressions and texts', () => {
  const source = fc
    .array(fc.constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 9 })
    .map((all) => all.join(''));
  const text = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 12 }).map((all) => all.join(''));
  fc.assert(
    fc.property(source, fc.array(text, { minLength: 4, maxLength: 4 }), (pattern, texts) => {
      const own = compileRegex(pattern);
      if ('refused' in own) return true;
      const re2 = RE2JS.compile(pattern);
      return texts.every((one) => {
        const bytes = Buffer.from(one);
        const wanted = re2.matcher(one).find();
        return own.matches(one) === wanted && own.matchesBytes(bytes, 0, bytes.length) === wanted;
      });
    }),
    { numRuns: 600 },
  );
});

test('what RE2 does not have is refused with the reason', (t: TestContext) => {
  const refused = [
    'a(?=b)',
    '(?<!a)b',
    '(a)\\1',
    'a++',
    'a**',
    '(?>a)',
    '(',
    ')',
    '[a',
    'a{1001}',
    '\\y',
    '[[:wat:]]',
    '\\p{Nonsense}',
    '[b-a]',
    '(?i',
  ];
  for (const source of refused) t.assert.ok('refused' in compileRegex(source), source);
  const large = compileRegex('((a{100}){100}){100}');
  t.assert.match('refused' in large ? large.refused : '', /too large/);
});

test('work grows with the text, not with its square', (t: TestContext) => {
  const baits = [
    '\\w+`(\\w+|-|.)`[\\w+|\\s]',
    '(a*)*b',
    '(x+x+)+y',
    '.*.*.*=.*',
    '[a-z]{1,60}[a-z]{1,60}\\d',
    '(.{1,64}a){3}z',
  ];
  for (const source of baits) {
    const regex = compiled(source);
    const work = [2_000, 16_000].map((length) => {
      regex.matches('ax`a '.repeat(length / 5));
      return regex.takeWork() / length;
    });
    t.assert.ok((work[1] ?? 0) < 3 * (work[0] ?? 0) + 50, `${source}: ${work.join(' then ')} per character`);
  }
});

test('runs are counted, not simulated', (t: TestContext) => {
  for (const [source, text, wanted] of [
    ['.{5,}', 'ab\ncdef', false],
    ['.{4,}', 'ab\ncdéf', true],
    ['[^/]{3,}$', '/ab/cde', true],
    ['[^/]{3,}$', 'cde/ab', false],
    ['(.){2,3}', 'a', false],
    ['(😀){2}', '😀😀', true],
  ] as const) {
    t.assert.equal(compiled(source).matches(text), wanted, source);
    t.assert.equal(RE2JS.compile(source).matcher(text).find(), wanted, source);
  }
  const long = compiled('.{1000,}');
  long.matches('x'.repeat(8_000));
  t.assert.ok(long.takeWork() < 100_000);
});

test('texts that must be there are there', () => {
  const source = fc
    .array(fc.constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 8 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(
      source,
      fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 10 }),
      (pattern, characters) => {
        const regex = compileRegex(pattern);
        const text = characters.join('');
        if ('refused' in regex || !regex.matches(text)) return true;
        const folded = Array.from(text)
          .map((one) => (one.toLowerCase().length === one.length ? one.toLowerCase() : one))
          .join('');
        return (
          regex.required.texts.every((list) => list.some((one) => folded.includes(one))) &&
          characters.length >= regex.required.lengthMin
        );
      },
    ),
    { numRuns: 400 },
  );
});
