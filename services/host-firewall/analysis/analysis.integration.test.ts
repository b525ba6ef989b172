/** Against every packet of a small world, and many of the large one: too many for the check of a minute. */
import { type TestContext, test } from 'node:test';
import { type DirectedPacket, verdictOf } from '../oracle/oracle.ts';
import { ACTIONS, HostFirewallPolicy } from '../policy.ts';
import { Random, randomPacket, randomPolicy } from '../testing/random.ts';
import { findingsOf } from './analysis.ts';
import { changedVerdicts } from './simulate.ts';

const SMALL_POLICIES = 400;

/** So few values that one packet of each can be tried: what holds for these holds for all. */
const SOURCES = ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3', '9.9.9.9'];
const DESTINATIONS = ['10.0.0.0', '10.0.0.1', '9.9.9.9'];
const PORTS = [1, 2, 3, 99];
const UNIVERSE: readonly DirectedPacket[] = (['in', 'out'] as const).flatMap((direction) => [
  ...SOURCES.flatMap((source) =>
    DESTINATIONS.flatMap((destination) => packets(direction, 4, source, destination)),
  ),
  ...packets(direction, 6, '2001:db8::1', '2001:db8::2'),
]);

function packets(
  direction: 'in' | 'out',
  family: 4 | 6,
  source: string,
  destination: string,
): DirectedPacket[] {
  const head = { atMs: 0, bytes: 60, direction, family, source, destination };
  return [
    ...[6, 17].flatMap((protocol) =>
      PORTS.map((destinationPort) => ({
        ...head,
        protocol,
        sourcePort: 99,
        destinationPort,
        ...(protocol === 6 ? { tcpFlags: 2 } : {}),
      })),
    ),
    { ...head, protocol: family === 4 ? 1 : 58, icmpType: 8, icmpCode: 0 },
    { ...head, protocol: 47 },
  ];
}

function smallPolicy(random: Random): HostFirewallPolicy {
  const pick = <T>(...from: readonly T[]): T => random.pick(from);
  return HostFirewallPolicy.parse({
    mode: 'inline',
    essentials: false,
    defaultAction: { in: pick('allow', 'deny'), out: pick('allow', 'deny') },
    rules: Array.from({ length: 1 + random.below(6) }, (_, index) => {
      const protocol = random.pick(['any', 'any', 'tcp', 'udp', 6, 'icmp', 47] as const);
      const hasPorts = protocol === 'tcp' || protocol === 'udp' || protocol === 6;
      return {
        id: `r${index}`,
        direction: pick('in', 'in', 'in', 'out'),
        action: random.pick(ACTIONS),
        priority: pick(0, 0, 0, 1),
        protocol,
        source: pick(
          [],
          [],
          ['10.0.0.0/30'],
          ['10.0.0.1'],
          ['10.0.0.0-10.0.0.1'],
          ['!10.0.0.0/31'],
          ['10.0.0.0/30', '!10.0.0.2'],
        ),
        destination: pick([], [], ['10.0.0.0'], ['!10.0.0.0'], ['10.0.0.0/31']),
        destinationPorts: hasPorts ? pick<(string | number)[]>([], [1], ['1-2'], ['!2'], [2, 3]) : [],
      };
    }),
  });
}

