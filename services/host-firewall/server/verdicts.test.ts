import { type TestContext, test } from 'node:test';
import type { ListeningPort } from '@demarc/platform/contract/exposure';
import type { HostHealth, ServerRoomContext } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import * as fc from 'fast-check';
import { Reach } from '../analysis/reach.ts';
import { addressText, highest } from '../elements.ts';
import { heldFigures } from '../held.ts';
import { verdictOf } from '../oracle/oracle.ts';
import { HostFirewallPolicy } from '../policy.ts';
import { Random, randomPolicy } from '../testing/random.ts';
import { judged, PORTS_MAX, portVerdicts } from './verdicts.ts';

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const tenant = grantTenantScope('local');
const port = (number: number, more: Partial<ListeningPort> = {}): ListeningPort => ({
  protocol: 'tcp',
  address: '0.0.0.0',
  port: number,
  ...more,
});
const rule = (id: string, more: object): object => ({
  id,
  direction: 'in',
  action: 'allow',
  protocol: 'tcp',
  ...more,
});
const WEB = {
  mode: 'inline',
  defaultAction: { in: 'deny' },
  rules: [
    rule('https', { destinationPorts: [443] }),
    rule('ssh', { destinationPorts: [22], source: ['10.1.0.0/16', '192.0.2.7', '192.0.2.9-192.0.2.10'] }),
    rule('most', { destinationPorts: [25], source: ['!192.0.2.0/24'] }),
    rule('half', { destinationPorts: [80], source: ['0.0.0.0/1'] }),
    rule('inside', { destinationPorts: [139], source: ['10.0.0.0/8', 'fc00::/7'] }),
  ],
};
const lets = (number: number, policy: object = WEB) => {
  const parsed = HostFirewallPolicy.parse(policy);
  return judged(parsed, new Reach(parsed), port(number));
};

test('anybody, whom the rules name, nobody: and the words for it', (t: TestContext) => {
  t.assert.deepEqual(
    [443, 25, 80, 22, 139, 445].map((number) => lets(number)),
    [
      { lets: 'anybody', because: 'lets anybody reach tcp/443' },
      { lets: 'anybody', because: 'lets anybody reach tcp/25' },
      { lets: 'anybody', because: 'lets anybody reach tcp/80' },
      { lets: 'some', because: 'lets only 10.1.0.0/16, 192.0.2.7, 192.0.2.9-192.0.2.10 reach tcp/22' },
      { lets: 'some', because: 'lets only 10.0.0.0/8 reach tcp/139' },
      { lets: 'nobody', because: 'lets nobody reach tcp/445 (lifelines aside)' },
    ],
  );
});

test('a policy that watches only, and the one of nobody’s making, close nothing', (t: TestContext) => {
  t.assert.equal(lets(445, { ...WEB, mode: 'tap' }).lets, 'unknown');
  t.assert.equal(lets(445, {}).lets, 'unknown');
  t.assert.equal(lets(445, { mode: 'inline' }).lets, 'anybody');
});

test('where it says nobody, no address gets in, whatever the time and the context', () => {
  const anyAddress = fc.oneof(
    fc
      .bigInt({ min: 0n, max: highest(4) })
      .map((value) => ({ family: 4 as const, source: addressText(4, value) })),
    fc
      .bigInt({ min: 0n, max: highest(6) })
      .map((value) => ({ family: 6 as const, source: addressText(6, value) })),
    fc
      .constantFrom('10.0.0.1', '10.0.0.5', '192.0.2.7', '192.168.0.1', '172.16.0.1', '8.8.8.8')
      .map((source) => ({ family: 4 as const, source })),
    fc.constantFrom('fd00::1', 'fd00::5', '2001:db8::7').map((source) => ({ family: 6 as const, source })),
  );
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(22, 53, 80, 443, 2_000),
      fc.array(fc.record({ from: anyAddress, atMs: fc.integer({ min: NOW, max: NOW + 604_800_000 }) })),
      fc.subarray(['one', 'two']),
      (seed, number, packets, contexts) => {
        const policy = { ...randomPolicy(new Random(seed), 4), mode: 'inline' as const };
        const closed = { ...policy, defaultAction: { in: 'deny' as const, out: 'allow' as const } };
        const verdict = judged(closed, new Reach(closed), port(number, { address: '::' }));
        if (verdict.lets !== 'nobody') return true;
        return packets.every(({ from: { family, source }, atMs }) => {
          const destination = family === 4 ? '10.0.0.1' : 'fd00::1';
          const tcp = { protocol: 6, sourcePort: 40_000, destinationPort: number, tcpFlags: 2, bytes: 60 };
          const packet = { ...tcp, atMs, family, source, destination, direction: 'in' as const };
          return verdictOf(closed, packet, 'new', atMs, new Set(contexts)).verdict === 'drop';
        });
      },
    ),
    { numRuns: 300 },
  );
});

