import { BlockList } from 'node:net';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { compileRule, type SigmaRule } from './sigma.ts';

type Event = Readonly<Record<string, unknown>>;

const rule = (detection: string, logsource = '{ product: linux, category: file_activity }'): SigmaRule =>
  compileRule(
    `
title: t
id: 3f6a3c5e-51c6-4f6c-9f0c-0a4a1f1b8d11
logsource: ${logsource}
detection:
${detection}`,
    'r.yml',
  );
const change = (members: Event): Event => ({ class_uid: 1_001, activity_id: 3, ...members });
const matches = (detection: string, event: Event): boolean => rule(detection).matches(change(event));
const path = (value: unknown): Event => ({ file: { path: value } });
const only = (line: string): string => `  s: { ${line} }\n  condition: s`;

const CASES: readonly (readonly [string, string, Event, boolean])[] = [
  ['equality ignores case', only('file.path: /ETC/passwd'), path('/etc/PASSWD'), true],
  ['cased does not', only('file.path|cased: /ETC/passwd'), path('/etc/passwd'), false],
  ['cased goes with an anchor', only('file.path|cased|contains: SSH'), path('/root/.SSH/x'), true],
  ['contains', only('file.path|contains: ssh'), path('/root/.ssh/x'), true],
  ['contains and all', only('file.path|contains|all: [root, ssh]'), path('/home/.ssh'), false],
  ['all in any order', only('file.path|contains|all: [ssh, root]'), path('/root/.ssh'), true],
  ['startswith', only('file.path|startswith: /etc/'), path('/x/etc/'), false],
  ['endswith', only('file.path|endswith: .conf'), path('/etc/a.conf'), true],
  ['endswith is not contains', only('file.path|endswith: .conf'), path('/etc/a.conf.d'), false],
  ['a wildcard', only('file.path: /etc/*.conf'), path('/etc/ld/a.conf'), true],
  ['a wildcard with an anchor', only('file.path|startswith: "/home/*/.ssh"'), path('/home/a/.ssh/x'), true],
  ['an escaped wildcard is itself', only('file.path: "/a\\\\*"'), path('/a*'), true],
  ['an escaped wildcard is only itself', only('file.path: "/a\\\\*"'), path('/ab'), false],
  ['a backslash before a letter is a backslash', only("file.path: 'C:\\a'"), path('c:\\A'), true],
  ['a question mark is one character', only('file.path: a?c'), path('ac'), false],
  ['null is absence', only('actor.process: null'), { actor: {} }, true],
  ['null is not presence', only('actor.process: null'), { actor: { process: {} } }, false],
  ['an empty text is an empty text', only("file.path: ''"), path(''), true],
  ['an empty text is not absence', only("file.path: ''"), { file: {} }, false],
  ['exists', only('file.path|exists: true'), path(''), true],
  ['exists not', only('file.path|exists: false'), path('x'), false],
  ['a list of values', only('file.path: [a, b]'), path('b'), true],
  ['all lines of a map', only('file.path: a, file.name: b'), { file: { path: 'a', name: 'c' } }, false],
  [
    'lists of maps',
    '  s:\n    - { file.path: a }\n    - { file.name: b }\n  condition: s',
    { file: { name: 'b' } },
    true,
  ],
  ['lists in events', only('metadata.labels: b'), { metadata: { labels: ['a', 'b'] } }, true],
  [
    'lists of objects',
    only('file.hashes.value: bb'),
    { file: { hashes: [{ value: 'aa' }, { value: 'bb' }] } },
    true,
  ],
  ['numbers', only('activity_id: [3, 4]'), { activity_id: 4 }, true],
  ['a number written as text', only("activity_id: '3'"), { activity_id: 3 }, true],
  ['true', only('is_alert: true'), { is_alert: true }, true],
  ['greater than', only('file.size|gt: 10'), { file: { size: 10 } }, false],
  ['greater or equal', only('file.size|gte: 10'), { file: { size: 10 } }, true],
  ['a comparison with text', only('file.size|lt: 10'), { file: { size: '5' } }, false],
  ['cidr', only('device.ip|cidr: 10.0.0.0/8'), { device: { ip: '10.255.1.2' } }, true],
  ['cidr of the other family', only('device.ip|cidr: 0.0.0.0/0'), { device: { ip: '::1' } }, false],
  [
    'not',
    '  s: { file.name: a }\n  f: { file.path: a }\n  condition: s and not f',
    { file: { name: 'a', path: 'a' } },
    false,
  ],
  [
    '1 of',
    '  s_1: { file.name: a }\n  s_2: { file.name: b }\n  condition: 1 of s_*',
    { file: { name: 'b' } },
    true,
  ],
  [
    'all of them',
    '  s_1: { file.name: a }\n  s_2: { file.path: b }\n  condition: all of them',
    { file: { name: 'a' } },
    false,
  ],
  [
    'them leaves out what starts with _',
    '  s: { file.name: a }\n  _o: { file.path: b }\n  condition: all of them',
    { file: { name: 'a' } },
    true,
  ],
  [
    'and binds closer than or',
    '  a: { file.name: a }\n  b: { file.name: b }\n  c: { file.name: c }\n  condition: a or b and c',
    { file: { name: 'a' } },
    true,
  ],
  [
    'parentheses',
    '  a: { file.name: a }\n  b: { file.name: b }\n  c: { file.name: c }\n  condition: (a or b) and c',
    { file: { name: 'a' } },
    false,
  ],
  ['what an event inherits is not in it', only('unmapped.constructor|exists: true'), { unmapped: {} }, false],
];
for (const [name, detection, event, expected] of CASES) {
  test(name, (t: TestContext) => t.assert.equal(matches(detection, event), expected));
}

