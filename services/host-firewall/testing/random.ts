/** Policies and packets made to meet: a small world of addresses and ports, so that rules overlap and packets hit their edges. */
import type { ConnectionState, DirectedPacket } from '../oracle/oracle.ts';
import { ACTIONS, HostFirewallPolicy, type PolicyInput, TCP_FLAG_NAMES } from '../policy.ts';

export type Random = () => number;

/** xorshift32; the same seed, the same world. */
export function randomOf(seed: number): Random {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}

const FOUR = ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.7', '10.0.0.8', '10.0.1.255', '192.168.7.1', '255.255.255.255'];
const SIX = ['fd00::', 'fd00::1', 'fd00::2', 'fd00::ff', 'fd00::1:0', '2001:db8::1', 'fe80::1'];
const PORTS = [0, 1, 21, 22, 23, 79, 80, 81, 443, 546, 547, 67, 68, 1023, 1024, 40_000, 65_535];
const ADDRESS_ELEMENTS = [
  '10.0.0.1',
  '10.0.0.0/29',
  '10.0.0.0/24',
  '10.0.0.2-10.0.0.7',
  '0.0.0.0/0',
  '192.168.0.0/16',
  'fd00::1',
  'fd00::/120',
  'fd00::1-fd00::ff',
  '::/0',
];
const PORT_ELEMENTS = [22, 80, '1-1023', '22-80', 443, '1024-65535', 0, '0-65535'];
const INTERFACES = ['eth0', 'eth1', 'wg0'];
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
const ICMP_TYPES = [0, 3, 8, 128, 129, 135];

export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;
const some = <T>(random: Random, from: readonly T[], atMost = 3): T[] =>
  Array.from({ length: 1 + Math.floor(random() * atMost) }, () => pick(random, from));
const maybe = <T>(random: Random, share: number, make: () => T): T | undefined =>
  random() < share ? make() : undefined;

/** What the kernel sees and no capture has may be left out, for packets that are really sent. */
export interface World {
  readonly macs: boolean;
  readonly interfaces: readonly string[];
}
const WHOLE: World = { macs: true, interfaces: INTERFACES };

