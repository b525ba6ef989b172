import { type TestContext, test } from 'node:test';
import { verdictOf } from '../oracle/oracle.ts';
import { HostFirewallPolicy, type PolicyInput, RULES_MAX } from '../policy.ts';
import { Random, randomPacket, randomState } from '../testing/random.ts';
import { compile } from './compile.ts';
import type { Ruleset } from './nft.ts';
import { simulate } from './simulate.testing.ts';

type RuleInput = NonNullable<PolicyInput['rules']>[number];
const many = (count: number, rule: (index: number) => Partial<RuleInput>): HostFirewallPolicy =>
  HostFirewallPolicy.parse({
    mode: 'inline',
    rules: Array.from({ length: count }, (_, index) => ({
      id: `r${index}`,
      direction: 'in',
      action: 'allow',
      protocol: 'tcp',
      ...rule(index),
    })),
  });
const rulesOf = ({ nftables }: Ruleset): number =>
  nftables.filter((command) => 'add' in command && 'rule' in command.add).length;
const mapsOf = (ruleset: Ruleset): number => JSON.stringify(ruleset).split('"vmap"').length - 1;

test('ten thousand rules of one port each become one map', (t: TestContext) => {
  const rules = compile(many(RULES_MAX, (index) => ({ destinationPorts: [index + 1] })));
  t.assert.ok(rulesOf(rules) < 50);
  t.assert.equal(mapsOf(rules), 1);
});

test('a key that overlaps an earlier one ends the run', (t: TestContext) => {
  const rules = compile(many(20, (index) => ({ destinationPorts: [index === 10 ? '1-3' : index + 1] })));
  t.assert.equal(mapsOf(rules), 2);
});

test('folded and spread rules judge as the oracle does, with and without counters', (t: TestContext) => {
  const random = new Random(8);
  const sources = ['10.0.0.1', '10.0.0.2', '10.0.0.7', '10.0.0.0/24', 'fd00::1', 'fd00::/64', '0.0.0.0/0'];
  const ports = [21, 22, '20-30', 80, 443, '!22', '1-1023', 53, 8080];
  let [maps, met] = [0, 0];
  for (const count of [8, 20, 300]) {
    for (let round = 0; round < (count === 300 ? 12 : 60); round += 1) {
      const byPort = random.chance(0.5);
      const policy = many(count, (index) => ({
        action: random.pick(['allow', 'deny', index % 7 === 0 ? 'log-only' : 'deny', 'force-allow'] as const),
        priority: count === 300 ? 0 : random.chance(0.5) ? 0 : 1,
        ...(byPort ? {} : { source: [random.pick(sources)] }),
        destinationPorts: random.chance(0.3)
          ? [random.pick(ports), random.pick(ports)]
          : [random.pick(ports)],
      }));
      const compiled = compile(policy, { counters: round % 2 === 0 });
      maps += mapsOf(compiled);
      const judge = simulate(compiled);
      for (let sent = 0; sent < 100; sent += 1) {
        const [packet, state] = [{ ...randomPacket(random), protocol: 6 }, randomState(random)];
        const wanted = verdictOf(policy, packet, state);
        if (wanted.rule !== null) met += 1;
        const found = judge(packet, state, packet.atMs);
        t.assert.equal(found.verdict, wanted.verdict, JSON.stringify({ policy, packet, state }));
        t.assert.equal(found.prefixes.length, wanted.logged.length);
      }
    }
  }
  t.assert.ok(maps > 30 && met > 800, `${maps} maps, ${met} packets`);
});
