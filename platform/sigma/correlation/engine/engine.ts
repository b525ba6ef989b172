/**
 * Correlations over the matches of detections, and over each other.
 *
 * Deterministic: no clock of its own, no randomness. What it finds follows from the set of matches that were
 * on time, not from their order, their repetitions, or how the clock moved in between (`plan.ts`, proved
 * against `oracle.ts`). Memory is bounded, and everything that a bound costs is counted by rule.
 */

import { setsOf } from '../expression.ts';
import type { BaseMatch, CorrelationFinding } from '../match.ts';
import { outputDelayOf, planOf } from '../plan.ts';
import type { LinkedCorrelation } from '../rule.ts';
import { decide } from './decided.ts';
import { DueHeap } from './due.ts';
import { Entries, NONE } from './entries.ts';
import { Groups, NEVER, noGroups } from './groups.ts';
import { Interner } from './interner.ts';
import { dropGroup, type Limits, type RuleFigures, type RuleState, type State } from './state.ts';
import { take } from './take.ts';

export type { Limits, RuleFigures } from './state.ts';

export const LIMITS_DEFAULT: Limits = {
  latenessMs: 300_000,
  groupsMax: 1_000_000,
  matchesMax: 4_000_000,
  // Twice the largest threshold that a rule may have (`condition.ts`).
  matchesPerGroupMax: 20_000,
};

export interface EngineFigures {
  readonly groups: number;
  readonly matches: number;
  /** Of the columns that hold groups and matches; keys and other texts are not in it. */
  readonly bytes: number;
  readonly byRule: ReadonlyMap<string, Readonly<RuleFigures>>;
}

const NOTHING: readonly CorrelationFinding[] = [];

interface Listener {
  readonly rank: number;
  readonly input: number;
}

export class CorrelationEngine {
  readonly #state: State;
  /** Detection's id → who looks at its matches. */
  readonly #listeners: ReadonlyMap<string, readonly Listener[]>;
  /** What a window may need, of the rule that needs most. */
  readonly keepMsMax: number;