export function randomPolicy(random: Random, world: World = WHOLE): HostFirewallPolicy {
  const addresses = [...ADDRESS_ELEMENTS, '@one', '@two', '!10.0.0.2', '!fd00::/127', '!@one'];
  const ports = [...PORT_ELEMENTS, '@web', '!22', '!@web'];
  const rule = (_: unknown, index: number): object => {
    const protocol = pick(random, ['any', 'tcp', 'tcp', 'tcp', 'udp', 'icmp', 'icmpv6', 6, 17, 47] as const);
    const tcp = protocol === 'tcp' || protocol === 6;
    const direction = pick(random, ['in', 'in', 'out']);
    const hasPorts = tcp || protocol === 'udp' || protocol === 17;
    const mask = some(random, TCP_FLAG_NAMES);
    return {
      id: `r${index}`,
      direction,
      action: pick(random, ACTIONS),
      priority: pick(random, [0, 0, 0, 1, 2, 3, 4]),
      enabled: random() < 0.95,
      family: protocol === 'icmp' || protocol === 'icmpv6' ? 'any' : pick(random, [4, 6, 'any', 'any'] as const),
      protocol,
      source: maybe(random, 0.4, () => some(random, addresses)),
      destination: maybe(random, 0.3, () => some(random, addresses)),
      sourcePorts: hasPorts ? maybe(random, 0.2, () => some(random, ports)) : undefined,
      destinationPorts: hasPorts ? maybe(random, 0.7, () => some(random, ports)) : undefined,
      sourceMac: direction === 'in' && world.macs ? maybe(random, 0.1, () => some(random, MACS)) : undefined,
      tcpFlags: tcp ? maybe(random, 0.2, () => ({ mask, value: mask.filter(() => random() < 0.5) })) : undefined,
      icmp:
        protocol === 'icmp' || protocol === 'icmpv6'
          ? maybe(random, 0.6, () =>
              some(random, ICMP_TYPES).map((type) => ({ type, code: maybe(random, 0.4, () => pick(random, [0, 1])) })),
            )
          : undefined,
      interfaces: maybe(random, 0.15, () => some(random, world.interfaces)),
      schedule: maybe(random, 0.1, () => 'office'),
      context: maybe(random, 0.1, () => 'domain'),
    };
  };
  // Runs of one shape too, as the compiler folds them.
  const run = (_: unknown, index: number): object => ({
    id: `run${index}`,
    direction: 'in',
    action: pick(random, ['deny', 'allow', 'force-allow']),
    protocol: 'tcp',
    destinationPorts: [pick(random, PORT_ELEMENTS)],
  });
  const input = {
    mode: pick(random, ['inline', 'inline', 'inline', 'tap']),
    defaultAction: { in: pick(random, ['allow', 'deny']), out: pick(random, ['allow', 'deny']) },
    rules: [
      ...Array.from({ length: Math.floor(random() * 9) }, rule),
      ...Array.from({ length: random() < 0.3 ? 8 : 0 }, run),
    ],
    addressLists: { one: some(random, ADDRESS_ELEMENTS), two: random() < 0.1 ? [] : some(random, ADDRESS_ELEMENTS) },
    portLists: { web: random() < 0.1 ? [] : some(random, PORT_ELEMENTS) },
    schedules: { office: [{ weekdays: ['mon', 'tue'], from: '08:00', to: '18:00' }] },
    contexts: { domain: { localAddresses: ['10.0.0.0/8'] } },
    allowList:
      maybe(random, 0.3, () => [
        {
          id: 'admin',
          peer: pick(random, ADDRESS_ELEMENTS.filter((element) => !/\/0$/.test(element))),
          protocol: 'tcp' as const,
          localPorts: some(random, PORT_ELEMENTS),
          remotePorts: maybe(random, 0.3, () => some(random, PORT_ELEMENTS)),
        },
      ]) ?? [],
    essentials: random() < 0.7,
    stateful: {
      established: pick(random, ['accept', 'judge']),
      invalid: pick(random, ['drop', 'judge']),
      scanFlags: pick(random, ['drop', 'judge']),
    },
    log: { drops: random() < 0.8 },
  };
  return HostFirewallPolicy.parse(JSON.parse(JSON.stringify(input)) as PolicyInput);
}

export function randomPacket(random: Random): DirectedPacket {
  const family = random() < 0.6 ? (4 as const) : (6 as const);
  const addresses = family === 4 ? FOUR : SIX;
  const protocol = pick(random, [6, 6, 6, 17, 17, family === 4 ? 1 : 58, 1, 58, 47]);
  const hasPorts = (protocol === 6 || protocol === 17) && random() < 0.97;
  const isIcmp = protocol === 1 || protocol === 58;
  const direction = random() < 0.6 ? ('in' as const) : ('out' as const);
  return {
    atMs: Date.UTC(2026, 0, 5, 12),
    family,
    source: pick(random, addresses),
    destination: pick(random, addresses),
    protocol,
    ...(hasPorts && { sourcePort: pick(random, PORTS), destinationPort: pick(random, PORTS) }),
    ...(protocol === 6 && hasPorts && { tcpFlags: random() < 0.5 ? 2 : Math.floor(random() * 256) }),
    ...(isIcmp && { icmpType: pick(random, ICMP_TYPES), icmpCode: pick(random, [0, 1]) }),
    ...(random() < 0.9 && { interfaceName: pick(random, [...INTERFACES, 'eth0', 'eth0', 'lo']) }),
    ...(direction === 'in' && random() < 0.9 && { sourceMac: pick(random, MACS) }),
    direction,
    bytes: 60,
  };
}

export function randomState(random: Random): ConnectionState {
  return pick(random, ['new', 'new', 'new', 'established', 'related', 'invalid', 'untracked'] as const);
}
