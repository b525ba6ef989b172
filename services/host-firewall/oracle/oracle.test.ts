import { test } from 'node:test';
import { HostFirewallPolicy, type PolicyInput } from '../policy.ts';
import { type DirectedPacket, verdictOf } from './oracle.ts';

const AT_MS = Date.UTC(2026, 0, 5, 12, 0); // a Monday
const PACKET: DirectedPacket = {
  atMs: AT_MS,
  family: 4,
  source: '203.0.113.9',
  destination: '10.0.0.2',
  protocol: 6,
  sourcePort: 40_000,
  destinationPort: 22,
  tcpFlags: 2,
  interfaceName: 'eth0',
  direction: 'in',
  bytes: 60,
};
const inline = (input: PolicyInput): HostFirewallPolicy =>
  HostFirewallPolicy.parse({ mode: 'inline', ...input });
const rule = (id: string, action: string, more: object = {}): never =>
  ({ id, direction: 'in', action, protocol: 'tcp', ...more }) as never;

test('an empty policy accepts everything and logs nothing', (t) => {
  const verdict = verdictOf(HostFirewallPolicy.parse({}), PACKET, 'new');
  t.assert.deepEqual([verdict.verdict, verdict.judged, verdict.logged], ['accept', 'accept', []]);
});

test('within a priority: bypass, log-only, force-allow, deny, allow', (t) => {
  const all = [
    rule('a', 'allow'),
    rule('d', 'deny'),
    rule('f', 'force-allow'),
    rule('l', 'log-only'),
    rule('b', 'bypass'),
  ];
  const decided = all.map((_, count) => verdictOf(inline({ rules: all.slice(0, count + 1) }), PACKET, 'new'));
  t.assert.deepEqual(
    decided.map(({ rule: by, logged }) => [by, ...logged]),
    [['a'], ['d', 'd'], ['f'], ['f', 'l'], ['b']],
  );
});

test('a higher priority is looked at first, whatever the action', (t) => {
  const rules = [
    rule('d', 'deny', { priority: 3 }),
    rule('b', 'bypass', { priority: 2 }),
    rule('a', 'allow', { priority: 4 }),
  ];
  t.assert.equal(verdictOf(inline({ rules }), PACKET, 'new').rule, 'a');
  t.assert.equal(verdictOf(inline({ rules: rules.slice(0, 2) }), PACKET, 'new').rule, 'd');
});

test('only bypass lets an invalid packet through', (t) => {
  const verdicts = ['bypass', 'force-allow', 'allow'].map((action) =>
    verdictOf(inline({ rules: [rule('r', action)] }), PACKET, 'invalid'),
  );
  t.assert.deepEqual(
    verdicts.map(({ verdict, logged }) => [verdict, ...logged]),
    [['accept'], ['drop', ':invalid'], ['drop', ':invalid']],
  );
});

test('the allow-list wins over everything', (t) => {
  const policy = inline({
    rules: [rule('d', 'deny', { priority: 4 })],
    defaultAction: { in: 'deny', out: 'deny' },
    allowList: [{ id: 'admin', peer: '203.0.113.0/24', protocol: 'tcp', localPorts: [22] }],
  });
  t.assert.equal(verdictOf(policy, { ...PACKET, tcpFlags: 0 }, 'invalid').rule, 'admin');
  t.assert.equal(verdictOf(policy, { ...PACKET, destinationPort: 23 }, 'new').verdict, 'drop');
});

test('negation takes away from the others, or from all', (t) => {
  const policy = inline({
    rules: [
      rule('d', 'deny', { source: ['203.0.113.0/24', '!@friends'] }),
      rule('p', 'deny', { destinationPorts: ['!1-1023', 22] }),
    ],
    addressLists: { friends: ['203.0.113.9'] },
  });
  t.assert.equal(verdictOf(policy, PACKET, 'new').rule, null);
  t.assert.equal(verdictOf(policy, { ...PACKET, source: '203.0.113.10' }, 'new').rule, 'd');
});

test('schedules are UTC, and their end is outside', (t) => {
  const policy = inline({
    rules: [rule('d', 'deny', { schedule: 'noon' })],
    schedules: { noon: [{ weekdays: ['mon'], from: '12:00', to: '12:01' }] },
  });
  const at = (offsetMs: number): string | null => verdictOf(policy, PACKET, 'new', AT_MS + offsetMs).rule;
  t.assert.deepEqual([at(-1), at(0), at(59_999), at(60_000), at(86_400_000)], [null, 'd', 'd', null, null]);
});

test('tap mode says what inline would have done', (t) => {
  const { verdict, judged, logged } = verdictOf(
    HostFirewallPolicy.parse({ rules: [rule('d', 'deny')] }),
    PACKET,
    'new',
  );
  t.assert.deepEqual([verdict, judged, logged], ['accept', 'drop', ['d']]);
});
