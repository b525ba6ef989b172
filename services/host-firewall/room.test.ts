/** The README is what people copy from: its policies are policies, and what it says of them is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { findingsOf } from './analysis/analysis.ts';
import { compile } from './compile/compile.ts';
import { inherit, type PolicyPatch } from './inherit.ts';
import { verdictOf } from './oracle/oracle.ts';
import { contextsOf, HostFirewallPolicy, LIST_ELEMENTS_MAX, RULES_MAX } from './policy.ts';

const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
const [web, patch] = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, text]) => parse(text ?? '') as PolicyPatch,
);

test('the first policy of the README does what is said of it', (t: TestContext) => {
  const policy = HostFirewallPolicy.parse(web);
  const packet = {
    atMs: 0,
    bytes: 60,
    direction: 'in' as const,
    family: 4 as const,
    source: '203.0.113.9',
    destination: '10.0.0.2',
    protocol: 6,
    sourcePort: 40_000,
    destinationPort: 22,
    tcpFlags: 2,
  };
  const said = verdictOf(policy, packet, 'new');
  t.assert.deepEqual([said.verdict, said.because], ['drop', 'no rule decides; the default in is deny']);
  t.assert.equal(verdictOf(policy, { ...packet, source: '198.51.100.7' }, 'new').rule, 'ssh');
  t.assert.deepEqual(findingsOf(policy), []);
});

test('the override of the README leaves the rest as it was', (t: TestContext) => {
  const policy = HostFirewallPolicy.parse(inherit(web ?? {}, {}, patch));
  t.assert.equal(policy.mode, 'tap');
  t.assert.deepEqual(
    policy.rules.filter(({ enabled }) => enabled).map(({ id }) => id),
    ['https', 'ping'],
  );
});

test('an empty policy is a safe one: it drops nothing', (t: TestContext) => {
  t.assert.ok(!JSON.stringify(compile(HostFirewallPolicy.parse({}))).includes('"drop":null'));
});

test('what cannot be meant is refused, and the place is named', (t: TestContext) => {
  const rule = { id: 'r', direction: 'in', action: 'deny' };
  const wrong: readonly (readonly [object, string])[] = [
    [{ ...rule, source: ['@nobody'] }, 'rules.0.source.0'],
    [{ ...rule, source: ['10.0.0.256'] }, 'rules.0.source.0'],
    [{ ...rule, destinationPorts: [22] }, 'rules.0.destinationPorts'],
    [{ ...rule, protocol: 'tcp', tcpFlags: { mask: ['syn'], value: ['ack'] } }, 'rules.0.tcpFlags.value'],
    [{ ...rule, protocol: 'icmp', family: 6 }, 'rules.0.family'],
    [{ ...rule, direction: 'out', sourceMac: ['02:00:00:00:00:01'] }, 'rules.0.sourceMac'],
    [{ ...rule, schedule: 'never' }, 'rules.0.schedule'],
    [{ ...rule, context: 'nowhere' }, 'rules.0.context'],
    [{ ...rule, prioritty: 4 }, 'rules.0'],
  ];
  for (const [one, path] of wrong) {
    const { error } = HostFirewallPolicy.safeParse({ rules: [one] });
    t.assert.equal(error?.issues[0]?.path.join('.'), path, JSON.stringify(one));
  }
  const twice = HostFirewallPolicy.safeParse({ rules: [rule, rule] });
  t.assert.equal(twice.error?.issues[0]?.path.join('.'), 'rules.1.id');
});

test('the bounds are held', (t: TestContext) => {
  const at = (policy: object): string | undefined =>
    HostFirewallPolicy.safeParse(policy).error?.issues[0]?.path.join('.');
  const rules = (count: number): object[] =>
    Array.from({ length: count }, (_, index) => ({ id: `r${index}`, direction: 'in', action: 'deny' }));
  t.assert.equal(at({ rules: rules(RULES_MAX) }), undefined);
  t.assert.equal(at({ rules: rules(RULES_MAX + 1) }), 'rules');
  const list = (count: number): number[] => Array.from({ length: count }, () => 80);
  t.assert.equal(at({ portLists: { many: list(LIST_ELEMENTS_MAX) } }), undefined);
  t.assert.equal(at({ portLists: { many: list(LIST_ELEMENTS_MAX + 1) } }), 'portLists.many');
  const lists = Object.fromEntries(
    Array.from({ length: 11 }, (_, index) => [`l${index}`, list(LIST_ELEMENTS_MAX)]),
  );
  t.assert.equal(at({ portLists: lists }), 'portLists');
});

test('a context is in force while the machine has an address in it', (t: TestContext) => {
  const policy = HostFirewallPolicy.parse({
    contexts: { office: { localAddresses: ['10.0.0.0/8'] }, lab: { localAddresses: ['fd00::/8'] } },
  });
  t.assert.deepEqual([...contextsOf(policy, ['10.1.2.3', 'fe80::1'])], ['office']);
});
