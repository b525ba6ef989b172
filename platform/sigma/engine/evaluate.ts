/**
 * What a rule's condition says about one event, evaluated as it reads: the plain engine. The fast one is
 * checked against it, and what people are shown is made by it (`explain.ts`).
 *
 * Linear in the event for each predicate but `fieldref` (values times values) and `glob` (text times
 * pattern): who is watched chooses the texts.
 */
import type { FieldValue, SigmaEvent } from '../event.ts';
import { type Anchor, type Comparison, type Condition, type Field, foldCase, type Predicate } from '../ir.ts';
import { cidrHolds } from './cidr.ts';
import { globMatches } from './glob.ts';
import { timePartOf } from './instant.ts';

/** A compiled regular expression: found anywhere in the text, in time linear in it. */
export interface RegexMatcher {
  matches(text: string): boolean;
}

export type RegexPredicate = Extract<Predicate, { readonly op: 're' }>;

/** Whoever hands it in keeps what it compiled: it is asked once per value. */
export type RegexSource = (test: RegexPredicate) => RegexMatcher;

/** Whether the condition holds. Log sources are not looked at (`looksAt`). */
export function evaluate(condition: Condition, event: SigmaEvent, regexes: RegexSource): boolean {
  switch (condition.op) {
    case 'and':
      return condition.of.every((part) => evaluate(part, event, regexes));
    case 'or':
      return condition.of.some((part) => evaluate(part, event, regexes));
    case 'not':
      return !evaluate(condition.of, event, regexes);
    case 'test':
      return testHolds(condition.test, event, regexes);
    case 'true':
      return true;
    case 'false':
      return false;
  }
}

export function testHolds(test: Predicate, event: SigmaEvent, regexes: RegexSource): boolean {
  const values = valuesOf(event, test.field);
  if (test.op === 'exists') return values.length > 0;
  if (test.op === 'null') return values.length === 0 || values.includes(null);
  return values.some((value) => valueHolds(test, value, event, regexes));
}

/**
 * All values of a field, or of the event for keywords. A field with an empty list is absent, as it is when
 * the event comes from JSON (`flatten`).
 */
export function valuesOf(event: SigmaEvent, field: Field): readonly FieldValue[] {
  if (field === null) return Object.values(event.fields).flat();
  if (!Object.hasOwn(event.fields, field)) return [];
  return [event.fields[field] ?? null].flat();
}

/** Whether one value of the predicate's field is enough for it. */
export function valueHolds(
  test: Predicate,
  value: FieldValue,
  event: SigmaEvent,
  regexes: RegexSource,
): boolean {
  if (test.op === 'exists') return true;
  if (value === null) return test.op === 'null';
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
      return anchored(asText(value, test.isCased), test.text, test.op);
    case 'glob':
      return globMatches(test.parts, asText(value, test.isCased));
    case 're':
      return regexes(test).matches(String(value));
    case 'cidr':
      return cidrHolds(test.network, String(value));
    case 'compare':
      return compared(asNumber(value), test.by, test.value);
    case 'fieldref':
      return valuesOf(event, test.other).some(
        (other) =>
          other !== null && anchored(asText(value, test.isCased), asText(other, test.isCased), test.anchor),
      );
    case 'timepart':
      return compared(timePartOf(value, test.part), test.by, test.value);
    case 'null':
      return false;
  }
}

function anchored(text: string, wanted: string, anchor: Anchor): boolean {
  switch (anchor) {
    case 'equals':
      return text === wanted;
    case 'contains':
      return text.includes(wanted);
    case 'startswith':
      return text.startsWith(wanted);
    case 'endswith':
      return text.endsWith(wanted);
  }
}

function compared(found: number | undefined, by: Comparison, wanted: number): boolean {
  if (found === undefined) return false;
  switch (by) {
    case 'lt':
      return found < wanted;
    case 'lte':
      return found <= wanted;
    case 'gt':
      return found > wanted;
    case 'gte':
      return found >= wanted;
    case 'eq':
      return found === wanted;
  }
}

function asText(value: string | number | boolean, isCased: boolean): string {
  const text = String(value);
  return isCased ? text : foldCase(text);
}

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
/** Longer texts are no numbers that anyone compares. */
const DECIMAL_CHARACTERS_MAX = 64;

function asNumber(value: string | number | boolean): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || value.length > DECIMAL_CHARACTERS_MAX || !DECIMAL.test(value))
    return undefined;
  return Number(value);
}
