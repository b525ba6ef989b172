/** A rule holds at an instant, or in a slot: what is told of it, and what rules above hear of it. */
import { EVENT_UIDS_MAX, findingUid } from '../match.ts';
import { NONE } from './entries.ts';
import { firstAfter, groupValues, lastOfInstant, type RuleState, type State, slotOf } from './state.ts';
import { countOf, measured } from './window.ts';

/** The rule holds for the window that ends with `last`, the last entry of its instant. */
export function holdAt(state: State, rule: RuleState, group: number, last: number): void {
  const { entries, groups } = state;
  const timeMs = entries.timeOf(last);
  const slot = slotOf(rule.plan, timeMs);
  if (!isTold(state, rule, group, last, slot)) {
    groups.told[group] = Math.max(groups.told[group] ?? 0, slot);
    tell(state, rule, group, slot, {
      first: firstAfter(entries, last, timeMs - rule.plan.rule.timespanMs),
      last,
      toMs: timeMs,
    });
  }
  for (let entry = last; entry !== NONE && entries.timeOf(entry) === timeMs; entry = entries.before(entry)) {
    if (entries.isHolding(entry)) continue;
    entries.holds[entry] = 1;
    chain(state, rule, group, slot, timeMs, entry);
  }
}

/** A slot was decided: rules above hear of it with what its last matches carry. */
export function chainSlot(
  state: State,
  rule: RuleState,
  group: number,
  slot: number,
  timeMs: number,
  last: number,
): void {
  const { entries } = state;
  const lastMs = entries.timeOf(last);
  // All of the last instant: which of them came last is an accident.
  for (let entry = last; entry !== NONE && entries.timeOf(entry) === lastMs; entry = entries.before(entry))
    chain(state, rule, group, slot, timeMs, entry);
}

/** Entries of a finding: none where silence is what was found. */
export interface Found {
  readonly first: number;
  readonly last: number;
  readonly toMs: number;
}

export function tell(state: State, rule: RuleState, group: number, slot: number, found: Found): void {
  const { entries } = state;
  const { first, last, toMs } = found;
  const { id, timespanMs, groupBy, condition } = rule.linked.rule;
  const values = groupValues(rule, state.groups.keys[group] ?? '');
  const eventUids: string[] = [];
  for (let entry = last; entry !== NONE && eventUids.length < EVENT_UIDS_MAX; entry = entries.before(entry)) {
    eventUids.push(entries.uids.textAt(entry));
    if (entry === first) break;
  }
  rule.figures.findings += 1;
  state.found.push({
    uid: findingUid(id, timespanMs, values, slot),
    ruleId: id,
    group: Object.fromEntries(groupBy.map((name, at) => [name, values[at] ?? ''])),
    slotMs: slot * timespanMs,
    fromMs: first === NONE ? slot * timespanMs : entries.timeOf(first),
    toMs,
    measured: condition.kind === 'measure' ? measured(state, rule, first, last) : undefined,
    matchCount: first === NONE ? 0 : countOf(state, first, last),
    eventUids: [...new Set(eventUids)].reverse(),
  });
}

/** One match for each rule above. */
function chain(
  state: State,
  rule: RuleState,
  group: number,
  slot: number,
  timeMs: number,
  entry: number,
): void {
  if (rule.above.length === 0) return;
  const { id, timespanMs, groupBy } = rule.linked.rule;
  const values = groupValues(rule, state.groups.keys[group] ?? '');
  const uid = state.entries.uids.textAt(entry);
  const countedAs = findingUid(id, timespanMs, values, slot);
  const fields = {
    ...state.entries.carried.get(entry),
    ...Object.fromEntries(groupBy.map((name, at) => [name, values[at]])),
  };
  for (const { rank, input } of rule.above)
    state.chained.push({ rank, input, uid, countedAs, timeMs, fields });
}

/** A slot has one finding. Before the latest one told, the entries know whether the rule held in it. */
function isTold(
  { entries, groups }: State,
  rule: RuleState,
  group: number,
  last: number,
  slot: number,
): boolean {
  const told = groups.told[group] ?? 0;
  if (slot >= told) return slot === told;
  const isIn = (entry: number): boolean =>
    entry !== NONE && slotOf(rule.plan, entries.timeOf(entry)) === slot;
  for (let entry = last; isIn(entry); entry = entries.before(entry))
    if (entries.isHolding(entry)) return true;
  for (let entry = entries.after(lastOfInstant(entries, last)); isIn(entry); entry = entries.after(entry))
    if (entries.isHolding(entry)) return true;
  return false;
}
