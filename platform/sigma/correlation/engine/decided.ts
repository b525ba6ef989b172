/**
 * Rules that are decided when nothing earlier can come any more: one decision at a time, in order of time.
 *
 * `nths` of a group is the last entry that was decided; what is due next is in the heap.
 */

import { NONE } from './entries.ts';
import { firstAfter, lastOfInstant, type RuleState, type State, slotOf } from './state.ts';
import { chainSlot, type Found, holdAt, tell } from './tell.ts';
import { conditionHolds, expressionHolds, inputsIn, measured } from './window.ts';

/** An entry came at this time: its decision falls due, if no earlier one is waiting. */
export function expect(state: State, rule: RuleState, group: number, timeMs: number): void {
  const { mode, rule: correlation, inputDelayMs } = rule.plan;
  const { timespanMs } = correlation;
  const dueMs =
    mode === 'settled'
      ? timeMs + 1
      : mode === 'around'
        ? timeMs + timespanMs
        : (slotOf(rule.plan, timeMs) + 1) * timespanMs;
  if (dueMs + inputDelayMs >= (state.groups.dues[group] ?? 0)) return;
  state.groups.dues[group] = dueMs + inputDelayMs;
  state.due.push(dueMs + inputDelayMs, rule.rank, group);
}

/** @param dueMs at which it was waiting */
export function decide(state: State, rule: RuleState, group: number, dueMs: number): void {
  state.groups.dues[group] = Number.POSITIVE_INFINITY;
  if (rule.plan.mode === 'slot') decideSlot(state, rule, group, dueMs - rule.plan.inputDelayMs);
  else decideInstant(state, rule, group);
}

function decideInstant(state: State, rule: RuleState, group: number): void {
  const { entries, groups } = state;
  const next = nextOf(state, group);
  if (next === NONE) return;
  const last = lastOfInstant(entries, next);
  groups.nths[group] = last;
  const timeMs = entries.timeOf(last);
  const first = firstAfter(entries, last, timeMs - rule.linked.rule.timespanMs);
  const isHolding =
    rule.plan.mode === 'settled'
      ? conditionHolds(rule, measured(state, rule, first, last))
      : expressionHolds(
          rule,
          inputsIn(state, first, last),
          inputsIn(state, first, lastBefore(state, last, timeMs + rule.linked.rule.timespanMs)),
        );
  if (isHolding) holdAt(state, rule, group, last);
  const after = entries.after(last);
  if (after !== NONE) expect(state, rule, group, entries.timeOf(after));
}

function decideSlot(state: State, rule: RuleState, group: number, endMs: number): void {
  const { entries, groups } = state;
  const { timespanMs } = rule.linked.rule;
  const startMs = endMs - timespanMs;
  const before = groups.nths[group] ?? NONE;
  const next = nextOf(state, group);
  const hasSome = next !== NONE && entries.timeOf(next) < endMs;
  const last = hasSome ? lastBefore(state, next, endMs) : NONE;
  const wasActive = before !== NONE && entries.timeOf(before) >= startMs - timespanMs;
  if (rule.plan.zeroHolds ? wasActive : hasSome) {
    const found: Found = { first: hasSome ? next : NONE, last, toMs: endMs };
    if (conditionHolds(rule, measured(state, rule, found.first, found.last))) {
      const slot = slotOf(rule.plan, startMs);
      tell(state, rule, group, slot, found);
      chainSlot(state, rule, group, slot, endMs, hasSome ? last : before);
    }
  }
  if (hasSome) groups.nths[group] = last;
  const after = nextOf(state, group);
  // The slot after an active one is looked at though it be silent.
  if (hasSome && rule.plan.zeroHolds) expect(state, rule, group, endMs);
  else if (after !== NONE) expect(state, rule, group, entries.timeOf(after));
}

/** The first entry that is not decided. */
function nextOf({ entries, groups }: State, group: number): number {
  const decided = groups.nths[group] ?? NONE;
  return decided === NONE ? (groups.heads[group] ?? NONE) : entries.after(decided);
}

function lastBefore({ entries }: State, from: number, endMs: number): number {
  let last = from;
  for (
    let after = entries.after(last);
    after !== NONE && entries.timeOf(after) < endMs;
    after = entries.after(last)
  )
    last = after;
  return last;
}