for (const [name, detection, because, logsource] of [
  ['a regular expression', only('file.path|re: .*'), /modifier "re"/],
  ['a modifier nobody defined', only('file.path|contians: a'), /contians/],
  ['a modifier twice', only('file.path|contains|contains: a'), /twice/],
  ['two anchors', only('file.path|contains|endswith: a'), /cannot be combined/],
  ['exists without a verdict', only('file.path|exists: maybe'), /true or false/],
  ['contains nothing', only("file.path|contains: ''"), /matches everything/],
  ['contains null', only('file.path|contains: null'), /means nothing/],
  ['a value that is a map', only('file.path: { a: b }'), /value must be/],
  ['no values', only('file.path: []'), /matches nothing/],
  ['a network that is none', only('device.ip|cidr: 10.0.0.0/33'), /not a network/],
  ['a comparison with text', only('file.size|gt: many'), /needs a number/],
  ['a keyword', '  s: [word]\n  condition: s', /keyword/],
  ['a field that OCSF does not have', only('file.paht: a'), /could never match/],
  ['a field of another class', only('finding_info.uid: a'), /could never match/],
  ['a field that is no path', only('"file path": a'), /not a path/],
  ['a search that is not defined', '  s: { file.path: a }\n  condition: s and t', /"t"/],
  ['a pattern that names no search', '  s: { file.path: a }\n  condition: 1 of x*', /names no search/],
  ['a condition that ends early', '  s: { file.path: a }\n  condition: s and', /too early/],
  ['an aggregation', '  s: { file.path: a }\n  condition: s | count() > 5', /not understood/],
  ['a time frame', '  s: { file.path: a }\n  timeframe: 5m\n  condition: s', /timeframe/],
  ['two lines with one key', '  s: { file.path: a, file.path: b }\n  condition: s', /unique/],
  ['an alias', '  s: &a { file.path: a }\n  t: *a\n  condition: s', /alias/i],
  [
    'a log source nobody sends',
    only('file.path: a'),
    /product "windows"/,
    '{ product: windows, category: file_event }',
  ],
  ['a category without a class', only('file.path: a'), /category "dns"/, '{ category: dns }'],
  ['a service nobody is', only('file.path: a'), /service/, '{ category: file_event, service: auditd }'],
] as const) {
  test(`refused with a reason: ${name}`, (t: TestContext) =>
    t.assert.throws(() => rule(detection, logsource), { code: 'SIGMA_RULE_REFUSED', message: because }));
}

test('a category of Sigma looks at the activities it means', (t: TestContext) => {
  const deleted = rule(only('file.path: a'), '{ category: file_delete }');
  t.assert.equal(deleted.matches({ ...change(path('a')), activity_id: 4 }), true);
  t.assert.equal(deleted.matches(change(path('a'))), false);
  t.assert.equal(deleted.matches({ ...change(path('a')), class_uid: 2_004, activity_id: 4 }), false);
});

test('a rule that names the activities itself is taken at its word', (t: TestContext) => {
  const deleted = rule(only('file.path: a, activity_id: [1, 4]'), '{ category: file_event }');
  t.assert.equal(deleted.matches({ ...change(path('a')), activity_id: 4 }), true);
  t.assert.equal(deleted.matches(change(path('a'))), false);
});

