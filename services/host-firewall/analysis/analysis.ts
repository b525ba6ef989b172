/**
 * Rules that do not do what they seem to: shadowed, redundant, conflicting, any-any. By intervals, for every packet
 * there can be, as long as it comes to the rules at all: loopback, the allow-list and the connection’s state are before.
 */
import type { FirewallRule, HostFirewallPolicy } from '../policy.ts';
import {
  byOrder,
  defaultOf,
  type Judged,
  judge,
  neighbours,
  outcomeOf,
  PIECES_MAX,
  type Placed,
} from './judge.ts';
import { KINDS, type Kind, Products, type Witness } from './products.ts';
import { contains, intersect } from './space.ts';

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

/** Of one rule: who reads more than this many would not find the one that matters. */
const CONFLICTS_MAX = 16;

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

const list = (ids: readonly string[]): string => ids.map((id) => `"${id}"`).join(', ');
