/**
 * Whether a rule can fire at all here: on a log source that somebody sends, with fields that somebody fills. A
 * rule that waits for what nobody sends looks like protection and is none.
 */
import {
  type Condition,
  type DetectionRule,
  type LogSource,
  looksAt,
  type Predicate,
} from '@demarc/platform/sigma';
import type { SeenFields } from './fields-seen.ts';

export type Reach = { readonly canFire: true } | { readonly canFire: false; readonly because: string };

const FIELDS_NAMED_MAX = 5;

export function reachOf(
  rule: Pick<DetectionRule, 'logsource' | 'condition'>,
  sources: readonly SeenFields[],
): Reach {
  // What is not recognised has no log source, and every rule looks at it.
  const seen = sources.filter(({ logsource }) => isNone(logsource) || looksAt(rule.logsource, [logsource]));
  if (seen.length === 0) return { canFire: false, because: `No source sends ${wordsOf(rule.logsource)}.` };
  if (seen.some((source) => possible(rule.condition, source, true))) return { canFire: true };
  const missing = [...new Set(fieldsOf(rule.condition))].filter(
    (field) => !seen.some((source) => source.has(field)),
  );
  return {
    canFire: false,
    because: `No source fills ${missing.slice(0, FIELDS_NAMED_MAX).join(', ')}${missing.length > FIELDS_NAMED_MAX ? ', …' : ''}.`,
  };
}

/** Whether the condition could come out as `wanted` for an event with some of the source's fields. */
function possible(condition: Condition, source: SeenFields, wanted: boolean): boolean {
  switch (condition.op) {
    case 'and':
    case 'or': {
      const needsAll = (condition.op === 'and') === wanted;
      return needsAll
        ? condition.of.every((part) => possible(part, source, wanted))
        : condition.of.some((part) => possible(part, source, wanted));
    }
    case 'not':
      return possible(condition.of, source, !wanted);
    case 'true':
      return wanted;
    case 'false':
      return !wanted;
    case 'test':
      return wanted ? canHold(condition.test, source) : true;
  }
}

function canHold(test: Predicate, source: SeenFields): boolean {
  if (test.field === null || test.op === 'null') return true;
  return source.has(test.field) && (test.op !== 'fieldref' || source.has(test.other));
}

function* fieldsOf(condition: Condition): Generator<string> {
  if (condition.op === 'and' || condition.op === 'or') {
    for (const part of condition.of) yield* fieldsOf(part);
  } else if (condition.op === 'test') {
    const { test } = condition;
    if (test.field !== null && test.op !== 'null') yield test.field;
  }
}

function isNone({ product, category, service }: LogSource): boolean {
  return product === undefined && category === undefined && service === undefined;
}

export function wordsOf({ product, category, service }: LogSource): string {
  return [product, category, service].filter((part) => part !== undefined).join(' / ') || 'anything';
}