test('what matched is told, what was excluded is not', (t: TestContext) => {
  const compiled = rule('  a: { file.path: /etc/* }\n  n: { file.name: x }\n  condition: a and not n');
  t.assert.deepEqual(compiled.explain(change(path('/etc/passwd'))), [
    { field: 'file.path', value: '/etc/passwd' },
  ]);
  t.assert.deepEqual(compiled.explain(change(path('/usr'))), []);
});

test('a wildcard pattern agrees with a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (glob, value) => {
      const expected = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(value);
      return matches(only(`file.path: ${JSON.stringify(glob)}`), path(value)) === expected;
    }),
    { numRuns: 2_000 },
  );
});

test('a text, escaped, is found as itself and by its parts', () => {
  const escaped = (text: string): string => JSON.stringify(text.replaceAll(/[\\*?]/g, String.raw`\$&`));
  const piece = fc.string({
    unit: fc.constantFrom('a', 'É', 'ß', '\\', '*', '?', '"', "'", '🙂', ' '),
    minLength: 1,
  });
  fc.assert(
    fc.property(piece, piece, piece, (before, middle, after) => {
      const event = path(before + middle + after);
      return (
        matches(only(`file.path|startswith: ${escaped(before)}`), event) &&
        matches(only(`file.path|contains: ${escaped(middle)}`), event) &&
        matches(only(`file.path|endswith: ${escaped(after)}`), event) &&
        matches(only(`file.path: ${escaped(before + middle + after)}`), event)
      );
    }),
  );
});

interface Formula {
  readonly text: string;
  readonly holds: (names: ReadonlySet<string>) => boolean;
}

test('a condition means what its logic means', () => {
  const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
    formula: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc
        .constantFrom('a', 'b', 'c')
        .map((name): Formula => ({ text: name, holds: (names) => names.has(name) })),
      tie('formula').map((of): Formula => ({ text: `not (${of.text})`, holds: (names) => !of.holds(names) })),
      fc.tuple(tie('formula'), tie('formula')).map(
        ([left, right]): Formula => ({
          text: `(${left.text}) and (${right.text})`,
          holds: (names) => left.holds(names) && right.holds(names),
        }),
      ),
      fc.tuple(tie('formula'), tie('formula')).map(
        ([left, right]): Formula => ({
          text: `(${left.text} or ${right.text})`,
          holds: (names) => left.holds(names) || right.holds(names),
        }),
      ),
    ),
  }));
  fc.assert(
    fc.property(formula, fc.subarray(['a', 'b', 'c']), ({ text, holds }, present) => {
      const searches = ['a', 'b', 'c'].map((name) => `  ${name}: { metadata.labels: ${name} }\n`).join('');
      const compiled = rule(`${searches}  condition: ${text}`);
      return compiled.matches(change({ metadata: { labels: present } })) === holds(new Set(present));
    }),
  );
});

test('networks agree with those of Node', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  fc.assert(
    fc.property(address, fc.nat(128), address, (network, bits, tried) => {
      const family = network.includes(':') ? 'ipv6' : 'ipv4';
      const length = family === 'ipv4' ? Math.min(bits, 32) : bits;
      const list = new BlockList();
      list.addSubnet(network, length, family);
      const triedFamily = tried.includes(':') ? 'ipv6' : 'ipv4';
      // Node takes an IPv4 address for the same as its IPv6 form; Sigma's networks are of one family.
      const isExpected = family === triedFamily && list.check(tried, triedFamily);
      return (
        matches(only(`device.ip|cidr: "${network}/${length}"`), { device: { ip: tried } }) === isExpected &&
        matches(only(`device.ip|cidr: "${network}/${length}"`), { device: { ip: network } })
      );
    }),
  );
});

test('a pattern and a text that fit badly take no longer than their lengths', (t: TestContext) => {
  const compiled = rule(only(`file.path: "${'*a'.repeat(200)}b"`));
  const startedAt = performance.now();
  t.assert.equal(compiled.matches(change(path('a'.repeat(20_000)))), false);
  t.assert.ok(performance.now() - startedAt < 2_000);
});

test('any text gives a rule or a reason', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        compileRule(text, 'x.yml');
        return true;
      } catch (error) {
        return (error as { readonly code?: string }).code === 'SIGMA_RULE_REFUSED';
      }
    }),
  );
});