const FOUND = { confirmedAtMs: NOW - 3_600_000, foundAtMs: NOW - 60_000 };
interface Machine extends Partial<HostHealth> {
  readonly held?: typeof FOUND | undefined;
}
function asked(machine: Machine | undefined, more: Partial<ServerRoomContext> = {}) {
  const { held, ...said } = machine ?? {};
  const health = { state: 'healthy' as const, because: 'b', sinceMs: 0, figures: heldFigures(held) };
  let reads = 0;
  const context = testServerContext({
    now: () => NOW,
    hostHealth: async () =>
      machine === undefined ? [] : [{ assetId: 'a', health, policyVersion: 'v1', clockOffsetMs: 0, ...said }],
    isEntitled: async () => true,
    policyOf: async () => {
      reads += 1;
      return { policyVersion: 'v1', policy: HostFirewallPolicy.parse(WEB) };
    },
    ...more,
  });
  const verdicts = async (ports: readonly ListeningPort[]) =>
    (await portVerdicts(context, tenant))('a', ports);
  return { verdicts, reads: () => reads };
}

test('only what was found in the kernel lately, of the policy that the agent took, is a verdict', async (t: TestContext) => {
  const unproved: readonly (readonly [Machine | undefined, Partial<ServerRoomContext>?])[] = [
    [undefined],
    [{ held: undefined }],
    [{ held: { ...FOUND, foundAtMs: NOW - 901_000 } }],
    [{ held: FOUND, clockOffsetMs: -1_000_000 }],
    [{ held: FOUND, policyVersion: '' }],
    [{ held: FOUND, policyVersion: 'v0' }],
    [{ held: FOUND }, { isEntitled: async () => false }],
  ];
  for (const [machine, more] of unproved) {
    const [verdict] = await asked(machine, more).verdicts([port(445)]);
    t.assert.equal(verdict?.lets, 'unknown', JSON.stringify(machine));
  }
  const [verdict] = await asked({ held: FOUND }).verdicts([port(445)]);
  t.assert.deepEqual(verdict, {
    lets: 'nobody',
    because: 'lets nobody reach tcp/445 (lifelines aside)',
    sinceMs: FOUND.confirmedAtMs,
  });
});

test('a policy is read once for its version, and ports that are forwarded past the rules are unknown', async (t: TestContext) => {
  const { verdicts, reads } = asked({ held: FOUND });
  const ports = [port(443), port(445), port(8_080, { program: '/usr/bin/docker-proxy' })];
  const first = await verdicts(ports);
  t.assert.deepEqual(
    first.map((each) => each.lets),
    ['anybody', 'nobody', 'unknown'],
  );
  t.assert.deepEqual(await verdicts(ports), first);
  t.assert.equal(reads(), 1);
  const many = Array.from({ length: PORTS_MAX + 1 }, (_, at) => port(1_000 + at));
  const all = await verdicts(many);
  t.assert.deepEqual([all.length, all[0]?.lets, all.at(-1)?.lets], [PORTS_MAX + 1, 'nobody', 'unknown']);
});
