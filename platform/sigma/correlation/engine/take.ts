/** A match reaches a rule: into its groups, and what follows at once. */
import type { FieldValue } from '../../event.ts';
import { type MatchFields, textsOf } from '../match.ts';
import { expect } from './decided.ts';
import { NONE } from './entries.ts';
import { countIn, rise } from './rising.ts';
import { drop, type RuleState, type State } from './state.ts';

/** Fields may hold several values each; more groups than this are not made of one match. */
const GROUPS_PER_MATCH_MAX = 16;
const VALUES_PER_MATCH_MAX = 64;

export interface RuleMatch {
  readonly input: number;
  readonly uid: string;
  /** Events are counted by it. */
  readonly countedAs: string;
  readonly timeMs: number;
  readonly fields: MatchFields;
  /** Before this it is late. */
  readonly onTimeMs: number;
}

export function take(state: State, rule: RuleState, match: RuleMatch): void {
  const { figures, plan } = rule;
  figures.matches += 1;
  if (match.timeMs < match.onTimeMs) {
    figures.late += 1;
    if (plan.mode !== 'rising') return;
  }
  const keys = keysOf(rule, match);
  const kinds = keys.length === 0 ? [] : kindsOf(rule, match);
  if (kinds.length === 0) {
    figures.withoutValue += 1;
    return;
  }
  state.entries.uids.look(match.uid);
  for (const key of keys) {
    const group = state.groups.touch(rule.groups, rule.rank, key, Math.max(state.clockMs, match.timeMs));
    expire(state, rule, group, match);
    for (const kind of kinds) put(state, rule, group, match, kind);
  }
}

interface Kind {
  readonly kind: number | string;
  readonly value: number | undefined;
}

function put(
  state: State,
  rule: RuleState,
  group: number,
  match: RuleMatch,
  { kind: written, value }: Kind,
): void {
  const { entries, groups, interner } = state;
  const tail = groups.tails[group] ?? NONE;
  // Late, and further back than anything that is kept: nothing can be said of it.
  if (tail !== NONE && match.timeMs <= horizonOf(state, rule, group)) return;
  const kind = typeof written === 'string' ? interner.hold(written) : written;
  let before = tail;
  while (
    before !== NONE &&
    (entries.timeOf(before) > match.timeMs ||
      (entries.timeOf(before) === match.timeMs && entries.kindOf(before) > kind))
  )
    before = entries.before(before);
  const carried = rule.linked.carries.length === 0 ? undefined : carriedOf(rule, match.fields);
  const place: Place = { group, before, timeMs: match.timeMs, kind, value, carried };
  if (rule.plan.measure === 'statistic' ? isOutspoken(state, rule, place) : isKnown(state, rule, place)) {
    rule.figures.duplicates += 1;
    if (rule.isInterned) interner.release(kind);
    return;
  }
  const entry = entries.take(match.timeMs, kind);
  const after = before === NONE ? (groups.heads[group] ?? NONE) : entries.after(before);
  entries.prev[entry] = before;
  entries.next[entry] = after;
  const { measure } = rule.plan;
  if (measure === 'rules' || measure === 'order')
    groups.inputs[group] = (tail === NONE ? 0 : (groups.inputs[group] ?? 0)) | (1 << kind);
  if (before === NONE) groups.heads[group] = entry;
  else entries.next[before] = entry;
  if (after === NONE) groups.tails[group] = entry;
  else entries.prev[after] = entry;
  groups.sizes[group] = (groups.sizes[group] ?? 0) + 1;
  if (value !== undefined) entries.setValue(entry, value);
  if (carried !== undefined) entries.carried.set(entry, carried);
  if (rule.plan.mode === 'rising') {
    if (rule.plan.measure === 'events' && !rule.isInterned) countIn(state, rule, group, entry);
    rise(state, rule, group, entry);
  } else expect(state, rule, group, match.timeMs);
  if ((groups.sizes[group] ?? 0) > state.limits.matchesPerGroupMax) evictOne(state, rule, group, entry);
}

/** Where a match would be put: after the entry `before`, which may be none. */
interface Place {
  readonly group: number;
  readonly before: number;
  readonly timeMs: number;
  readonly kind: number;
  readonly value: number | undefined;
  readonly carried: MatchFields | undefined;
}

/** The same match again; one that carries something else is another for the rules above. */
function isKnown({ entries }: State, { isInterned, plan }: RuleState, place: Place): boolean {
  const { before, timeMs, kind, carried } = place;
  if (!entries.uids.mayBeKnown) return false;
  const isByUid = plan.measure === 'events' && !isInterned;
  for (
    let entry = before;
    entry !== NONE && entries.timeOf(entry) === timeMs;
    entry = entries.before(entry)
  ) {
    if (!isByUid && entries.kindOf(entry) !== kind) return false;
    if (!entries.uids.isAt(entry)) continue;
    if (isByUid || carried === undefined || textOf(carried) === textOf(entries.carried.get(entry)))
      return true;
  }
  return false;
}

/**
 * For statistics an event has one value: of the first of the rules that matched it, and of its values the
 * least. What is known of the event and comes after that gives way.
 */
