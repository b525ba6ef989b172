import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { HostFirewallPolicy, type PolicyInput } from '../policy.ts';
import { findingsOf } from './analysis.ts';
import { type Axis, intersectAxis, subtractAxis } from './space.ts';

test('axes subtract and intersect as sets of numbers do', () => {
  const axis = fc
    .uniqueArray(fc.nat(30), { maxLength: 12 })
    .map((numbers): Axis => numbers.sort((a, b) => a - b).map((n) => ({ low: BigInt(n), high: BigInt(n) })));
  const numbers = (some: Axis): string =>
    some
      .flatMap(({ low, high }) => Array.from({ length: Number(high - low) + 1 }, (_, i) => Number(low) + i))
      .join();
  fc.assert(
    fc.property(axis, axis, fc.nat(10), (a, b, widen) => {
      const wide = a.length === 0 ? a : [{ low: a[0]?.low ?? 0n, high: (a[0]?.low ?? 0n) + BigInt(widen) }];
      const [left, right] = [new Set(numbers(wide).split(',')), new Set(numbers(b).split(','))];
      const kept = [...left].filter((n) => n !== '' && !right.has(n)).join();
      const common = [...left].filter((n) => n !== '' && right.has(n)).join();
      return numbers(subtractAxis(wide, b)) === kept && numbers(intersectAxis(wide, b)) === common;
    }),
  );
});

const rule = (id: string, action: string, more: object = {}): never =>
  ({ id, direction: 'in', action, ...more }) as never;
const kinds = (input: PolicyInput): string[] =>
  findingsOf(HostFirewallPolicy.parse(input)).map(({ kind, rule: id }) => `${id} ${kind}`);

test('several rules together shadow one that none of them shadows alone', (t: TestContext) => {
  const rules = [
    rule('low', 'deny', { source: ['0.0.0.0/1'] }),
    rule('high', 'deny', { source: ['128.0.0.0/1'] }),
    rule('four', 'allow', { family: 4, protocol: 'tcp' }),
  ];
  t.assert.deepEqual(kinds({ rules, defaultAction: { in: 'deny' } }), ['four shadowed']);
});

test('rules that overlap in part and disagree are in conflict, exceptions are not', (t: TestContext) => {
  const a = rule('a', 'deny', { protocol: 'tcp', source: ['10.0.0.0/8'] });
  const b = rule('b', 'allow', { protocol: 'tcp', destinationPorts: [22] });
  const exception = rule('b', 'allow', { protocol: 'tcp' });
  const policy = { defaultAction: { in: 'deny' } } as const;
  t.assert.ok(kinds({ ...policy, rules: [a, b] }).includes('b conflicting'));
  t.assert.ok(!kinds({ ...policy, rules: [a, exception] }).includes('b conflicting'));
});

test('a rule that lets everything of a family through is said to', (t: TestContext) => {
  t.assert.deepEqual(
    kinds({ rules: [rule('open', 'allow', { source: ['0.0.0.0/0'] })], defaultAction: { in: 'deny' } }),
    ['open any-any'],
  );
});
