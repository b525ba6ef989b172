/** The condition of a correlation document: a measure with its bounds, or an expression over rules. */
import { hasNot, holds, parseExpression, rulesIn, setsOf } from './expression.ts';
import { BOUND_OPERATORS, type Bound, type CorrelationCondition, type CorrelationType } from './rule.ts';

/** A group must be able to hold as many matches as a threshold asks for. */
export const THRESHOLD_MAX = 10_000;
const FIELDS_MAX = 16;
/** A range; more than two bounds on one measure say nothing that two do not. */
const BOUNDS_MAX = 2;

export const isTemporal = (type: CorrelationType): boolean =>
  type === 'temporal' || type === 'temporal_ordered';
const isStatistic = (type: CorrelationType): boolean => type.startsWith('value_') && type !== 'value_count';

type Because = { readonly because: string };

/**
 * @param rules as far as the document lists them; temporal correlations need no list beside an expression
 * @returns the condition, or why it is none
 */
export function parseCondition(
  type: CorrelationType,
  written: unknown,
  rules: readonly string[],
): CorrelationCondition | Because {
  if (written === undefined && isTemporal(type))
    return measure([{ by: 'gte', value: rules.length }], [], undefined);
  if (typeof written === 'string') return expressionOf(type, written, rules);
  if (typeof written !== 'object' || written === null || Array.isArray(written))
    return { because: 'the correlation has no condition' };
  const { field, percentile, ...rest } = written as Readonly<Record<string, unknown>>;
  const bounds = boundsOf(type, rest);
  if ('because' in bounds) return bounds;
  const fields = fieldsOf(type, field);
  if ('because' in fields) return fields;
  if (type === 'value_percentile') {
    if (typeof percentile !== 'number' || !(percentile > 0 && percentile <= 100))
      return { because: 'the condition of value_percentile needs percentile, above 0 and at most 100' };
    return measure(bounds, fields, percentile);
  }
  if (percentile !== undefined) return { because: `${type} has no percentile` };
  return measure(bounds, fields, undefined);
}

function measure(
  bounds: readonly Bound[],
  fields: readonly string[],
  percentile: number | undefined,
): CorrelationCondition {
  return { kind: 'measure', bounds, fields, percentile };
}

function expressionOf(
  type: CorrelationType,
  text: string,
  rules: readonly string[],
): CorrelationCondition | Because {
  if (!isTemporal(type)) return { because: `${type} cannot have an expression over rules as its condition` };
  const expression = parseExpression(text);
  if ('because' in expression) return expression;
  const used = rulesIn(expression);
  const strange = used.find((rule) => rules.length > 0 && !rules.includes(rule));
  if (strange !== undefined)
    return { because: `the condition names ${strange}, which is not among its rules` };
  const unused = rules.find((rule) => !used.includes(rule));
  if (unused !== undefined) return { because: `the condition does not name ${unused} of its rules` };
  if (type === 'temporal_ordered' && hasNot(expression))
    return { because: 'what did not happen has no place in an order: use temporal for "not"' };
  if (type === 'temporal_ordered' && setsOf(expression) === undefined)
    return { because: 'the condition has more alternatives than are looked for in order' };
  if (holds(expression, () => false))
    return { because: 'the condition holds when nothing has happened; name a rule that must match' };
  return { kind: 'expression', expression };
}

function boundsOf(
  type: CorrelationType,
  written: Readonly<Record<string, unknown>>,
): readonly Bound[] | Because {
  const bounds: Bound[] = [];
  for (const [name, value] of Object.entries(written)) {
    const by = BOUND_OPERATORS.find((operator) => operator === name);
    if (by === undefined) return { because: `"${name}" is not known in a condition` };
    if (typeof value !== 'number' || !Number.isFinite(value)) return { because: `${name} needs a number` };
    if (!isStatistic(type) && !(Number.isInteger(value) && value >= 0))
      return { because: `${name} counts, and needs a whole number from 0` };
    if (!isStatistic(type) && value > THRESHOLD_MAX)
      return { because: `${name} ${value} is more than the ${THRESHOLD_MAX} that are kept of a group` };
    bounds.push({ by, value });
  }
  if (bounds.length === 0 || bounds.length > BOUNDS_MAX)
    return { because: `a condition needs one or two of ${BOUND_OPERATORS.join(', ')}` };
  if (bounds.every(({ by, value }) => by === 'gte' && value === 0) && !isStatistic(type))
    return { because: 'the condition holds always' };
  return bounds;
}

function fieldsOf(type: CorrelationType, written: unknown): readonly string[] | Because {
  const wanted = type.startsWith('value_');
  if (written === undefined) return wanted ? { because: `the condition of ${type} needs a field` } : [];
  if (!wanted) return { because: `${type} counts matches: its condition has no field` };
  const fields: readonly unknown[] = Array.isArray(written) ? written : [written];
  if (fields.length === 0 || fields.length > FIELDS_MAX)
    return { because: `field is one name, or a list of at most ${FIELDS_MAX}` };
  if (isStatistic(type) && fields.length > 1) return { because: `${type} works on one field` };
  const names = fields.filter((name): name is string => typeof name === 'string' && name !== '');
  return names.length === fields.length ? names : { because: 'field must be a name' };
}
