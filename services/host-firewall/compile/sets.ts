/** Elements of a policy as elements of nftables: inline where they are few, named sets where they are lists. */
import {
  type AddressInterval,
  addressIntervalOf,
  addressText,
  BITS,
  type Family,
  highest,
  type Interval,
  merged,
  portIntervalOf,
} from '../elements.ts';
import type { HostFirewallPolicy } from '../policy.ts';
import {
  type Element,
  isEqual,
  isNot,
  type Left,
  oneOf,
  type SetObject,
  type Statement,
  TABLE,
} from './nft.ts';

/** What a rule’s elements mean: of the first kind one, of the second none. */
interface Split {
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
}

/** One kind of number: IPv4, IPv6, or a port. */
interface Kind {
  readonly type: SetObject['type'];
  readonly letter: string;
  readonly max: bigint;
  intervalsOf(list: readonly (string | number)[]): readonly Interval[];
  elementOf(interval: Interval): Element;
}

const addresses = (family: Family): Kind => ({
  type: family === 4 ? 'ipv4_addr' : 'ipv6_addr',
  letter: `a${family}`,
  max: highest(family),
  intervalsOf: (list) =>
    merged(
      list
        .map((text) => addressIntervalOf(String(text)))
        .filter((found): found is AddressInterval => found?.family === family),
    ),
  elementOf: ({ low, high }) => addressElement(family, low, high),
});
const KINDS = { 4: addresses(4), 6: addresses(6) } as const;
const PORTS: Kind = {
  type: 'inet_service',
  letter: 'p',
  max: 65_535n,
  intervalsOf: (list) => merged(list.flatMap((port) => portIntervalOf(port) ?? [])),
  elementOf: ({ low, high }) => (low === high ? Number(low) : { range: [Number(low), Number(high)] }),
};

/** Every set that rules asked for, each once. */
export class Sets {
  readonly #policy: HostFirewallPolicy;
  readonly #made = new Map<string, SetObject>();
  readonly #unions = new Map<string, string>();
  readonly #intervals = new Map<string, readonly Interval[]>();

  constructor(policy: HostFirewallPolicy) {
    this.#policy = policy;
  }

  /** Statements that hold for these addresses; `null` when no address of that family can. */
  address(left: Left, elements: readonly string[], family: Family): readonly Statement[] | null {
    return this.#matching(left, elements, KINDS[family], this.#policy.addressLists);
  }

  ports(left: Left, elements: readonly (string | number)[]): readonly Statement[] | null {
    const statements = this.#matching(left, elements.map(String), PORTS, this.#policy.portLists);
    // "None of an empty list" still asks for a port: a later fragment has none.
    return statements?.length === 0 ? [isEqual(left, { range: [0, Number(PORTS.max)] })] : statements;
  }

  all(): readonly SetObject[] {
    return [...this.#made.values()];
  }

  #matching(
    left: Left,
    elements: readonly string[],
    kind: Kind,
    lists: Readonly<Record<string, readonly (string | number)[]>>,
  ): readonly Statement[] | null {
    const { wanted, unwanted } = split(elements);
    const statements: Statement[] = [];
    if (wanted.length > 0) {
      const positive = this.#wanted(left, wanted, kind, lists);
      if (positive === null) return null;
      statements.push(...positive);
    }
    for (const element of unwanted.filter(isReference)) {
      const list = this.#list(element, kind, lists);
      if (isEverything(list.intervals, kind)) return null;
      if (list.intervals.length > 0) statements.push(isNot(left, `@${list.name()}`));
    }
    const literal = kind.intervalsOf(unwanted.filter((element) => !isReference(element)));
    if (isEverything(literal, kind)) return null;
    if (literal.length > 0) statements.push(isNot(left, oneOf(literal.map((one) => kind.elementOf(one)))));
    return statements;
  }

  #wanted(
    left: Left,
    wanted: readonly string[],
    kind: Kind,
    lists: Readonly<Record<string, readonly (string | number)[]>>,
  ): readonly Statement[] | null {
    const literal = kind.intervalsOf(wanted.filter((element) => !isReference(element)));
    const referred = wanted
      .filter(isReference)
      .map((element) => this.#list(element, kind, lists))
      .filter(({ intervals }) => intervals.length > 0);
    const [only] = referred;
    if (only === undefined) {
      if (literal.length === 0) return null;
      // The family is asked for elsewhere; a port is there or not, whatever its number.
      if (isEverything(literal, kind) && kind !== PORTS) return [];
      return [isEqual(left, oneOf(literal.map((one) => kind.elementOf(one))))];
    }
    if (literal.length === 0 && referred.length === 1) return [isEqual(left, `@${only.name()}`)];
    return [
      isEqual(
        left,
        `@${this.#union(wanted, kind, [...literal, ...referred.flatMap((list) => list.intervals)])}`,
      ),
    ];
  }

  #list(
    element: string,
    kind: Kind,
    lists: Readonly<Record<string, readonly (string | number)[]>>,
  ): { readonly intervals: readonly Interval[]; name(): string } {
    const name = `${kind.letter}_${element.slice(1)}`;
    const intervals = this.#intervals.get(name) ?? kind.intervalsOf(lists[element.slice(1)] ?? []);
    this.#intervals.set(name, intervals);
    return { intervals, name: () => this.#make(name, kind, intervals) };
  }

  /** Several lists in one field: a match cannot say "or", one set can. */
  #union(wanted: readonly string[], kind: Kind, intervals: readonly Interval[]): string {
    const key = `${kind.letter} ${wanted.toSorted().join(' ')}`;
    const name = this.#unions.get(key) ?? `u${kind.letter}_${this.#unions.size}`;
    this.#unions.set(key, name);
    return this.#made.has(name) ? name : this.#make(name, kind, merged(intervals));
  }

  #make(name: string, kind: Kind, intervals: readonly Interval[]): string {
    if (!this.#made.has(name))
      this.#made.set(name, {
        family: 'inet',
        table: TABLE,
        name,
        type: kind.type,
        // Of single values the kernel makes a hash table: a hundred thousand load in a fraction of the time.
        flags: intervals.every(({ low, high }) => low === high) ? [] : ['interval'],
        ...(intervals.length === 0 ? {} : { elem: intervals.map((one) => kind.elementOf(one)) }),
      });
    return name;
  }
}

/** An address, the prefix that is just these addresses, or a range. */
export function addressElement(family: Family, low: bigint, high: bigint): Element {
  if (low === high) return addressText(family, low);
  const size = high - low + 1n;
  const isPrefix = (size & (size - 1n)) === 0n && low % size === 0n;
  if (!isPrefix) return { range: [addressText(family, low), addressText(family, high)] };
  return { prefix: { addr: addressText(family, low), len: BITS[family] - (size.toString(2).length - 1) } };
}

const isReference = (element: string): boolean => element.startsWith('@');

function isEverything(intervals: readonly Interval[], { max }: Kind): boolean {
  return intervals.length === 1 && intervals[0]?.low === 0n && intervals[0].high === max;
}

function split(elements: readonly string[]): Split {
  return {
    wanted: elements.filter((element) => !element.startsWith('!')),
    unwanted: elements.filter((element) => element.startsWith('!')).map((element) => element.slice(1)),
  };
}
