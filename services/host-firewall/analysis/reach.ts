/**
 * From where new connections are let through to one port: the set of sources, exactly, by the same intervals as the
 * checks of a policy. Whatever is not known of a packet (its time, interface, source port, flags, the machine's contexts)
 * is taken as whoever wants in would have it. Pure.
 *
 * What remembers more than one packet is left out: the block-list, rates and an isolation only ever close more.
 */
import type { Family } from '../elements.ts';
import { addressIntervalOf, addressOf, merged } from '../elements.ts';
import { type AllowListEntry, FirewallRule, type HostFirewallPolicy } from '../policy.ts';
import { byOrder, outcomeOf } from './judge.ts';
import { type Kind, Products } from './products.ts';
import { type Axis, intersect, intersectAxis, type Product, span, subtract } from './space.ts';

export interface AskedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** That it listens on; what is no address, and the one that stands for all, is any. */
  readonly address: string;
}

/** Sources by family, sorted and disjoint; a family that the port does not listen for has none. */
export type Sources = Readonly<Record<Family, Axis>>;

/** Of one port and family: beyond, nobody knows. A policy that a person wrote leaves a few. */
export const PIECES_MAX = 500;
/** Rules, and what stands in the lists that they name: together a quarter of a second for each family and protocol. */
export const PARTS_MAX = 50_000;

/** Products have the flags of TCP after two addresses and two ports. */
const FLAGS = 4;

export class Reach {
  readonly #policy: HostFirewallPolicy;
  readonly #products: Products;
  readonly #ordered: readonly FirewallRule[];
  readonly #placed = new Map<string, readonly Placed[]>();
  /** Of a policy that is too large nothing is said. */
  readonly isTooLarge: boolean;

  constructor(policy: HostFirewallPolicy) {
    this.#policy = policy;
    this.#products = new Products(policy);
    this.#ordered = policy.rules
      .filter(({ enabled, action, direction }) => enabled && action !== 'log-only' && direction === 'in')
      .toSorted(byOrder);
    this.isTooLarge = partsOf(this.#ordered, policy) + policy.allowList.length > PARTS_MAX;
  }

  /** @returns undefined where it would take too many pieces to tell */
  of({ protocol, port, address }: AskedPort): Sources | undefined {
    if (this.isTooLarge) return undefined;
    const found: Record<Family, Axis> = { 4: [], 6: [] };
    for (const [family, destination] of destinationsOf(address)) {
      const kind: Kind = { direction: 'in', family, class: protocol };
      const asked = this.#products.of(ruleOf({ protocol, destinationPorts: [port], destination }), kind);
      if (asked === null) continue;
      const sources = this.#let(asSyn(asked, kind), kind);
      if (sources === undefined) return undefined;
      found[family] = sources;
    }
    return found;
  }

  #let(asked: Product, kind: Kind): Axis | undefined {
    let left: readonly Product[] = [asked];
    let sources: Axis = [];
    const add = (pieces: readonly Product[]): void => {
      sources = merged([...sources, ...pieces.flatMap(([axis = []]) => axis)]);
    };
    for (const { product, isLet } of this.#inOrder(kind)) {
      const common = left
        .map((piece) => intersect(piece, product))
        .filter((piece): piece is Product => piece !== null);
      if (common.length === 0) continue;
      if (isLet) add(common);
      left = left.flatMap((piece) => subtract(piece, product));
      if (left.length > PIECES_MAX) return undefined;
      if (left.length === 0) return sources;
    }
    if (this.#policy.defaultAction.in === 'allow') add(left);
    return sources;
  }

  /** As the road of a packet has them: the allow-list, essentials, the rules. */
  #inOrder(kind: Kind): readonly Placed[] {
    const name = `${kind.family} ${kind.class}`;
    const known = this.#placed.get(name);
    if (known !== undefined) return known;
    const always = [
      ...this.#policy.allowList.map(ruleOfEntry),
      ...(this.#policy.essentials ? ESSENTIALS : []),
    ];
    const placed = [...always, ...this.#ordered].flatMap((rule): readonly Placed[] => {
      const product = this.#products.of(rule, kind);
      return product === null ? [] : [{ product, isLet: outcomeOf(rule) !== 'drop' }];
    });
    this.#placed.set(name, placed);
    return placed;
  }
}

interface Placed {
  readonly product: Product;
  readonly isLet: boolean;
}

const ruleOf = (more: object): FirewallRule =>
  FirewallRule.parse({ id: 'asked', direction: 'in', action: 'force-allow', ...more });

const ruleOfEntry = ({ peer, protocol, localPorts, remotePorts }: AllowListEntry): FirewallRule =>
  ruleOf({ source: [peer], protocol, destinationPorts: localPorts, sourcePorts: remotePorts });

/** Those that come to a port: DHCP's answers (RFC 2131, RFC 8415). */
const ESSENTIALS: readonly FirewallRule[] = [
  ruleOf({ family: 4, protocol: 'udp', sourcePorts: [67], destinationPorts: [68] }),
  ruleOf({ family: 6, protocol: 'udp', sourcePorts: [547], destinationPorts: [546] }),
];

function destinationsOf(written: string): readonly (readonly [Family, readonly string[]])[] {
  const address = written.replace(/^\[|\]$|%.*$/g, '');
  const found = addressOf(address);
  const any = [
    [4, []],
    [6, []],
  ] as const;
  if (found === null) return any;
  // A socket of IPv6 for all addresses takes what comes by IPv4, too.
  if (found.value === 0n) return found.family === 6 ? any : [[4, []]];
  const mapped = found.family === 6 && found.value >> 32n === 0xffffn;
  if (!mapped) return [[found.family, [address]]];
  const four = [24n, 16n, 8n, 0n].map((shift) => (found.value >> shift) & 255n).join('.');
  return four === '0.0.0.0' ? [[4, []]] : [[4, [four]]];
}

/** SYN, with what else may go with it; neither ACK, RST nor FIN, with which nothing begins (RFC 9293 section 3.10.7.2). */
const SYNS: Axis = merged(
  Array.from({ length: 256 }, (_, flags) => flags)
    .filter((flags) => (flags & 0b1_0111) === 0b0_0010)
    .flatMap((flags) => span(flags, flags)),
);

const asSyn = (product: Product, kind: Kind): Product =>
  kind.class === 'tcp'
    ? product.map((axis, index) => (index === FLAGS ? intersectAxis(axis, SYNS) : axis))
    : product;

function partsOf(rules: readonly FirewallRule[], { addressLists, portLists }: HostFirewallPolicy): number {
  const sizeOf = (
    elements: readonly (string | number)[],
    lists: Readonly<Record<string, unknown[]>>,
  ): number =>
    elements.reduce<number>((sum, element) => {
      const [, name] = /^!?@(.*)$/.exec(String(element)) ?? [];
      return sum + (name === undefined ? 1 : (lists[name]?.length ?? 0));
    }, 0);
  return rules.reduce(
    (sum, { source, destination, sourcePorts, destinationPorts }) =>
      sum +
      1 +
      sizeOf([...source, ...destination], addressLists) +
      sizeOf([...sourcePorts, ...destinationPorts], portLists),
    0,
  );
}

/** How many addresses an axis has. */
export const sizeOf = (axis: Axis): bigint => axis.reduce((sum, { low, high }) => sum + high - low + 1n, 0n);

/** Of prefixes of both families, those of one. */
export const axisOf = (prefixes: readonly string[], family: Family): Axis =>
  merged(
    prefixes.flatMap((prefix) => {
      const found = addressIntervalOf(prefix);
      return found?.family === family ? [found] : [];
    }),
  );
