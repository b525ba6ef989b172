/** What the parts of the engine share, and the few things that are done to it from everywhere. */
import type { CorrelationFinding, MatchFields } from '../match.ts';
import type { Plan } from '../plan.ts';
import type { LinkedCorrelation } from '../rule.ts';
import type { DueHeap } from './due.ts';
import { type Entries, NONE } from './entries.ts';
import type { Groups, GroupsOfRule } from './groups.ts';
import type { Interner } from './interner.ts';

export interface Limits {
  /** How much later than a match that happened after it a match may come. */
  readonly latenessMs: number;
  /** Of all rules together. */
  readonly groupsMax: number;
  /** Kept for all groups together. */
  readonly matchesMax: number;
  readonly matchesPerGroupMax: number;
}

/** Since the engine was made; whatever was not looked at is counted. */
export interface RuleFigures {
  matches: number;
  duplicates: number;
  /** Came later than the declared lateness. Rising rules still look at them, beside what is still kept. */
  late: number;
  /** Had no value to group by, or none that the condition looks at. */
  withoutValue: number;
  /** Groups given up because there were more than the bounds allow, with the matches they had. */
  evictedGroups: number;
  evictedMatches: number;
  findings: number;
}

export interface RuleState {
  /** Rules below come first. */
  readonly rank: number;
  readonly linked: LinkedCorrelation;
  readonly plan: Plan;
  readonly groups: GroupsOfRule;
  /** Kinds are texts held in the interner. */
  readonly isInterned: boolean;
  /** For expressions in order: the chains of inputs of which one must be there. */
  readonly chains: readonly (readonly number[])[] | undefined;
  readonly above: readonly { readonly rank: number; readonly input: number }[];
  readonly figures: RuleFigures;
}

/** A rule held: a match for a rule above. */
export interface ChainMatch {
  readonly rank: number;
  readonly input: number;
  /** Of the event at whose instant it held. */
  readonly uid: string;
  /** The finding: however many events it held at, it is counted once. */
  readonly countedAs: string;
  readonly timeMs: number;
  readonly fields: MatchFields;
}

export interface State {
  readonly limits: Limits;
  readonly rules: readonly RuleState[];
  readonly entries: Entries;
  readonly groups: Groups;
  readonly interner: Interner;
  readonly due: DueHeap;
  /** Never goes back. */
  clockMs: number;
  /** Nothing that is on time is earlier; while due things are decided, the instant they are due at. */
  watermarkMs: number;
  isSweeping: boolean;
  found: CorrelationFinding[];
  readonly chained: ChainMatch[];
}

/** Takes an entry out of its group. */
export function drop(state: State, rule: RuleState, group: number, entry: number): void {
  const { entries, groups, interner } = state;
  const before = entries.before(entry);
  const after = entries.after(entry);
  if (before === NONE) groups.heads[group] = after;
  else entries.next[before] = after;
  if (after === NONE) groups.tails[group] = before;
  else entries.prev[after] = before;
  const size = (groups.sizes[group] ?? 0) - 1;
  groups.sizes[group] = size;
  if (groups.nths[group] === entry)
    groups.nths[group] = rule.plan.mode === 'rising' && size < rule.plan.threshold ? NONE : before;
  if (rule.isInterned) interner.release(entries.kindOf(entry));
  entries.release(entry);
}

export function dropGroup(state: State, rule: RuleState, group: number): void {
  for (let entry = state.groups.heads[group] ?? NONE; entry !== NONE; ) {
    const after = state.entries.after(entry);
    if (rule.isInterned) state.interner.release(state.entries.kindOf(entry));
    state.entries.release(entry);
    entry = after;
  }
  state.groups.remove(rule.groups, group);
}

export function lastOfInstant(entries: Entries, entry: number): number {
  const timeMs = entries.timeOf(entry);
  let last = entry;
  for (
    let after = entries.after(last);
    after !== NONE && entries.timeOf(after) === timeMs;
    after = entries.after(last)
  )
    last = after;
  return last;
}

/** The first entry of the window that ends with `last`: later than `afterMs`. */
export function firstAfter(entries: Entries, last: number, afterMs: number): number {
  let first = last;
  for (
    let before = entries.before(first);
    before !== NONE && entries.timeOf(before) > afterMs;
    before = entries.before(first)
  )
    first = before;
  return first;
}

export function slotOf({ rule }: Plan, timeMs: number): number {
  return Math.floor(timeMs / rule.timespanMs);
}

/** Group-by values, in order. */
export function groupValues({ linked: { rule } }: RuleState, key: string): readonly string[] {
  if (rule.groupBy.length === 0) return [];
  return rule.groupBy.length === 1 ? [key] : (JSON.parse(key) as readonly string[]);
}
