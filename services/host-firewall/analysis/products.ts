/** Rules as products, and a point of a product as a packet again. */
import {
  type AddressInterval,
  addressIntervalOf,
  addressText,
  type Family,
  highest,
  merged,
  portIntervalOf,
} from '../elements.ts';
import type { DirectedPacket } from '../oracle/oracle.ts';
import { type FirewallRule, type HostFirewallPolicy, TCP_FLAG_NAMES, WEEKDAYS } from '../policy.ts';
import { type Axis, intersectAxis, one, type Product, pointOf, span, subtractAxis } from './space.ts';

/** Kinds have dimensions of their own, so every point of a product is a packet that can be. */
export const CLASSES = ['tcp', 'udp', 'icmp', 'other'] as const;
export interface Kind {
  readonly direction: 'in' | 'out';
  readonly family: Family;
  readonly class: (typeof CLASSES)[number];
}
export const KINDS: readonly Kind[] = (['in', 'out'] as const).flatMap((direction) =>
  ([4, 6] as const).flatMap((family) => CLASSES.map((name): Kind => ({ direction, family, class: name }))),
);

export interface Witness {
  readonly packet: DirectedPacket;
  readonly contexts: readonly string[];
}

const MINUTES = 1_440;
const SYN = 2;
/** Which dimension of TCP: after two addresses and two ports. */
const FLAGS = 4;
/** 1970-01-04, a Sunday: the week that points are put into. */
const SUNDAY_MS = 3 * 86_400_000;
const TYPE_CODES = 65_536;

export class Products {
  readonly #policy: HostFirewallPolicy;
  readonly #interfaces: readonly string[];
  readonly #macs: readonly string[];
  readonly #contexts: readonly string[];

  constructor(policy: HostFirewallPolicy) {
    this.#policy = policy;
    this.#interfaces = [...new Set(policy.rules.flatMap(({ interfaces }) => interfaces))];
    this.#macs = [...new Set(policy.rules.flatMap((rule) => [...rule.sourceMac, ...rule.destinationMac]))];
    this.#contexts = Object.keys(policy.contexts);
  }

