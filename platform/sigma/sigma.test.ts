import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { compileRule } from './sigma.ts';

const rule = (detection: string, level = 'high'): string => `
title: t
id: 3f6a3c5e-51c6-4f6c-9f0c-0a4a1f1b8d11
logsource: { product: linux, category: file_event }
level: ${level}
detection:
${detection}`;

const matches = (detection: string, event: Record<string, unknown>): boolean =>
  compileRule(rule(detection), 'r.yml').matches(event);

const CASES: readonly (readonly [string, string, Record<string, unknown>, boolean])[] = [
  [
    'equality ignores case',
    '  s: { file.path: /ETC/passwd }\n  condition: s',
    { file: { path: '/etc/PASSWD' } },
    true,
  ],
  [
    'cased does not',
    '  s: { file.path|cased: /ETC/passwd }\n  condition: s',
    { file: { path: '/etc/passwd' } },
    false,
  ],
  ['contains', '  s: { file.path|contains: ssh }\n  condition: s', { file: { path: '/root/.ssh/x' } }, true],
  [
    'contains and all',
    '  s: { file.path|contains|all: [root, ssh] }\n  condition: s',
    { file: { path: '/home/.ssh' } },
    false,
  ],
  [
    'startswith',
    '  s: { file.path|startswith: /etc/ }\n  condition: s',
    { file: { path: '/x/etc/' } },
    false,
  ],
  ['endswith', '  s: { file.path|endswith: .conf }\n  condition: s', { file: { path: '/etc/a.conf' } }, true],
  [
    'a wildcard',
    '  s: { file.path: /etc/*.conf }\n  condition: s',
    { file: { path: '/etc/ld/a.conf' } },
    true,
  ],
  [
    'an escaped wildcard is itself',
    '  s: { file.path: "/a\\\\*" }\n  condition: s',
    { file: { path: '/ab' } },
    false,
  ],
  [
    'a question mark is one character',
    '  s: { file.name: a?c }\n  condition: s',
    { file: { name: 'ac' } },
    false,
  ],
  ['null is absence', '  s: { actor.process: null }\n  condition: s', { actor: {} }, true],
  [
    'not',
    '  s: { file.name: a }\n  f: { file.name: a }\n  condition: s and not f',
    { file: { name: 'a' } },
    false,
  ],
  ['1 of', '  s_1: { x: a }\n  s_2: { x: b }\n  condition: 1 of s_*', { x: 'b' }, true],
  ['all of them', '  s_1: { x: a }\n  s_2: { y: b }\n  condition: all of them', { x: 'a', y: 'c' }, false],
  [
    'lists of maps are alternatives',
    '  s:\n    - { x: a }\n    - { y: b }\n  condition: s',
    { y: 'b' },
    true,
  ],
  ['lists in events', '  s: { tags: b }\n  condition: s', { tags: ['a', 'b'] }, true],
  ['numbers', '  s: { activity_id: [3, 4] }\n  condition: s', { activity_id: 4 }, true],
  ['greater than', '  s: { size|gt: 10 }\n  condition: s', { size: 10 }, false],
  ['cidr', '  s: { ip|cidr: 10.0.0.0/8 }\n  condition: s', { ip: '10.255.1.2' }, true],
];
for (const [name, detection, event, expected] of CASES) {
  test(name, (t: TestContext) => t.assert.equal(matches(detection, event), expected));
}

for (const [name, detection] of [
  ['a regular expression', '  s: { x|re: .* }\n  condition: s'],
  ['a keyword', '  s: [word]\n  condition: s'],
  ['a search that is not defined', '  s: { x: a }\n  condition: s and t'],
  ['a condition that ends early', '  s: { x: a }\n  condition: s and'],
] as const) {
  test(`${name} is refused with a reason`, (t: TestContext) =>
    t.assert.throws(() => compileRule(rule(detection), 'r.yml'), { code: 'SIGMA_RULE_REFUSED' }));
}

test('a wildcard pattern agrees with a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (glob, value) => {
      const expected = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(value);
      return matches(`  s: { x: ${JSON.stringify(glob)} }\n  condition: s`, { x: value }) === expected;
    }),
    { numRuns: 2_000 },
  );
});
