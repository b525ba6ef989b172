/** What is read off the entries of a window: a piece of a group's list, from `first` to `last`. */
import { holds } from '../expression.ts';
import { boundsHold } from '../plan.ts';
import { NONE } from './entries.ts';
import type { RuleState, State } from './state.ts';

/** What bounds are held against; undefined where there is nothing to measure. `first` may be none. */
export function measured(state: State, rule: RuleState, first: number, last: number): number | undefined {
  if (first === NONE) return rule.plan.measure === 'statistic' ? undefined : 0;
  switch (rule.plan.measure) {
    case 'events':
      return rule.isInterned
        ? different(state, first, last, Number.POSITIVE_INFINITY)
        : countOf(state, first, last);
    case 'values':
      return different(state, first, last, Number.POSITIVE_INFINITY);
    case 'rules':
      return bitsIn(inputsIn(state, first, last));
    case 'order':
      return chainIn(state, rule, first, last);
    case 'statistic':
      return statisticIn(state, rule, first, last);
  }
}

export function conditionHolds(rule: RuleState, value: number | undefined): boolean {
  const { condition } = rule.linked.rule;
  return condition.kind === 'measure' && value !== undefined && boundsHold(condition.bounds, value);
}

export function countOf({ entries }: State, first: number, last: number): number {
  let count = 1;
  for (let entry = last; entry !== first; entry = entries.before(entry)) count += 1;
  return count;
}

/** Different kinds, from the end; stops at `enough`. */
export function different(state: State, first: number, last: number, enough: number): number {
  const { entries, interner } = state;
  interner.startCount();
  let count = 0;
  for (let entry = last; ; entry = entries.before(entry)) {
    if (interner.isNew(entries.kindOf(entry))) {
      count += 1;
      if (count >= enough) return count;
    }
    if (entry === first) return count;
  }
}

/** The inputs that matched, as bits. */
export function inputsIn({ entries }: State, first: number, last: number): number {
  let bits = 0;
  for (let entry = last; ; entry = entries.before(entry)) {
    bits |= 1 << entries.kindOf(entry);
    if (entry === first) return bits;
  }
}

export function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Whether an expression holds: `around` is where what must not have happened is looked for. */
export function expressionHolds({ linked }: RuleState, bits: number, around: number): boolean {
  const { condition, rules } = linked.rule;
  if (condition.kind !== 'expression') return false;
  return holds(
    condition.expression,
    (rule, isNegated) => ((isNegated ? around : bits) & (1 << rules.indexOf(rule))) !== 0,
  );
}

/**
 * In order: the most inputs that matched one after the other as the rule lists them; with an expression, 1
 * when one of its chains is there as a whole. What has the same time is in any order.
 */
export function chainIn({ entries }: State, rule: RuleState, first: number, last: number): number {
  const { chains } = rule;
  const reached = new Int32Array(chains?.length ?? rule.linked.inputs.length);
  let longest = 0;
  for (let entry = first; ; entry = entries.after(entry)) {
    const kind = entries.kindOf(entry);
    if (chains === undefined) {
      let before = 0;
      for (let input = 0; input < kind; input += 1) before = Math.max(before, reached[input] ?? 0);
      if (before + 1 > (reached[kind] ?? 0)) reached[kind] = before + 1;
      longest = Math.max(longest, reached[kind] ?? 0);
    } else {
      for (const [at, chain] of chains.entries()) {
        const done = reached[at] ?? 0;
        if (chain[done] !== kind) continue;
        reached[at] = done + 1;
        if (done + 1 === chain.length) return 1;
      }
    }
    if (entry === last) return longest;
  }
}

/** Added up in order of size, so that the order of arrival is in no digit of the result. */
function statisticIn({ entries }: State, rule: RuleState, first: number, last: number): number {
  const values: number[] = [];
  for (let entry = last; ; entry = entries.before(entry)) {
    values.push(entries.values[entry] ?? 0);
    if (entry === first) break;
  }
  const sorted = Float64Array.from(values).sort();
  const at = (index: number): number => sorted[index] ?? 0;
  const { type, condition } = rule.linked.rule;
  if (type === 'value_median') {
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  }
  if (type === 'value_percentile') {
    // Nearest rank: the least value that so many percent of the values do not exceed.
    const percentile = condition.kind === 'measure' ? (condition.percentile ?? 100) : 100;
    return at(Math.max(Math.ceil((percentile / 100) * sorted.length) - 1, 0));
  }
  let sum = 0;
  for (const value of sorted) sum += value;
  return type === 'value_avg' ? sum / sorted.length : sum;
}
