/** Policies and packets at random: from few values, so that rules and packets meet, and mostly at their edges. */
import { addressIntervalOf, addressText, highest, portIntervalOf } from '../elements.ts';
import type { ConnectionState, DirectedPacket } from '../oracle/oracle.ts';
import { ACTIONS, HostFirewallPolicy, TCP_FLAG_NAMES, WEEKDAYS } from '../policy.ts';

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** mulberry32: quick, and the same everywhere. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  some<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, make);
  }
}

const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.0/30',
  '10.0.0.2-10.0.0.5',
  '10.0.0.4-10.0.0.9',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '192.0.2.7',
  '255.255.255.255',
  'fd00::1',
  'fd00::/126',
  'fd00::2-fd00::5',
  'fd00::/8',
  '::/0',
  '2001:db8::7',
];
const PORTS = [22, 80, '0-1023', '1000-2000', 443, 53, '0-65535', 0, 65_535, '81-442'];
const FLAG_VALUES = [2, 16, 18, 1, 17, 4, 0, 3, 41, 24, 255, 194, 63];
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', 'ff:ff:ff:ff:ff:ff'];
const INTERFACES = ['eth0', 'eth1', 'lo'];
const LISTS = ['one', 'two', 'three'];
const TIMES = ['00:00', '06:30', '12:00', '18:00', '23:59', '24:00'];
const PROTOCOLS = [
  'any',
  'any',
  'any',
  'tcp',
  'tcp',
  'tcp',
  'udp',
  'udp',
  'icmp',
  'icmpv6',
  6,
  17,
  1,
  58,
  47,
  0,
] as const;
const STATES = ['new', 'new', 'new', 'new', 'established', 'related', 'invalid', 'untracked'] as const;
const ICMP_TYPES = [0, 3, 8, 128, 134, 135, 143];

export function randomPolicy(random: Random, rulesMax = 16): HostFirewallPolicy {
  const record = <T>(make: () => T): Record<string, T> =>
    Object.fromEntries(LISTS.map((name) => [name, make()]));
  return HostFirewallPolicy.parse({
    mode: random.pick(['inline', 'inline', 'inline', 'tap']),
    defaultAction: { in: random.pick(['allow', 'deny']), out: random.pick(['allow', 'deny']) },
    rules: [
      ...Array.from({ length: random.below(rulesMax + 1) }, (_, index) => randomRule(random, index)),
      ...(random.chance(0.3) ? alikeRules(random) : []),
    ],
    addressLists: record(() => random.some(4, () => random.pick(ADDRESSES))),
    portLists: record(() => random.some(4, () => random.pick(PORTS))),
    schedules: record(() => Array.from({ length: 1 + random.below(3) }, () => randomWindow(random))),
    contexts: { one: { localAddresses: ['10.0.0.1'] }, two: { localAddresses: ['10.9.9.9'] } },
    allowList: random.chance(0.3)
      ? random.some(2, () => {
          const protocol = random.pick(['any', 'tcp', 'udp', 17] as const);
          const ports = (): (number | string)[] =>
            protocol === 'any' || random.chance(0.5) ? [] : [random.pick(PORTS)];
          return {
            id: 'ally',
            peer: random.pick(ADDRESSES),
            protocol,
            localPorts: ports(),
            remotePorts: ports(),
          };
        })
      : [],
    essentials: random.chance(0.5),
    stateful: {
      established: random.pick(['accept', 'judge']),
      invalid: random.pick(['drop', 'judge']),
      scanFlags: random.pick(['drop', 'judge']),
      synPerSource: random.chance(0.2) ? { perSecond: 10, burst: 5 } : null,
      connectionsPerSource: random.chance(0.2) ? 20 : null,
      newConnectionsPerSource: random.chance(0.2) ? { perSecond: 10, burst: 5 } : null,
    },
    log: { drops: random.chance(0.8) },
  });
}

function randomWindow(random: Random): object {
  const from = random.below(TIMES.length - 1);
  const to = from + 1 + random.below(TIMES.length - 1 - from);
  const weekdays = [random.pick(WEEKDAYS), random.pick(WEEKDAYS), random.pick(WEEKDAYS)];
  return { weekdays: random.chance(0.3) ? WEEKDAYS : weekdays, from: TIMES[from], to: TIMES[to] };
}

const APART_PORTS = ['0-21', 22, 53, 80, '81-442', 443, '1000-2000', 65_535];
const APART_ADDRESSES = [
  '10.0.0.0/32',
  '10.0.0.1',
  '10.0.0.2-10.0.0.5',
  '10.0.0.6',
  '10.0.0.7-10.0.0.9',
  '192.0.2.7',
  'fd00::1',
  '::/8',
];

/** They differ in one port or address only, which the compiler makes a map of. */
function alikeRules(random: Random): object[] {
  const [direction, protocol] = [random.pick(['in', 'out'] as const), random.pick(['tcp', 'udp'] as const)];
  const byPort = random.chance(0.5);
  const from = byPort ? APART_PORTS : APART_ADDRESSES;
  const action = random.pick(ACTIONS);
  return from
    .filter(() => random.chance(0.9))
    .map((element, index) => ({
      id: `alike${index}`,
      direction,
      protocol,
      action: random.chance(0.8) ? action : random.pick(ACTIONS),
      [byPort ? 'destinationPorts' : 'source']: [random.chance(0.05) ? random.pick(from) : element],
    }));
}

