import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { addressOf, addressText, highest } from '../elements.ts';
import { type DirectedPacket, verdictOf } from '../oracle/oracle.ts';
import { HostFirewallPolicy } from '../policy.ts';
import { Random, randomPacket, randomPolicy } from '../testing/random.ts';
import { PARTS_MAX, Reach, sizeOf } from './reach.ts';

const SYN = 2;
/** Contexts of `randomPolicy`. */
const CONTEXTS = [[], ['one'], ['two'], ['one', 'two']] as const;

/** The first packet of a connection from anybody's machine, at any moment. */
function opening(random: Random, protocol: 'tcp' | 'udp', port: number): DirectedPacket {
  const { source, destination, family, atMs, sourceMac, destinationMac, interfaceName } =
    randomPacket(random);
  const flags = protocol === 'tcp' ? { tcpFlags: SYN | random.pick([0, 0, 8, 32, 64, 128, 192]) } : {};
  return {
    source,
    destination,
    family,
    atMs,
    bytes: 60,
    direction: 'in',
    protocol: protocol === 'tcp' ? 6 : 17,
    sourcePort: random.pick([67, 547, 22, 53, 80, 443, 1_500, 40_000]),
    destinationPort: port,
    ...flags,
    ...(sourceMac === undefined ? {} : { sourceMac }),
    ...(destinationMac === undefined ? {} : { destinationMac }),
    // Loopback is never judged, and never comes from another machine.
    ...(interfaceName === undefined || interfaceName === 'lo' ? {} : { interfaceName }),
  };
}

test('what the oracle accepts comes from a source that was named, and who is not named gets nowhere', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      const policy = { ...randomPolicy(random), mode: 'inline' as const };
      const reach = new Reach(policy);
      const [protocol, port] = [
        random.pick(['tcp', 'udp'] as const),
        random.pick([22, 53, 68, 80, 443, 2_000]),
      ];
      const sources = reach.of({ protocol, port, address: '::' });
      if (sources === undefined) return true;
      return Array.from({ length: 40 }).every(() => {
        const packet = opening(random, protocol, port);
        const { verdict } = verdictOf(policy, packet, 'new', packet.atMs, new Set(random.pick(CONTEXTS)));
        return verdict === 'drop' || isIn(sources[packet.family], packet.source);
      });
    }),
    { numRuns: 120 },
  );
});

test('with nothing but addresses in the rules, exactly the sources that are named are accepted', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed);
      const whole = randomPolicy(random);
      const rules = whole.rules.map(({ context: _, schedule: __, tcpFlags: ___, ...rule }) => ({
        ...rule,
        interfaces: [],
        sourceMac: [],
        destinationMac: [],
        sourcePorts: [],
        destination: [],
      }));
      const allowList = whole.allowList.map((entry) => ({ ...entry, remotePorts: [] }));
      const policy = { ...whole, mode: 'inline' as const, rules, allowList, essentials: false };
      const port = random.pick([22, 53, 80, 443, 2_000]);
      const sources = new Reach(policy).of({ protocol: 'tcp', port, address: '::' });
      return Array.from({ length: 40 }).every(() => {
        const packet = { ...opening(random, 'tcp', port), tcpFlags: SYN };
        const { verdict } = verdictOf(policy, packet, 'new', packet.atMs);
        return (
          sources !== undefined && (verdict === 'accept') === isIn(sources[packet.family], packet.source)
        );
      });
    }),
    { numRuns: 120 },
  );
});

function isIn(axis: readonly { readonly low: bigint; readonly high: bigint }[], address: string): boolean {
  const value = addressOf(address)?.value ?? -1n;
  return axis.some(({ low, high }) => low <= value && value <= high);
}

const policyOf = (more: object): HostFirewallPolicy =>
  HostFirewallPolicy.parse({ mode: 'inline', defaultAction: { in: 'deny' }, ...more });