  /** What a rule matches among packets of one kind; `null` when nothing. */
  of(rule: FirewallRule, kind: Kind): Product | null {
    if (rule.direction !== kind.direction || (rule.family !== 'any' && rule.family !== kind.family))
      return null;
    const layer4 = this.#layer4(rule, kind);
    if (layer4 === null) return null;
    const { addressLists } = this.#policy;
    const product: Product = [
      addressAxis(rule.source, kind.family, addressLists),
      addressAxis(rule.destination, kind.family, addressLists),
      ...layer4,
      // The last number is every name that no rule says, and no name at all.
      namesAxis(rule.interfaces, this.#interfaces),
      namesAxis(rule.sourceMac, this.#macs),
      namesAxis(rule.destinationMac, this.#macs),
      rule.schedule === undefined
        ? span(0, 7 * MINUTES - 1)
        : weekAxis(this.#policy.schedules[rule.schedule] ?? []),
      ...this.#contexts.map((name) => (rule.context === name ? one(1) : span(0, 1))),
    ];
    return product.some((axis) => axis.length === 0) ? null : product;
  }

  #layer4(rule: FirewallRule, kind: Kind): readonly Axis[] | null {
    const own = protocolAxis(rule, kind.family);
    const number = { tcp: 6, udp: 17, icmp: kind.family === 4 ? 1 : 58, other: null }[kind.class];
    if (number === null) {
      const others = [6, 17, kind.family === 4 ? 1 : 58].reduce(
        (axis, taken) => subtractAxis(axis, one(taken)),
        own,
      );
      return others.length === 0 ? null : [others];
    }
    if (intersectAxis(own, one(number)).length === 0) return null;
    if (kind.class === 'icmp') return [icmpAxis(rule)];
    const ports = [portAxis(rule.sourcePorts, this.#policy), portAxis(rule.destinationPorts, this.#policy)];
    return kind.class === 'tcp' ? [...ports, flagsAxis(rule)] : ports;
  }

  witness(product: Product, kind: Kind): Witness {
    const [source = 0n, destination = 0n, ...rest] = [...pointOf(product)];
    // A packet without flags would never come to the rules: a SYN does.
    if (kind.class === 'tcp' && intersectAxis(product[FLAGS] ?? [], one(SYN)).length > 0)
      rest[FLAGS - 2] = BigInt(SYN);
    const next = (): number => Number(rest.shift() ?? 0n);
    const { direction, family } = kind;
    const head = {
      direction,
      family,
      source: addressText(family, source),
      destination: addressText(family, destination),
    };
    const ported = (): object => ({ sourcePort: next(), destinationPort: next() });
    const icmp = (): object => {
      const typeCode = next();
      return { icmpType: typeCode >> 8, icmpCode: typeCode & 255 };
    };
    const layer4 =
      kind.class === 'tcp'
        ? { protocol: 6, ...ported(), tcpFlags: next() }
        : kind.class === 'udp'
          ? { protocol: 17, ...ported() }
          : kind.class === 'icmp'
            ? { protocol: family === 4 ? 1 : 58, ...icmp() }
            : { protocol: next() };
    const [interfaceName, sourceMac, destinationMac] = [
      this.#interfaces[next()],
      this.#macs[next()],
      this.#macs[next()],
    ];
    const packet: DirectedPacket = {
      ...head,
      ...layer4,
      ...(interfaceName === undefined ? {} : { interfaceName }),
      ...(sourceMac === undefined ? {} : { sourceMac }),
      ...(destinationMac === undefined ? {} : { destinationMac }),
      atMs: SUNDAY_MS + next() * 60_000,
      bytes: 60,
    };
    return { packet, contexts: this.#contexts.filter(() => next() === 1) };
  }
}

function combined(
  elements: readonly (string | number)[],
  everything: Axis,
  axisOf: (element: string) => Axis,
): Axis {
  const union = (some: readonly string[]): Axis => merged(some.flatMap(axisOf));
  const texts = elements.map(String);
  const wanted = texts.filter((text) => !text.startsWith('!'));
  const unwanted = texts.filter((text) => text.startsWith('!')).map((text) => text.slice(1));
  return subtractAxis(wanted.length === 0 ? everything : union(wanted), union(unwanted));
}

function addressAxis(
  elements: readonly string[],
  family: Family,
  lists: HostFirewallPolicy['addressLists'],
): Axis {
  return combined(elements, span(0, highest(family)), (element) =>
    (element.startsWith('@') ? (lists[element.slice(1)] ?? []) : [element])
      .map(addressIntervalOf)
      .filter((found): found is AddressInterval => found?.family === family),
  );
}

function portAxis(elements: readonly (string | number)[], { portLists }: HostFirewallPolicy): Axis {
  return combined(elements, span(0, 65_535), (element) =>
    (element.startsWith('@') ? (portLists[element.slice(1)] ?? []) : [element]).flatMap(
      (port) => portIntervalOf(port) ?? [],
    ),
  );
}

function protocolAxis({ protocol }: FirewallRule, family: Family): Axis {
  if (protocol === 'any') return span(0, 255);
  if (typeof protocol === 'number') return one(protocol);
  if (protocol === 'icmp') return family === 4 ? one(1) : [];
  if (protocol === 'icmpv6') return family === 6 ? one(58) : [];
  return one(protocol === 'tcp' ? 6 : 17);
}

function icmpAxis({ icmp }: FirewallRule): Axis {
  if (icmp.length === 0) return span(0, TYPE_CODES - 1);
  return merged(
    icmp.flatMap(({ type, code }) =>
      code === undefined ? span(type * 256, type * 256 + 255) : one(type * 256 + code),
    ),
  );
}

function flagsAxis({ tcpFlags }: FirewallRule): Axis {
  if (tcpFlags === undefined) return span(0, 255);
  const bits = (names: readonly string[]): number =>
    TCP_FLAG_NAMES.reduce((sum, name, bit) => (names.includes(name) ? sum | (1 << bit) : sum), 0);
  const [mask, value] = [bits(tcpFlags.mask), bits(tcpFlags.value)];
  return merged(
    Array.from({ length: 256 }, (_, flags) => flags)
      .filter((flags) => (flags & mask) === value)
      .flatMap(one),
  );
}

function namesAxis(wanted: readonly string[], known: readonly string[]): Axis {
  if (wanted.length === 0) return span(0, known.length);
  return merged(wanted.map((name) => known.indexOf(name)).flatMap(one));
}

function weekAxis(windows: HostFirewallPolicy['schedules'][string]): Axis {
  const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  return merged(
    windows.flatMap(({ weekdays, from, to }) =>
      weekdays.flatMap((day) => {
        const start = WEEKDAYS.indexOf(day) * MINUTES;
        return span(start + minutes(from), start + minutes(to) - 1);
      }),
    ),
  );
}