function isOutspoken(state: State, rule: RuleState, place: Place): boolean {
  const { entries, groups } = state;
  if (!entries.uids.mayBeKnown) return false;
  const { group, before, timeMs, kind } = place;
  const value = place.value ?? 0;
  let entry = before === NONE ? (groups.heads[group] ?? NONE) : before;
  while (entry !== NONE && entries.timeOf(entry) === timeMs && entries.before(entry) !== NONE)
    entry = entries.before(entry);
  for (; entry !== NONE && entries.timeOf(entry) <= timeMs; entry = entries.after(entry)) {
    if (entries.timeOf(entry) < timeMs || !entries.uids.isAt(entry)) continue;
    const [theirs, their] = [entries.kindOf(entry), entries.values[entry] ?? 0];
    const isFirst =
      kind !== theirs
        ? kind < theirs
        : value !== their
          ? value < their
          : textOf(place.carried) < textOf(entries.carried.get(entry));
    if (!isFirst) return true;
    entries.kinds[entry] = kind;
    entries.setValue(entry, value);
    if (place.carried !== undefined) entries.carried.set(entry, place.carried);
    return true;
  }
  return false;
}

function textOf(fields: MatchFields | undefined): string {
  return JSON.stringify(fields ?? {});
}

/** What no window can reach any more goes. */
function expire(state: State, rule: RuleState, group: number, match: RuleMatch): void {
  const { entries, groups } = state;
  const newestMs = Math.max(match.timeMs, entries.timeOf(groups.tails[group] ?? NONE));
  const horizonMs = Math.min(state.watermarkMs, newestMs) - rule.plan.keepMs;
  for (let head = groups.heads[group] ?? NONE; head !== NONE && entries.timeOf(head) <= horizonMs; ) {
    const after = entries.after(head);
    drop(state, rule, group, head);
    head = after;
  }
}

function horizonOf({ entries, groups, watermarkMs }: State, { plan }: RuleState, group: number): number {
  return Math.min(watermarkMs, entries.timeOf(groups.tails[group] ?? NONE)) - plan.keepMs;
}

/**
 * A group that is full gives up its oldest match; where kinds matter, the oldest of the kind that came, so that
 * a flood of one kind does not wash away the others.
 */
function evictOne(state: State, rule: RuleState, group: number, newest: number): void {
  const { entries, groups } = state;
  const kind = entries.kindOf(newest);
  let oldest = groups.heads[group] ?? NONE;
  while (oldest !== newest && entries.kindOf(oldest) !== kind) oldest = entries.after(oldest);
  if (oldest === newest) oldest = groups.heads[group] ?? NONE;
  drop(state, rule, group, oldest);
  rule.figures.evictedMatches += 1;
}

function keysOf({ linked }: RuleState, { input, fields }: RuleMatch): readonly string[] {
  const { groupBy } = linked.rule;
  if (groupBy.length === 0) return [''];
  const fieldOf = linked.inputs[input]?.fieldOf;
  const values = groupBy.map((name) => textsOf(own(fields, fieldOf?.get(name) ?? name)));
  const [first] = values;
  if (groupBy.length === 1) return first?.slice(0, GROUPS_PER_MATCH_MAX) ?? [];
  return combined(values, GROUPS_PER_MATCH_MAX);
}

function kindsOf(rule: RuleState, { input, countedAs, fields }: RuleMatch): readonly Kind[] {
  const { condition } = rule.linked.rule;
  const { measure } = rule.plan;
  if (measure === 'events') return [{ kind: rule.isInterned ? countedAs : 0, value: undefined }];
  if (measure === 'rules' || measure === 'order') return [{ kind: input, value: undefined }];
  const fieldOf = rule.linked.inputs[input]?.fieldOf;
  const names = condition.kind === 'measure' ? condition.fields : [];
  const values = names.map((name) => own(fields, fieldOf?.get(name) ?? name));
  if (measure === 'statistic') {
    const value = numberOf(values[0]);
    return value === undefined ? [] : [{ kind: input, value }];
  }
  const texts = values.map(textsOf);
  const tuples = texts.length === 1 ? (texts[0] ?? []) : combined(texts, VALUES_PER_MATCH_MAX);
  return tuples.slice(0, VALUES_PER_MATCH_MAX).map((kind) => ({ kind, value: undefined }));
}

/** Every combination of one value each, as texts that nothing else is. */
function combined(values: readonly (readonly string[])[], max: number): readonly string[] {
  let rows: (readonly string[])[] = [[]];
  for (const texts of values) rows = rows.flatMap((row) => texts.map((text) => [...row, text])).slice(0, max);
  return rows.map((row) => JSON.stringify(row));
}

/** A number, or a text that is one as a whole. */
function numberOf(value: MatchFields[string]): number | undefined {
  const one: FieldValue | undefined =
    typeof value === 'object' ? (value?.length === 1 ? value[0] : undefined) : value;
  if (typeof one === 'number') return Number.isFinite(one) ? one : undefined;
  if (typeof one !== 'string' || !/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i.test(one))
    return undefined;
  return Number.isFinite(Number(one)) ? Number(one) : undefined;
}

function carriedOf({ linked }: RuleState, fields: MatchFields): MatchFields {
  return Object.fromEntries(linked.carries.map((name) => [name, own(fields, name)]));
}

function own(fields: MatchFields, name: string): MatchFields[string] {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