const from = (
  policy: HostFirewallPolicy,
  address = '0.0.0.0',
  port = 22,
  protocol: 'tcp' | 'udp' = 'tcp',
) => {
  const sources = new Reach(policy).of({ protocol, port, address });
  return ([4, 6] as const).flatMap((family) =>
    (sources?.[family] ?? []).map(
      ({ low, high }) => `${addressText(family, low)}-${addressText(family, high)}`,
    ),
  );
};
const allow = (more: object): object => ({
  id: 'a',
  direction: 'in',
  action: 'allow',
  protocol: 'tcp',
  ...more,
});

test('what a rule asks besides the source is taken as whoever wants in would have it', (t: TestContext) => {
  const office = { source: ['192.0.2.0/24'], destinationPorts: [22] };
  const only = ['192.0.2.0-192.0.2.255'];
  const schedules = { day: [{ weekdays: ['mon'], from: '08:00', to: '09:00' }] };
  const contexts = { home: { localAddresses: ['10.0.0.1'] } };
  for (const more of [
    {},
    { schedule: 'day' },
    { context: 'home' },
    { interfaces: ['eth1'] },
    { sourcePorts: [1] },
    { sourceMac: ['02:00:00:00:00:01'] },
    { tcpFlags: { mask: ['syn', 'ece'], value: ['syn', 'ece'] } },
  ])
    t.assert.deepEqual(from(policyOf({ rules: [allow({ ...office, ...more })], schedules, contexts })), only);
  const acks = { tcpFlags: { mask: ['syn', 'ack'], value: ['ack'] } };
  t.assert.deepEqual(from(policyOf({ rules: [allow({ ...office, ...acks })] })), []);
});

test('a rule for another address of the machine does not open a port that listens on this one', (t: TestContext) => {
  const policy = policyOf({ rules: [allow({ destination: ['10.0.0.2'] })] });
  t.assert.deepEqual(from(policy, '10.0.0.1'), []);
  t.assert.equal(from(policy, '10.0.0.2').length, 1);
  t.assert.equal(from(policy, '0:0:0:0:0:ffff:a00:2').length, 1);
  t.assert.equal(from(policy, '0.0.0.0').length, 1);
  t.assert.equal(from(policy, '::').length, 1);
  t.assert.deepEqual(from(policy, 'fd00::1'), []);
});

test('the allow-list comes first, and DHCP’s answers before the rules', (t: TestContext) => {
  const rules = [{ ...allow({}), action: 'deny', priority: 4, protocol: 'any' }];
  const policy = policyOf({
    rules,
    allowList: [{ id: 'x', peer: '10.9.9.9', protocol: 'tcp', localPorts: [22] }],
  });
  t.assert.deepEqual(from(policy), ['10.9.9.9-10.9.9.9']);
  t.assert.deepEqual(from(policy, '0.0.0.0', 23), []);
  t.assert.deepEqual(from(policy, '0.0.0.0', 68, 'udp'), ['0.0.0.0-255.255.255.255']);
  t.assert.deepEqual(from(policyOf({ rules, essentials: false }), '0.0.0.0', 68, 'udp'), []);
});

test('a policy that is too large is said to be so', (t: TestContext) => {
  const many = Array.from(
    { length: PARTS_MAX + 1 },
    (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
  );
  const policy = policyOf({ rules: [allow({ source: ['@many'] })], addressLists: { many } });
  const reach = new Reach(policy);
  t.assert.equal(reach.isTooLarge, true);
  t.assert.equal(reach.of({ protocol: 'tcp', port: 22, address: '::' }), undefined);
  const all = new Reach(HostFirewallPolicy.parse({})).of({ protocol: 'tcp', port: 22, address: '::' });
  t.assert.deepEqual([sizeOf(all?.[4] ?? []), sizeOf(all?.[6] ?? [])], [highest(4) + 1n, highest(6) + 1n]);
});
