/**
 * How a linked correlation is decided. What the window is, when it is decided, and which finding it becomes:
 *
 * A *slot* is a piece of time as long as the timespan, counted from 1970 (`floor(time / timespan)`). A rule,
 * a group and a slot have at most one finding, and its uid is made of these three. So an ongoing burst is one
 * finding a timespan, and the same matches have the same findings whatever order they come in.
 *
 * - `rising`: more matches can only make the condition more true (at least so many events, values or rules).
 *   It holds at an instant when it holds for the matches of the timespan that ends there, `(t - timespan, t]`;
 *   instants are those of matches. It is decided at once: what comes later cannot take it back. Each slot in
 *   which it holds at some instant has its finding.
 * - `settled`: statistics with a lower bound. The same sliding window, decided when no earlier match can come.
 * - `around`: expressions with `not`. What must have happened is looked for in `(t - timespan, t]`, what must
 *   not in `(t - timespan, t + timespan)`, and it is decided when that is over.
 * - `slot`: everything else (fewer than, exactly, ranges). Any burst contains windows of fewer matches, so a
 *   sliding window would hold always; here each whole slot is one window, decided when it is over. Where
 *   silence satisfies the condition, a slot is looked at when the slot before it had a match: a group's first
 *   slot is only a part of one, and of a group that was never heard of nothing is expected.
 *
 * Why not one finding a burst, however long: what is told at once is told of the matches that are there. Two
 * bursts are two findings; then a late match comes that joins them, and one of the two should not have been
 * told. So a burst must be cut somewhere that no match can move (`docs/decisions/0011-exact-correlation.md`).
 */
import { isTemporal } from './condition.ts';
import { hasNot, holds } from './expression.ts';
import type { Bound, CorrelationRule, LinkedCorrelation } from './rule.ts';

export type Mode = 'rising' | 'settled' | 'around' | 'slot';
/** What is read off a window: `events` counts uids, `values` counts values, `rules` is a set, `order` a chain. */
export type Measure = 'events' | 'values' | 'rules' | 'order' | 'statistic';

export interface Plan {
  readonly rule: CorrelationRule;
  readonly mode: Mode;
  readonly measure: Measure;
  /** The least count that satisfies a rising condition. */
  readonly threshold: number;
  /** Silence satisfies the condition of a `slot`. */
  readonly zeroHolds: boolean;
  /** How far the time of matches of correlations below may be behind the watermark when they are made. */
  readonly inputDelayMs: number;
  /** What of the past is needed behind the watermark. */
  readonly keepMs: number;
}

export function planOf(linked: LinkedCorrelation, inputDelayMs: number): Plan {
  const { rule } = linked;
  const mode = modeOf(rule);
  const spans = mode === 'rising' || mode === 'settled' ? 1 : 2;
  return {
    rule,
    mode,
    measure: measureOf(rule),
    threshold: thresholdOf(rule),
    zeroHolds: mode === 'slot' && zeroHolds(rule),
    inputDelayMs,
    // One more: what is decided at an instant still needs the first millisecond of its window.
    keepMs: rule.timespanMs * spans + inputDelayMs + 1,
  };
}

/** How far behind the watermark the matches are that a rule makes for those above it. */
export function outputDelayOf({ mode, rule, inputDelayMs }: Plan): number {
  return inputDelayMs + (mode === 'around' ? rule.timespanMs : 0);
}

export function boundsHold(bounds: readonly Bound[], value: number): boolean {
  return bounds.every((bound) => BOUNDS[bound.by](value, bound.value));
}

const BOUNDS: Readonly<Record<Bound['by'], (value: number, than: number) => boolean>> = {
  lt: (value, than) => value < than,
  lte: (value, than) => value <= than,
  gt: (value, than) => value > than,
  gte: (value, than) => value >= than,
  eq: (value, than) => value === than,
  neq: (value, than) => value !== than,
};

function modeOf({ condition, type }: CorrelationRule): Mode {
  if (condition.kind === 'expression') return hasNot(condition.expression) ? 'around' : 'rising';
  if (!condition.bounds.every(({ by }) => by === 'gt' || by === 'gte')) return 'slot';
  return isCount(type) ? 'rising' : 'settled';
}

function isCount(type: CorrelationRule['type']): boolean {
  return type === 'event_count' || type === 'value_count' || isTemporal(type);
}

function measureOf({ type }: CorrelationRule): Measure {
  if (type === 'event_count') return 'events';
  if (type === 'value_count') return 'values';
  if (type === 'temporal') return 'rules';
  return type === 'temporal_ordered' ? 'order' : 'statistic';
}

function thresholdOf({ condition }: CorrelationRule): number {
  if (condition.kind === 'expression') return 1;
  return Math.max(...condition.bounds.map(({ by, value }) => (by === 'gt' ? value + 1 : value)), 1);
}

function zeroHolds({ condition, type }: CorrelationRule): boolean {
  if (condition.kind === 'expression') return holds(condition.expression, () => false);
  return isCount(type) && boundsHold(condition.bounds, 0);
}
