/** What one rule still decides after those before it, and whether it would be missed. */
import { ACTIONS, type FirewallRule, type HostFirewallPolicy } from '../policy.ts';
import { Bounds } from './bounds.ts';
import type { Kind } from './products.ts';
import { intersect, overlap, type Product, subtract } from './space.ts';

/** What is left of one rule after those before it; more pieces than this are not followed. */
export const PIECES_MAX = 2_000;

export type Outcome = 'bypass' | 'pass' | 'drop';
export interface Placed {
  readonly rule: FirewallRule;
  readonly product: Product;
}
/** What one kind of packet says about one rule. */
export interface Judged {
  readonly kind: Kind;
  readonly decides: boolean;
  readonly matters: boolean;
  readonly others: ReadonlySet<string>;
  readonly isOverruled: boolean;
  readonly shown: Product;
}

/** Who has packets in common with whom, before and after it in the order. */
export function neighbours(placed: readonly Placed[]): {
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

export function judge(
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

export function outcomeOf({ action }: FirewallRule): Outcome {
  if (action === 'deny') return 'drop';
  return action === 'bypass' ? 'bypass' : 'pass';
}

/** `null` where it depends on the connection: no rule says the same as such a default. */
export function defaultOf(
  { defaultAction, stateful }: HostFirewallPolicy,
  { direction }: Kind,
): Outcome | null {
  if (defaultAction[direction] === 'allow') return 'pass';
  return stateful.established === 'judge' ? null : 'drop';
}

export const byOrder = (a: FirewallRule, b: FirewallRule): number =>
  b.priority - a.priority || ACTIONS.indexOf(a.action) - ACTIONS.indexOf(b.action);
