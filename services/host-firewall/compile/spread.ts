/**
 * Rules with small sets of their own as several rules without. The kernel looks every set of a transaction up among
 * all the others: 1,000 rules with a set each take 0.3 s, 10,000 more than 15 s.
 */
import type { Judged } from './fold.ts';
import type { Element, Statement } from './nft.ts';

/** Rules with sets of their own; below this the sets are cheaper for packets than the rules. */
const SETS_MAX = 200;
/** One rule never becomes more. */
const ALTERNATIVES_MAX = 8;

/** The elements of a set are disjoint, so a packet still meets one alternative at most. */
export function spread(rules: readonly Judged[]): readonly Judged[] {
  if (rules.filter(({ asks }) => asks.some(hasOwnSet)).length <= SETS_MAX) return rules;
  return rules.flatMap((judged) => alternatives(judged).map((asks) => ({ ...judged, asks })));
}

function alternatives({ asks }: Judged): readonly (readonly Statement[])[] {
  let out: readonly (readonly Statement[])[] = [[]];
  for (const ask of asks) {
    const elements = elementsOf(ask);
    if (elements === undefined || !('match' in ask)) out = out.map((before) => [...before, ask]);
    else {
      const each = elements.map((right): Statement => ({ match: { ...ask.match, right } }));
      // "None of these" is one after the other; "one of these" is a rule each.
      if (ask.match.op === '!=') out = out.map((before) => [...before, ...each]);
      else out = out.flatMap((before) => each.map((one) => [...before, one]));
    }
    if (out.length > ALTERNATIVES_MAX) return [asks];
  }
  return out;
}

const hasOwnSet = (ask: Statement): boolean => elementsOf(ask) !== undefined;

function elementsOf(ask: Statement): readonly Element[] | undefined {
  if (!('match' in ask) || ask.match.op === 'in') return undefined;
  const { right } = ask.match;
  return typeof right === 'object' && 'set' in right ? right.set : undefined;
}