test('shadowed and redundant are found exactly: against every packet of a small world', (t: TestContext) => {
  const random = new Random(11);
  const tally = { rules: 0, shadowed: 0, redundant: 0 };
  for (let count = 0; count < SMALL_POLICIES; count += 1) {
    const policy = smallPolicy(random);
    const verdicts = (one: HostFirewallPolicy) =>
      UNIVERSE.flatMap((packet) =>
        (['new', 'invalid'] as const).map((state) => verdictOf(one, packet, state)),
      );
    const all = verdicts(policy);
    const findings = findingsOf(policy);
    for (const rule of policy.rules.filter(({ action }) => action !== 'log-only')) {
      const without = verdicts({ ...policy, rules: policy.rules.filter((other) => other !== rule) });
      const decides = all.some(({ rule: by }) => by === rule.id);
      const matters = all.some(({ verdict }, index) => verdict !== without[index]?.verdict);
      const alone = verdicts({ ...policy, rules: [rule] });
      const overruled = all.some(
        ({ rule: by }, index) =>
          alone[index]?.rule === rule.id &&
          by !== rule.id &&
          by !== null &&
          classOf(policy, by) !== classOf(policy, rule.id),
      );
      const expected = decides ? (matters ? undefined : 'redundant') : overruled ? 'shadowed' : 'redundant';
      const found = findings.find(
        (one) => one.rule === rule.id && (one.kind === 'shadowed' || one.kind === 'redundant'),
      );
      t.assert.equal(
        found?.kind,
        expected,
        JSON.stringify({ rule: rule.id, findings, policy: policy.rules }),
      );
      tally.rules += 1;
      if (expected !== undefined) tally[expected] += 1;
    }
  }
  t.diagnostic(JSON.stringify(tally));
  t.assert.ok(tally.shadowed > 50 && tally.redundant > 50);
});

function classOf(policy: HostFirewallPolicy, id: string): string {
  const action = policy.rules.find((rule) => rule.id === id)?.action ?? '';
  return action === 'force-allow' ? 'allow' : action;
}

test('what a finding says to leave out changes no verdict, whatever the packet', (t: TestContext) => {
  const random = new Random(12);
  let checked = 0;
  for (let count = 0; count < 150; count += 1) {
    const policy: HostFirewallPolicy = { ...randomPolicy(random), mode: 'inline' };
    for (const { kind, rule } of findingsOf(policy)) {
      if (kind !== 'redundant') continue;
      const without = { ...policy, rules: policy.rules.filter(({ id }) => id !== rule) };
      for (let tries = 0; tries < 100; tries += 1) {
        const { isLaterFragment, ...packet } = randomPacket(random);
        if (isLaterFragment === true) continue;
        const said = [policy, without].map(
          (one) => verdictOf(one, packet, 'new', packet.atMs, new Set(['one'])).verdict,
        );
        t.assert.equal(said[0], said[1], JSON.stringify({ rule, packet, policy }));
        checked += 1;
      }
    }
  }
  t.diagnostic(`${checked} verdicts compared`);
});

test('the packet of a finding shows it', (t: TestContext) => {
  const random = new Random(13);
  let shown = 0;
  for (let count = 0; count < 150; count += 1) {
    // Nothing but the rules, so that what they say is what is seen.
    const any = randomPolicy(random);
    const policy: HostFirewallPolicy = {
      ...any,
      essentials: false,
      allowList: [],
      stateful: { ...any.stateful, scanFlags: 'judge' },
    };
    for (const { kind, rule, others, packet, contexts } of findingsOf(policy)) {
      if (packet === undefined || packet.interfaceName === 'lo' || others.length === 0) continue;
      const alone = { ...policy, rules: policy.rules.filter(({ id }) => id === rule) };
      const inForce = new Set(contexts);
      t.assert.equal(verdictOf(alone, packet, 'new', packet.atMs, inForce).rule, rule);
      const by = verdictOf(policy, packet, 'new', packet.atMs, inForce).rule;
      if (kind === 'shadowed') t.assert.notEqual(by, rule);
      if (kind === 'conflicting') t.assert.notEqual(by, rule);
      shown += 1;
    }
  }
  t.assert.ok(shown > 100, String(shown));
});

const rule = (id: string, action: string, more: object = {}): never =>
  ({ id, direction: 'in', action, ...more }) as never;

test('flows whose verdict a proposal would change are listed, in tap mode too', (t: TestContext) => {
  const proposed = HostFirewallPolicy.parse({
    rules: [rule('no-ssh', 'deny', { protocol: 'tcp', destinationPorts: [1] })],
  });
  const changes = changedVerdicts(
    HostFirewallPolicy.parse({}),
    proposed,
    UNIVERSE.map((packet) => ({ packet })),
  );
  t.assert.equal(changes.length, SOURCES.length * DESTINATIONS.length + 1);
  t.assert.ok(
    changes.every(({ after, flow }) => after.rule === 'no-ssh' && flow.packet.destinationPort === 1),
  );
});
