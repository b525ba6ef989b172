/**
 * What an event is, told from its fields: the log sources that rules can ask for.
 *
 * Recognitions ask for a few values of a few fields, so most events of a source are alike to all of them: the
 * answer is kept by what those fields hold, as far as any recognition cares.
 */
import type { Recognition } from '../event.ts';
import { foldCase, type LogSource } from '../ir.ts';
import type { Fields } from './names.ts';

/** As a value of a recognition: the field is there, whatever it holds. */
export const ANYTHING = '*';

/** Kept answers. Who is watched can make more kinds of events than there are. */
const ANSWERS_MAX = 4_096;
/** Of a field with several values, how many are looked at for a kept answer. */
const KEYED_VALUES_MAX = 8;

interface Compiled {
  readonly tests: readonly (readonly [field: string, values: ReadonlySet<string> | undefined])[];
  readonly is: LogSource;
}

/**
 * @param recognitions all that hold count
 * @param otherwise asked only where none of those holds
 * @param beside whatever else an event is, it is this too
 */
export function recogniser(
  recognitions: readonly Recognition[],
  otherwise: readonly Recognition[] = [],
  beside: readonly Recognition[] = [],
): (fields: Fields) => readonly LogSource[] {
  const [first, second, third] = [recognitions, otherwise, beside].map((list) => list.map(compiled));
  const known = knownValues([...recognitions, ...otherwise, ...beside]);
  let answers = new Map<string, readonly LogSource[]>();
  return (fields) => {
    const key = keyOf(fields, known);
    const kept = key === undefined ? undefined : answers.get(key);
    if (kept !== undefined) return kept;
    const found = holding(first ?? [], fields, []);
    if (found.length === 0) holding(second ?? [], fields, found);
    holding(third ?? [], fields, found);
    if (key !== undefined) {
      if (answers.size >= ANSWERS_MAX) answers = new Map();
      answers.set(key, found);
    }
    return found;
  };
}

function compiled({ when, is }: Recognition): Compiled {
  const tests = Object.entries(when).map(([field, values]): Compiled['tests'][number] => [
    field,
    values.includes(ANYTHING) ? undefined : new Set(values.map(foldCase)),
  ]);
  return { tests, is };
}

/** By field, all values that any recognition asks for, folded. */
function knownValues(recognitions: readonly Recognition[]): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  for (const { when } of recognitions) {
    for (const [field, values] of Object.entries(when)) {
      const set = known.get(field) ?? new Set();
      known.set(field, set);
      for (const value of values) if (value !== ANYTHING) set.add(foldCase(value));
    }
  }
  return known;
}

/** Tells events apart that recognitions tell apart; undefined for one that is not worth keeping. */
function keyOf(fields: Fields, known: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  let key = '';
  for (const [field, values] of known) {
    const has = fields[field];
    if (has === undefined || has === null) key += '\n';
    else if (typeof has !== 'object') key += `=${keyOfValue(has, values)}\n`;
    else {
      if (has.length > KEYED_VALUES_MAX) return undefined;
      for (const value of has) key += value === null ? '' : `=${keyOfValue(value, values)}`;
      key += '\n';
    }
  }
  return key;
}

/** What no recognition asks for is all one. */
function keyOfValue(value: string | number | boolean, known: ReadonlySet<string>): string {
  if (known.size === 0) return '';
  const text = String(value);
  if (known.has(text)) return text;
  const folded = foldCase(text);
  return known.has(folded) ? folded : '';
}

function holding(candidates: readonly Compiled[], fields: Fields, found: LogSource[]): LogSource[] {
  for (const { tests, is } of candidates) {
    const holds = tests.every(([field, values]) => {
      const has = valuesOf(fields, field);
      return values === undefined ? has.length > 0 : has.some((value) => values.has(value));
    });
    if (holds && !found.some((source) => isSame(source, is))) found.push(is);
  }
  return found;
}

function isSame(a: LogSource, b: LogSource): boolean {
  return a.product === b.product && a.category === b.category && a.service === b.service;
}

/** As folded texts; null is no value. */
function valuesOf(fields: Fields, name: string): readonly string[] {
  if (!Object.hasOwn(fields, name)) return [];
  const values = fields[name];
  if (values === undefined || values === null) return [];
  if (typeof values !== 'object') return [foldCase(String(values))];
  return values.flatMap((value) => (value === null ? [] : [foldCase(String(value))]));
}
