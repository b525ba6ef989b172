import type { FieldValue, SigmaEvent } from '../event.ts';
import type { Condition, DetectionRule, Predicate } from '../ir.ts';
import { type RegexSource, testHolds, valueHolds, valuesOf } from './evaluate.ts';

export interface SeenValue {
  readonly field: string;
  readonly value: FieldValue;
}

/** The condition again, with what became of each part; nothing is left out because something else decided. */
export type Explanation =
  | { readonly op: 'and' | 'or'; readonly holds: boolean; readonly of: readonly Explanation[] }
  | { readonly op: 'not'; readonly holds: boolean; readonly of: Explanation }
  | { readonly op: 'true' | 'false'; readonly holds: boolean }
  | {
      readonly op: 'test';
      readonly holds: boolean;
      readonly test: Predicate;
      /** When it holds, the values that made it so; else what the field held. None for an absent field. */
      readonly on: readonly SeenValue[];
    };

/** Of one predicate; a keyword that does not hold would list the whole event. */
export const SEEN_VALUES_MAX = 16;

/** What every predicate of the rule says about the event, and on which values. */
export function explain(
  rule: Pick<DetectionRule, 'condition'>,
  event: SigmaEvent,
  regexes: RegexSource,
): Explanation {
  return explainCondition(rule.condition, event, regexes);
}

function explainCondition(condition: Condition, event: SigmaEvent, regexes: RegexSource): Explanation {
  switch (condition.op) {
    case 'and':
    case 'or': {
      const of = condition.of.map((part) => explainCondition(part, event, regexes));
      const holds = condition.op === 'and' ? of.every((part) => part.holds) : of.some((part) => part.holds);
      return { op: condition.op, holds, of };
    }
    case 'not': {
      const of = explainCondition(condition.of, event, regexes);
      return { op: 'not', holds: !of.holds, of };
    }
    case 'test': {
      const holds = testHolds(condition.test, event, regexes);
      return { op: 'test', holds, test: condition.test, on: seen(condition.test, holds, event, regexes) };
    }
    case 'true':
    case 'false':
      return { op: condition.op, holds: condition.op === 'true' };
  }
}

function seen(
  test: Predicate,
  holds: boolean,
  event: SigmaEvent,
  regexes: RegexSource,
): readonly SeenValue[] {
  const fields = test.field === null ? Object.keys(event.fields) : [test.field];
  const found: SeenValue[] = [];
  for (const field of fields) {
    for (const value of valuesOf(event, field)) {
      if (found.length === SEEN_VALUES_MAX) return found;
      const isShown = holds ? valueHolds(test, value, event, regexes) : test.field !== null;
      if (isShown) found.push({ field, value });
    }
  }
  return found;
}

/** The values by which a condition holds: what a finding shows. Empty when it does not hold. */
export function evidenceOf(explanation: Explanation): readonly SeenValue[] {
  if (!explanation.holds) return [];
  switch (explanation.op) {
    case 'and':
    case 'or':
      return explanation.of.flatMap(evidenceOf);
    case 'test':
      return explanation.on;
    case 'not':
    case 'true':
    case 'false':
      return [];
  }
}
