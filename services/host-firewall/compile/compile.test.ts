import { test } from 'node:test';
import { verdictOf } from '../oracle/oracle.ts';
import { HostFirewallPolicy, RULES_MAX } from '../policy.ts';
import { loadRuleset } from '../testing/kernel.ts';
import { randomOf, randomPacket, randomPolicy, randomState } from '../testing/random.ts';
import { compile } from './compile.ts';
import { readLogPrefix } from './log-prefix.ts';
import { nextChangeAtMs } from './schedule.ts';

const POLICIES = 4_000;
const PACKETS_EACH = 250;
const MONDAY_MS = Date.UTC(2026, 0, 5);
const NOW = { atMs: MONDAY_MS, contexts: new Set<string>(), blocked: [] };

test('the compiled rules and the oracle agree on a million random packets and policies', (t) => {
  const random = randomOf(20_261_126);
  const met = { drop: 0, rule: 0, logged: 0 };
  for (let count = 0; count < POLICIES; count += 1) {
    const policy = randomPolicy(random);
    // In and out of the schedule, its edges among them.
    const atMs = MONDAY_MS + Math.floor(random() * 4 * 24) * 3_600_000;
    const contexts = new Set(random() < 0.5 ? ['domain'] : []);
    const judge = loadRuleset(compile(policy, { atMs, contexts, blocked: [] }));
    for (let sent = 0; sent < PACKETS_EACH; sent += 1) {
      const [packet, state] = [randomPacket(random), randomState(random)];
      const wanted = verdictOf(policy, packet, state, atMs, contexts);
      const found = judge(packet, state);
      if (wanted.judged === 'drop') met.drop += 1;
      if (wanted.rule !== null) met.rule += 1;
      met.logged += wanted.logged.length;
      const logged = found.prefixes.map((prefix) => readLogPrefix(prefix)?.by);
      if (found.verdict === wanted.verdict && `${logged}` === `${wanted.logged}`) continue;
      t.assert.fail(JSON.stringify({ policy, packet, state, wanted, found }, null, 1));
    }
  }
  // A test whose packets meet nothing would prove nothing.
  t.diagnostic(`${POLICIES * PACKETS_EACH} packets: ${JSON.stringify(met)}`);
  t.assert.ok(met.drop > 100_000 && met.rule > 100_000 && met.logged > 100_000);
});

test('an empty policy is a table that drops nothing', (t) => {
  const text = JSON.stringify(compile(HostFirewallPolicy.parse({}), NOW));
  t.assert.doesNotMatch(text, /"drop"/);
});

test('no table but ours is named', (t) => {
  const random = randomOf(7);
  for (let count = 0; count < 50; count += 1) {
    const { nftables } = compile(randomPolicy(random), NOW);
    for (const command of nftables) {
      if ('metainfo' in command) continue;
      const [of] = Object.values(command) as [Record<string, { table?: string; name: string }>];
      const [found] = Object.values(of);
      t.assert.equal(found?.table ?? found?.name, 'demarc');
    }
  }
});

test('ten thousand rules on one port each become one map', (t) => {
  const rules = Array.from({ length: RULES_MAX }, (_, index) => ({
    id: `r${index}`,
    direction: 'in' as const,
    action: 'allow' as const,
    protocol: 'tcp' as const,
    destinationPorts: [index + 1],
  }));
  const { nftables } = compile(HostFirewallPolicy.parse({ rules }), NOW);
  t.assert.ok(nftables.length < 60, `${nftables.length} commands`);
});

test('blocks outlive a change, each in the set of its kind', (t) => {
  const blocked = [
    { address: '192.0.2.1', grouped: false, seconds: 60 },
    { address: '2001:db8::', grouped: true, seconds: 90 },
  ];
  const { nftables } = compile(HostFirewallPolicy.parse({}), { ...NOW, blocked });
  const elements = nftables.flatMap((command) =>
    'add' in command && 'set' in command.add && command.add.set.elem !== undefined
      ? [[command.add.set.name, command.add.set.elem]]
      : [],
  );
  t.assert.deepEqual(elements, [
    ['blocked4', [{ elem: { val: '192.0.2.1', timeout: 60 } }]],
    ['blocked6_64', [{ elem: { val: '2001:db8::', timeout: 90 } }]],
  ]);
});

test('the next change of a schedule is the next opening or closing, and touching windows have none between', (t) => {
  const policy = HostFirewallPolicy.parse({
    rules: [{ id: 'r', direction: 'in', action: 'deny', schedule: 's' }],
    schedules: {
      s: [
        { weekdays: ['mon'], from: '08:00', to: '12:00' },
        { weekdays: ['mon'], from: '12:00', to: '18:00' },
      ],
    },
  });
  const hour = 3_600_000;
  t.assert.equal(nextChangeAtMs(policy, MONDAY_MS), MONDAY_MS + 8 * hour);
  t.assert.equal(nextChangeAtMs(policy, MONDAY_MS + 8 * hour), MONDAY_MS + 18 * hour);
  t.assert.equal(nextChangeAtMs(policy, MONDAY_MS + 18 * hour), MONDAY_MS + (7 * 24 + 8) * hour);
  t.assert.equal(nextChangeAtMs(HostFirewallPolicy.parse({}), MONDAY_MS), null);
});