function randomRule(random: Random, index: number): object {
  const direction = random.pick(['in', 'in', 'out'] as const);
  const protocol = random.pick(PROTOCOLS);
  const hasPorts = ['tcp', 'udp', 6, 17].includes(protocol);
  const elements = <T>(from: readonly T[]): (T | string)[] =>
    random.chance(0.7)
      ? []
      : random.some(3, () => {
          const bare = random.chance(0.3) ? `@${random.pick(LISTS)}` : random.pick(from);
          return random.chance(0.25) ? `!${String(bare)}` : bare;
        });
  const mask = TCP_FLAG_NAMES.filter(() => random.chance(0.4));
  const isIcmp = protocol === 'icmp' || protocol === 'icmpv6';
  return {
    id: `r${index}`,
    direction,
    protocol,
    action: random.pick(ACTIONS),
    priority: random.chance(0.5) ? 0 : random.below(5),
    enabled: random.chance(0.95),
    family: isIcmp ? 'any' : random.pick(['any', 'any', 4, 6]),
    source: elements(ADDRESSES),
    destination: elements(ADDRESSES),
    sourcePorts: hasPorts ? elements(PORTS) : [],
    destinationPorts: hasPorts ? elements(PORTS) : [],
    sourceMac: direction === 'in' && random.chance(0.1) ? random.some(2, () => random.pick(MACS)) : [],
    destinationMac: direction === 'in' && random.chance(0.1) ? random.some(2, () => random.pick(MACS)) : [],
    ...((protocol === 'tcp' || protocol === 6) && random.chance(0.3) && mask.length > 0
      ? { tcpFlags: { mask, value: mask.filter(() => random.chance(0.4)) } }
      : {}),
    icmp:
      isIcmp && random.chance(0.7)
        ? random.some(4, () => ({
            type: random.pick(ICMP_TYPES),
            ...(random.chance(0.5) ? { code: random.below(2) } : {}),
          }))
        : [],
    interfaces: random.chance(0.1) ? random.some(2, () => random.pick(INTERFACES)) : [],
    ...(random.chance(0.12) ? { schedule: random.pick(LISTS) } : {}),
    ...(random.chance(0.1) ? { context: random.pick(['one', 'two']) } : {}),
  };
}

/** Just inside or just outside of what some rule may name. */
const EDGES = {
  4: edgesOf(4),
  6: edgesOf(6),
} as const;

function edgesOf(family: 4 | 6): readonly string[] {
  return ADDRESSES.flatMap((text) => addressIntervalOf(text) ?? [])
    .filter((one) => one.family === family)
    .flatMap(({ low, high }) => [low, high, low + 1n, high - 1n, low - 1n, high + 1n])
    .filter((value) => value >= 0n && value <= highest(family))
    .map((value) => addressText(family, value));
}

const PORT_EDGES = PORTS.flatMap((port) => portIntervalOf(port) ?? [])
  .flatMap(({ low, high }) => [low - 1n, low, low, high, high, high + 1n])
  .map((port) => Math.min(65_535, Math.max(0, Number(port))));

function randomPort(random: Random): number {
  return random.chance(0.1) ? random.pick([67, 68, 546, 547]) : random.pick(PORT_EDGES);
}

export function randomPacket(random: Random): DirectedPacket {
  const family = random.pick([4, 6] as const);
  const protocol = random.pick([6, 6, 6, 17, 17, family === 4 ? 1 : 58, 1, 58, 47, 0]);
  const isLaterFragment = random.chance(0.02);
  const ports = { sourcePort: randomPort(random), destinationPort: randomPort(random) };
  const layer4 = isLaterFragment
    ? { isLaterFragment }
    : protocol === 6
      ? { ...ports, tcpFlags: random.pick(FLAG_VALUES) }
      : protocol === 17
        ? ports
        : protocol === (family === 4 ? 1 : 58)
          ? { icmpType: random.pick(ICMP_TYPES), icmpCode: random.below(3) }
          : {};
  return {
    atMs: Date.UTC(2026, 0, 4) + random.below(14 * 24 * 60) * 60_000 + random.pick([0, 59_999, 30_000]),
    direction: random.pick(['in', 'out']),
    family,
    protocol,
    source: random.pick(EDGES[family]),
    destination: random.pick(EDGES[family]),
    ...layer4,
    ...(random.chance(0.8) ? { sourceMac: random.pick(MACS), destinationMac: random.pick(MACS) } : {}),
    ...(random.chance(0.9)
      ? { interfaceName: random.pick(['eth0', 'eth0', 'eth0', 'eth0', 'eth1', 'eth1', 'eth2', 'lo']) }
      : {}),
    bytes: 60,
  };
}

export const randomState = (random: Random): ConnectionState => random.pick(STATES);
