/** What goes into a correlation engine and what comes out of it. */
import { createHash } from 'node:crypto';
import type { FieldValue } from '../event.ts';

export type MatchFields = Readonly<Record<string, FieldValue | readonly FieldValue[] | undefined>>;

/** A detection matched an event. */
export interface BaseMatch {
  readonly ruleId: string;
  readonly eventUid: string;
  /** When the event happened, whole milliseconds. */
  readonly timeMs: number;
  /** At least those of `fieldsWanted` that the event has. */
  readonly fields: MatchFields;
}

/**
 * A correlation held for a group.
 *
 * Uid, rule, group and slot follow from the matches alone, whatever order they came in. Of a rule that is
 * decided at once, the rest tells what was known when it was decided; of the others it is the whole.
 */
export interface CorrelationFinding {
  readonly uid: string;
  readonly ruleId: string;
  /** Group-by name → value; empty where the rule does not group. */
  readonly group: Readonly<Record<string, string>>;
  /** The piece of time that the finding is the one of; as long as the timespan. */
  readonly slotMs: number;
  /** From the earliest of the matches that it rests on … */
  readonly fromMs: number;
  /** … to the instant at which it held. */
  readonly toMs: number;
  /** What the condition was held against: a count, or a statistic; undefined for an expression over rules. */
  readonly measured: number | undefined;
  readonly matchCount: number;
  /** Of the events (of the findings, where it rests on a correlation), the latest `EVENT_UIDS_MAX`. */
  readonly eventUids: readonly string[];
}

export const EVENT_UIDS_MAX = 100;

export function findingUid(
  ruleId: string,
  timespanMs: number,
  group: readonly string[],
  slot: number,
): string {
  const parts = JSON.stringify(['correlation', ruleId, timespanMs, group, slot]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 32);
}

/** Field values as groups and counts compare them: as texts, like everywhere in Sigma; null is no value. */
export function textsOf(value: MatchFields[string]): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object') return [String(value)];
  return [...new Set(value.filter((one) => one !== null).map(String))];
}
