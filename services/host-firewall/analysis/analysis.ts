/**
 * Rules that do not do what they seem to: shadowed, redundant, conflicting, any-any. By intervals, for every packet
 * there can be, as long as it comes to the rules at all: loopback, the allow-list and the connection’s state are before.
 */
import { ACTIONS, type FirewallRule, type HostFirewallPolicy } from '../policy.ts';
import { Bounds } from './bounds.ts';
import { KINDS, type Kind, Products, type Witness } from './products.ts';
import { contains, intersect, overlap, type Product, subtract } from './space.ts';

export interface Finding extends Partial<Witness> {
  /**
   * `shadowed`: it never decides, and would decide otherwise than those before it. `redundant`: without it every
   * verdict stays the same. `conflicting`: it and an earlier one overlap in part and disagree there. `any-any`: it
   * lets through whatever there is of one family. `undecided`: too many pieces to tell.
   */
  readonly kind: 'shadowed' | 'redundant' | 'conflicting' | 'any-any' | 'undecided';
  readonly rule: string;
  /** Those that it is about besides: who decides instead, or who disagrees. */
  readonly others: readonly string[];
  readonly because: string;
}

/** What is left of one rule after those before it; more pieces than this are not followed. */
const PIECES_MAX = 2_000;
/** Of one rule: who reads more than this many would not find the one that matters. */
const CONFLICTS_MAX = 16;

type Outcome = 'bypass' | 'pass' | 'drop';
interface Placed {
  readonly rule: FirewallRule;
  readonly product: Product;
}
/** What one kind of packet says about one rule. */
interface Judged {
  readonly kind: Kind;
  readonly decides: boolean;
  readonly matters: boolean;
  readonly others: ReadonlySet<string>;
  readonly isOverruled: boolean;
  readonly shown: Product;
}

export function findingsOf(policy: HostFirewallPolicy): readonly Finding[] {
  const products = new Products(policy);
  const ordered = policy.rules
    .filter(({ enabled, action }) => enabled && action !== 'log-only')
    .toSorted(byOrder);
  const judged = new Map<string, Judged[]>();
  const undecided = new Set<string>();
  const conflicts = new Map<string, Map<string, Finding>>();
  for (const kind of KINDS) {
    const placed = ordered.flatMap((rule): readonly Placed[] => {
      const product = products.of(rule, kind);
      return product === null ? [] : [{ rule, product }];
    });
    const standard = defaultOf(policy, kind);
    const { before, after } = neighbours(placed);
    for (const [index, current] of placed.entries()) {
      const [earlier, later] = [before[index] ?? [], after[index] ?? []];
      const verdict = judge(current, earlier, later, standard, kind);
      if (verdict === null) undecided.add(current.rule.id);
      else judged.set(current.rule.id, [...(judged.get(current.rule.id) ?? []), verdict]);
      const known = conflicts.get(current.rule.id) ?? new Map<string, Finding>();
      conflicts.set(current.rule.id, known);
      for (const finding of conflictsOf(current, earlier, products, kind))
        if (known.size < CONFLICTS_MAX && !known.has(finding.others[0] ?? ''))
          known.set(finding.others[0] ?? '', finding);
    }
  }
  return ordered.flatMap((rule) => [
    ...anyAny(rule, products, policy),
    ...(undecided.has(rule.id) ? [tooMany(rule)] : overall(rule, judged.get(rule.id) ?? [], products)),
    ...(conflicts.get(rule.id)?.values() ?? []),
  ]);
}

/** Who has packets in common with whom, before and after it in the order. */
function neighbours(placed: readonly Placed[]): {
  readonly before: readonly Placed[][];
  readonly after: readonly Placed[][];
} {
  const before = placed.map((): Placed[] => []);
  const after = placed.map((): Placed[] => []);
  const bounds = new Bounds(placed.map(({ product }) => product));
  for (const [index, later] of placed.entries()) {
    for (let at = 0; at < index; at += 1) {
      const earlier = placed[at];
      if (!bounds.meet(at, index) || earlier === undefined) continue;
      if (!overlap(earlier.product, later.product)) continue;
      before[index]?.push(earlier);
      after[at]?.push(later);
    }
  }
  return { before, after };
}

function judge(
  { rule, product }: Placed,
  before: readonly Placed[],
  after: readonly Placed[],
  standard: Outcome | null,
  kind: Kind,
): Judged | null {
  let left: readonly Product[] = [product];
  const others = new Set<string>();
  let [isOverruled, shown] = [false, product];
  for (const earlier of before) {
    const common = left.map((piece) => intersect(piece, earlier.product)).find((piece) => piece !== null);
    if (common === undefined || common === null) continue;
    if (others.size === 0) shown = common;
    if (outcomeOf(earlier.rule) !== outcomeOf(rule) && !isOverruled) [isOverruled, shown] = [true, common];
    others.add(earlier.rule.id);
    left = left.flatMap((piece) => subtract(piece, earlier.product));
    if (left.length > PIECES_MAX) return null;
  }
  const decides = left.length > 0;
  if (!decides) return { kind, decides, matters: false, others, isOverruled, shown };
  const instead = new Set<string>();
  shown = left[0] ?? product;
  for (const later of after) {
    if (!left.some((piece) => overlap(piece, later.product))) continue;
    if (outcomeOf(later.rule) !== outcomeOf(rule))
      return { kind, decides, matters: true, others: instead, isOverruled, shown };
    instead.add(later.rule.id);
    left = left.flatMap((piece) => subtract(piece, later.product));
    if (left.length > PIECES_MAX) return null;
  }
  const matters = left.length > 0 && standard !== outcomeOf(rule);
  return { kind, decides, matters, others: instead, isOverruled, shown };
}