  /** @param correlations as linked: each after those it refers to */
  constructor(correlations: readonly LinkedCorrelation[], limits: Partial<Limits> = {}) {
    const { rules, listeners } = rulesOf(correlations);
    this.#listeners = listeners;
    this.keepMsMax = Math.max(0, ...rules.map(({ plan }) => plan.keepMs));
    this.#state = {
      limits: { ...LIMITS_DEFAULT, ...limits },
      rules,
      entries: new Entries(),
      groups: new Groups(),
      interner: new Interner(),
      due: new DueHeap(),
      clockMs: NEVER,
      watermarkMs: NEVER,
      isSweeping: false,
      found: [],
      chained: [],
    };
  }

  get clockMs(): number {
    return this.#state.clockMs;
  }

  get watermarkMs(): number {
    return this.#state.watermarkMs;
  }

  /** Whether matches of the detection matter to any correlation. */
  listensTo(ruleId: string): boolean {
    return this.#listeners.has(ruleId);
  }

  /** When something is to be decided next, as the clock must be for it; infinite where nothing waits. */
  get nextClockMs(): number {
    return this.#state.due.firstDue + this.#state.limits.latenessMs;
  }

  /** @returns what is certain with it */
  add(match: BaseMatch): readonly CorrelationFinding[] {
    const state = this.#state;
    const { eventUid: uid, timeMs, fields } = match;
    for (const { rank, input } of this.#listeners.get(match.ruleId) ?? []) {
      const rule = state.rules[rank];
      if (rule !== undefined)
        take(state, rule, { input, uid, countedAs: uid, timeMs, fields, onTimeMs: state.watermarkMs });
    }
    this.#settle();
    return this.#found();
  }

  /**
   * Moves the clock on: to the latest time seen, or to the wall clock where nothing is seen. What is earlier
   * than the clock by more than the lateness is late from now on, and what waited for that is decided.
   */
  advance(clockMs: number): readonly CorrelationFinding[] {
    const state = this.#state;
    if (!(clockMs > state.clockMs)) return [];
    state.clockMs = clockMs;
    const watermarkMs = clockMs - state.limits.latenessMs;
    state.isSweeping = true;
    // What follows from one decision may be due in the same sweep: rules above come after those below.
    while (state.due.firstDue <= watermarkMs) {
      const dueMs = state.due.firstDue;
      const group = state.due.pop();
      const rule = state.rules[state.groups.rules[group] ?? NONE];
      if (rule === undefined || state.groups.dues[group] !== dueMs) continue;
      state.watermarkMs = Math.max(state.watermarkMs, dueMs);
      decide(state, rule, group, dueMs);
      this.#settle();
    }
    state.isSweeping = false;
    state.watermarkMs = watermarkMs;
    for (const rule of state.rules) this.#forget(rule);
    return this.#found();
  }

  figures(): EngineFigures {
    const { groups, entries, rules } = this.#state;
    return {
      groups: groups.count,
      matches: entries.count,
      bytes: groups.bytes + entries.bytes,
      byRule: new Map(rules.map(({ linked, figures }) => [linked.rule.id, { ...figures }])),
    };
  }

  /** Rules above hear of what held, and bounds are kept, once nobody is in the middle of a list. */
  #settle(): void {
    const state = this.#state;
    for (let at = 0; at < state.chained.length; at += 1) {
      const match = state.chained[at];
      const rule = state.rules[match?.rank ?? NONE];
      if (match === undefined || rule === undefined) continue;
      // What is decided at an instant is about the millisecond before it, or a delay before that.
      const behindMs = rule.plan.inputDelayMs + (state.isSweeping ? 1 : 0);
      take(state, rule, { ...match, onTimeMs: state.watermarkMs - behindMs });
    }
    state.chained.length = 0;
    while (state.groups.count > state.limits.groupsMax || state.entries.count > state.limits.matchesMax)
      this.#evict();
  }

  /** The group that was not touched for longest, whosever it is. */
  #evict(): void {
    const { rules, groups } = this.#state;
    let oldest: RuleState | undefined;
    let oldestTouch = Number.POSITIVE_INFINITY;
    for (const rule of rules) {
      const touch = rule.groups.oldest === NONE ? undefined : groups.touches[rule.groups.oldest];
      if (touch === undefined || touch >= oldestTouch) continue;
      oldest = rule;
      oldestTouch = touch;
    }
    if (oldest === undefined) return;
    const group = oldest.groups.oldest;
    oldest.figures.evictedGroups += 1;
    oldest.figures.evictedMatches += groups.sizes[group] ?? 0;
    dropGroup(this.#state, oldest, group);
  }

  /** Groups that no window reaches any more. */
  #forget(rule: RuleState): void {
    const { groups, watermarkMs } = this.#state;
    const horizonMs = watermarkMs - rule.plan.keepMs;
    for (let group = rule.groups.oldest; group !== NONE; group = rule.groups.oldest) {
      if ((groups.touched[group] ?? 0) > horizonMs || groups.dues[group] !== Number.POSITIVE_INFINITY) return;
      dropGroup(this.#state, rule, group);
    }
  }

  #found(): readonly CorrelationFinding[] {
    const { found } = this.#state;
    if (found.length === 0) return NOTHING;
    this.#state.found = [];
    return found;
  }
}

function rulesOf(correlations: readonly LinkedCorrelation[]): {
  readonly rules: readonly RuleState[];
  readonly listeners: ReadonlyMap<string, readonly Listener[]>;
} {
  const rules: RuleState[] = [];
  const listeners = new Map<string, Listener[]>();
  const above: Listener[][] = correlations.map(() => []);
  const ranks = new Map(correlations.map(({ rule }, rank) => [rule.id, rank]));
  for (const [rank, linked] of correlations.entries()) {
    let inputDelayMs = 0;
    for (const [input, { id, isCorrelation }] of linked.inputs.entries()) {
      const below = isCorrelation ? ranks.get(id) : undefined;
      if (below === undefined) {
        listeners.set(id, [...(listeners.get(id) ?? []), { rank, input }]);
        continue;
      }
      above[below]?.push({ rank, input });
      const plan = rules[below]?.plan;
      if (plan !== undefined) inputDelayMs = Math.max(inputDelayMs, outputDelayOf(plan));
    }
    const plan = planOf(linked, inputDelayMs);
    const isChained = linked.inputs.some(({ isCorrelation }) => isCorrelation);
    rules.push({
      rank,
      linked,
      plan,
      groups: noGroups(),
      isInterned: plan.measure === 'values' || (plan.measure === 'events' && isChained),
      chains: plan.measure === 'order' ? chainsOf(linked) : undefined,
      above: above[rank] ?? [],
      figures: {
        matches: 0,
        duplicates: 0,
        late: 0,
        withoutValue: 0,
        evictedGroups: 0,
        evictedMatches: 0,
        findings: 0,
      },
    });
  }
  return { rules, listeners };
}

function chainsOf({ rule }: LinkedCorrelation): RuleState['chains'] {
  if (rule.condition.kind !== 'expression') return undefined;
  return setsOf(rule.condition.expression)?.map((set) =>
    set.map((name) => rule.rules.indexOf(name)).sort((a, b) => a - b),
  );
}
