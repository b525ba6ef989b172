/**
 * Rules that more matches can only make more true: decided with each match, whatever order they come in.
 *
 * A match can change the windows that end at its own instant or within the timespan after it, and none else.
 */
import { NONE } from './entries.ts';
import { firstAfter, lastOfInstant, type RuleState, type State } from './state.ts';
import { holdAt } from './tell.ts';
import { bitsIn, chainIn, expressionHolds } from './window.ts';

/** @param entry was put into the group just now */
export function rise(state: State, rule: RuleState, group: number, entry: number): void {
  if (rule.plan.measure === 'events' && !rule.isInterned) riseByCount(state, rule, group, entry);
  else if (rule.plan.measure === 'order') riseInOrder(state, rule, group, entry);
  else riseByKind(state, rule, group, entry);
}

/** Keeps `nths` right; called once for each entry, right after it was put in. */
export function countIn({ entries, groups }: State, { plan }: RuleState, group: number, entry: number): void {
  const size = groups.sizes[group] ?? 0;
  const nth = groups.nths[group] ?? NONE;
  if (size === plan.threshold) groups.nths[group] = groups.heads[group] ?? NONE;
  else if (nth !== NONE && entries.timeOf(entry) >= entries.timeOf(nth))
    groups.nths[group] = entries.after(nth);
}

function riseByCount(state: State, rule: RuleState, group: number, entry: number): void {
  const { entries, groups } = state;
  const { timespanMs } = rule.linked.rule;
  const timeMs = entries.timeOf(entry);
  const tail = groups.tails[group] ?? NONE;
  if (entries.timeOf(tail) === timeMs) {
    const nth = groups.nths[group] ?? NONE;
    if (nth !== NONE && entries.timeOf(nth) > timeMs - timespanMs) holdAt(state, rule, group, tail);
    return;
  }
  if ((groups.sizes[group] ?? 0) < rule.plan.threshold) return;
  // Between others: the window moves on from the entry's own instant. Where it held before, it holds.
  const endMs = timeMs + timespanMs;
  let first = NONE;
  let count = 0;
  for (let last = lastOfInstant(entries, entry); entries.timeOf(last) < endMs; ) {
    const isKnown = last !== entry && entries.isHolding(last);
    if (!isKnown) {
      const afterMs = entries.timeOf(last) - timespanMs;
      if (first === NONE) [first, count] = [last, 1];
      for (; entries.timeOf(first) <= afterMs; first = entries.after(first)) count -= 1;
      for (
        let before = entries.before(first);
        before !== NONE && entries.timeOf(before) > afterMs && count < rule.plan.threshold;
        before = entries.before(first)
      ) {
        first = before;
        count += 1;
      }
    }
    if (isKnown || count >= rule.plan.threshold) holdAt(state, rule, group, last);
    const next = entries.after(last);
    if (next === NONE) return;
    const end = lastOfInstant(entries, next);
    for (; last !== end; last = entries.after(last)) if (first !== NONE) count += 1;
  }
}

/**
 * Where different kinds are what counts, an entry matters to no window that has another of its kind: of a
 * flood of the same, one entry is looked at.
 */
function riseByKind(state: State, rule: RuleState, group: number, entry: number): void {
  const { entries } = state;
  const { timespanMs } = rule.linked.rule;
  const timeMs = entries.timeOf(entry);
  const kind = entries.kindOf(entry);
  let fromMs = timeMs;
  for (
    let before = entries.before(entry);
    before !== NONE && entries.timeOf(before) > timeMs - timespanMs;
    before = entries.before(before)
  ) {
    if (entries.kindOf(before) !== kind) continue;
    fromMs = entries.timeOf(before) + timespanMs;
    break;
  }
  const own = lastOfInstant(entries, entry);
  if (fromMs === timeMs || heldBefore(state, entry)) holdIf(state, rule, group, own);
  for (let after = entries.after(entry); after !== NONE; after = entries.after(after)) {
    if (entries.timeOf(after) >= timeMs + timespanMs) return;
    // From here on the windows have that one.
    if (entries.kindOf(after) === kind) return;
    if (entries.timeOf(after) === timeMs || entries.timeOf(after) < fromMs) continue;
    const last = lastOfInstant(entries, after);
    if (hasKind(state, after, last, kind)) return;
    holdIf(state, rule, group, last);
    after = last;
  }
}

function riseInOrder(state: State, rule: RuleState, group: number, entry: number): void {
  const { entries } = state;
  const timeMs = entries.timeOf(entry);
  const endMs = timeMs + rule.linked.rule.timespanMs;
  const isLast = entries.after(entry) === NONE;
  if (isLast && !heldBefore(state, entry) && !canEnd(rule, entries.kindOf(entry))) return;
  for (let last = lastOfInstant(entries, entry); entries.timeOf(last) < endMs; ) {
    holdIf(state, rule, group, last);
    const after = entries.after(last);
    if (after === NONE) return;
    last = lastOfInstant(entries, after);
  }
}

/** A chain that is long enough can end with this input. */
function canEnd({ chains, plan }: RuleState, kind: number): boolean {
  return chains === undefined ? kind >= plan.threshold - 1 : chains.some((chain) => chain.at(-1) === kind);
}

/** It holds at the instant before or at the same: then it may hold here, though the entry brings nothing new. */
function heldBefore({ entries }: State, entry: number): boolean {
  const before = entries.before(entry);
  if (before !== NONE && entries.isHolding(before)) return true;
  const after = entries.after(entry);
  return after !== NONE && entries.timeOf(after) === entries.timeOf(entry) && entries.isHolding(after);
}

function hasKind({ entries }: State, first: number, last: number, kind: number): boolean {
  for (let entry = first; ; entry = entries.after(entry)) {
    if (entries.kindOf(entry) === kind) return true;
    if (entry === last) return false;
  }
}

function holdIf(state: State, rule: RuleState, group: number, last: number): void {
  if (state.entries.isHolding(last) || windowHolds(state, rule, group, last))
    holdAt(state, rule, group, last);
}

function windowHolds(state: State, rule: RuleState, group: number, last: number): boolean {
  const { entries, groups, interner } = state;
  const { measure, threshold, rule: correlation } = rule.plan;
  // Most groups only ever see one of several inputs: a sign-in for which nobody has guessed before.
  const isPlain = rule.chains === undefined && correlation.condition.kind !== 'expression';
  if (
    isPlain &&
    (measure === 'order' || measure === 'rules') &&
    bitsIn(groups.inputs[group] ?? 0) < threshold
  )
    return false;
  const afterMs = entries.timeOf(last) - correlation.timespanMs;
  if (measure === 'order') return chainIn(state, rule, firstAfter(entries, last, afterMs), last) >= threshold;
  // Backwards, and no further than it takes.
  const isExpression = correlation.condition.kind === 'expression';
  let bits = 0;
  let count = 0;
  if (measure !== 'rules') interner.startCount();
  for (let entry = last; entry !== NONE && entries.timeOf(entry) > afterMs; entry = entries.before(entry)) {
    const kind = entries.kindOf(entry);
    if (measure === 'rules' ? (bits & (1 << kind)) !== 0 : !interner.isNew(kind)) continue;
    bits |= 1 << kind;
    count += 1;
    if (isExpression ? expressionHolds(rule, bits, bits) : count >= threshold) return true;
  }
  return false;
}