/** A rule is what it is over all kinds of packets together. */
function overall(rule: FirewallRule, judged: readonly Judged[], products: Products): readonly Finding[] {
  const about = { rule: rule.id, others: [...new Set(judged.flatMap(({ others }) => [...others]))] };
  const [first] = judged;
  if (first === undefined)
    return [{ kind: 'redundant', rule: rule.id, others: [], because: 'it matches no packet at all' }];
  const overruled = judged.find(({ isOverruled }) => isOverruled);
  if (!judged.some(({ decides }) => decides)) {
    const shown = overruled ?? first;
    const kind = overruled === undefined ? 'redundant' : 'shadowed';
    const because = `whatever it matches is decided before it by ${list(about.others)}`;
    return [{ ...about, kind, because, ...products.witness(shown.shown, shown.kind) }];
  }
  if (judged.some(({ matters }) => matters)) return [];
  const shown = judged.find(({ decides }) => decides) ?? first;
  const because =
    about.others.length === 0
      ? 'the default decides the same'
      : `without it ${list(about.others)} or the default decide the same`;
  return [{ ...about, kind: 'redundant', because, ...products.witness(shown.shown, shown.kind) }];
}

function conflictsOf(
  current: Placed,
  before: readonly Placed[],
  products: Products,
  kind: Kind,
): readonly Finding[] {
  const found: Finding[] = [];
  for (const earlier of before) {
    if (found.length === CONFLICTS_MAX) break;
    if ((outcomeOf(earlier.rule) === 'drop') === (outcomeOf(current.rule) === 'drop')) continue;
    // One inside the other is an exception and meant so, or shadowed and said elsewhere.
    if (contains(earlier.product, current.product) || contains(current.product, earlier.product)) continue;
    const common = intersect(earlier.product, current.product);
    if (common === null) continue;
    found.push({
      kind: 'conflicting',
      rule: current.rule.id,
      others: [earlier.rule.id],
      because: `"${earlier.rule.id}" (${earlier.rule.action}) comes first where they overlap, and each matches more`,
      ...products.witness(common, kind),
    });
  }
  return found;
}

function anyAny(rule: FirewallRule, products: Products, policy: HostFirewallPolicy): readonly Finding[] {
  if (outcomeOf(rule) === 'drop') return [];
  const { id, direction } = rule;
  // The same rule asking for nothing, but for when and where it is in force at all.
  const everything: FirewallRule = {
    ...rule,
    family: 'any',
    protocol: 'any',
    source: [],
    destination: [],
    sourcePorts: [],
    destinationPorts: [],
    sourceMac: [],
    destinationMac: [],
    tcpFlags: undefined,
    icmp: [],
    interfaces: [],
  };
  for (const family of [4, 6] as const) {
    const kinds = KINDS.filter((kind) => kind.direction === direction && kind.family === family);
    const whole = kinds.every((kind) => {
      const mine = products.of(rule, kind);
      const all = products.of(everything, kind);
      return mine !== null && all !== null && contains(mine, all);
    });
    const [kind] = kinds;
    const product = kind === undefined ? null : products.of(rule, kind);
    if (whole && kind !== undefined && product !== null)
      return [
        {
          kind: 'any-any',
          rule: id,
          others: [],
          because: `it lets every packet of IPv${family} ${direction}, and the default would${policy.defaultAction[direction] === 'deny' ? ' not' : ' too'}`,
          ...products.witness(product, kind),
        },
      ];
  }
  return [];
}

const tooMany = ({ id }: FirewallRule): Finding => ({
  kind: 'undecided',
  rule: id,
  others: [],
  because: `the rules around it cut it into more than ${PIECES_MAX} pieces`,
});

function outcomeOf({ action }: FirewallRule): Outcome {
  if (action === 'deny') return 'drop';
  return action === 'bypass' ? 'bypass' : 'pass';
}

/** `null` where it depends on the connection: no rule says the same as such a default. */
function defaultOf({ defaultAction, stateful }: HostFirewallPolicy, { direction }: Kind): Outcome | null {
  if (defaultAction[direction] === 'allow') return 'pass';
  return stateful.established === 'judge' ? null : 'drop';
}

const byOrder = (a: FirewallRule, b: FirewallRule): number =>
  b.priority - a.priority || ACTIONS.indexOf(a.action) - ACTIONS.indexOf(b.action);

const list = (ids: readonly string[]): string => ids.map((id) => `"${id}"`).join(', ');
