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

/** Kept kinds of events, complete or not. Who is watched can make more than there are. */
const ALIKE_MAX = 32_768;
/** Kept values of one field. */
const SEEN_MAX = 256;
const SHORT_TEXT_MAX = 12;
/** More values than any field is asked for. */
const KINDS_MAX = 65_536;
/** Of a field with several values, how many are looked at for a kept answer. */
const KEYED_VALUES_MAX = 8;

interface Compiled {
  readonly tests: readonly (readonly [field: string, values: ReadonlySet<string> | undefined])[];
  readonly is: LogSource;
}

/** By the place of a field in `fields`. */
export type ValueAt = (at: number) => Fields[string] | undefined;

export interface Recogniser {
  /** All that any recognition asks for. */
  readonly fields: readonly string[];
  /** The same list for events that are alike. */
  readonly of: (valueAt: ValueAt) => readonly LogSource[];
}

/** Events that are alike so far: they differ in the fields after. */
interface Alike {
  readonly next: Map<number, Alike>;
  answer: readonly LogSource[] | undefined;
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
): Recogniser {
  const [first, second, third] = [recognitions, otherwise, beside].map((list) => list.map(compiled));
  const known = [...knownValues([...recognitions, ...otherwise, ...beside])];
  const fields = known.map(([field]) => field);
  const kinds = known.map(([, values]) => new Kinds(values));
  const judged = (valueAt: ValueAt): readonly LogSource[] => {
    const asked: Fields = Object.fromEntries(
      fields.flatMap((field, at) => {
        const value = valueAt(at);
        return value === undefined ? [] : [[field, value]];
      }),
    );
    const found = holding(first ?? [], asked, []);
    if (found.length === 0) holding(second ?? [], asked, found);
    return holding(third ?? [], asked, found);
  };
  let root: Alike = { next: new Map(), answer: undefined };
  let count = 0;
  const step = (from: Alike, at: number, kind: number): Alike => {
    const key = at * KINDS_MAX + kind;
    let to = from.next.get(key);
    if (to === undefined) {
      to = { next: new Map(), answer: undefined };
      from.next.set(key, to);
      count += 1;
    }
    return to;
  };
  return {
    fields,
    of: (valueAt) => {
      if (count >= ALIKE_MAX) {
        root = { next: new Map(), answer: undefined };
        count = 0;
      }
      let alike = root;
      for (let at = 0; at < kinds.length; at += 1) {
        const value = valueAt(at);
        if (value === undefined || value === null) continue;
        const kind = kinds[at];
        if (kind === undefined) continue;
        if (typeof value !== 'object') alike = step(alike, at, kind.of(value));
        else {
          if (value.length > KEYED_VALUES_MAX) return judged(valueAt);
          for (const one of value) if (one !== null) alike = step(alike, at, kind.of(one));
        }
      }
      alike.answer ??= judged(valueAt);
      return alike.answer;
    },
  };
}

/** What recognitions tell apart of one field's values, as numbers; 0 is every value that none asks for. */
class Kinds {
  readonly #known: ReadonlyMap<string, number>;
  #seen = new Map<string | number | boolean, number>();

  constructor(values: ReadonlySet<string>) {
    this.#known = new Map([...values].map((value, at) => [value, at + 1]));
  }

  of(value: string | number | boolean): number {
    if (this.#known.size === 0) return 0;
    const seen = this.#seen.get(value);
    if (seen !== undefined) return seen;
    const kind = this.#known.get(foldCase(String(value))) ?? 0;
    if (this.#seen.size >= SEEN_MAX) this.#seen = new Map();
    // A longer text may be a piece of a whole block of the spool, and would keep it.
    if (kind !== 0 || typeof value !== 'string' || value.length <= SHORT_TEXT_MAX)
      this.#seen.set(value, kind);
    return kind;
  }
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
