/** What an event is, told from its fields: the log sources that rules can ask for. */
import type { Recognition } from '../event.ts';
import { foldCase, type LogSource } from '../ir.ts';
import type { Fields } from './names.ts';

/** As a value of a recognition: the field is there, whatever it holds. */
export const ANYTHING = '*';

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
  const first = new Index(recognitions);
  const second = new Index(otherwise);
  const third = new Index(beside);
  return (fields) => {
    const known = first.of(fields);
    const found = known.length > 0 ? known : second.of(fields);
    return third.of(fields, [...found]);
  };
}

/** By a value of one field that all of its recognitions ask for: an event is a few of some hundred. */
class Index {
  readonly #byField = new Map<string, Map<string, Compiled[]>>();
  readonly #rest: Compiled[] = [];

  constructor(recognitions: readonly Recognition[]) {
    for (const { when, is } of recognitions) {
      const tests = Object.entries(when).map(([field, values]): Compiled['tests'][number] => [
        field,
        values.includes(ANYTHING) ? undefined : new Set(values.map(foldCase)),
      ]);
      const [key] = tests.filter(([, values]) => values !== undefined);
      if (key?.[1] === undefined) {
        this.#rest.push({ tests, is });
        continue;
      }
      const byValue = this.#byField.get(key[0]) ?? new Map<string, Compiled[]>();
      this.#byField.set(key[0], byValue);
      for (const value of key[1]) byValue.set(value, [...(byValue.get(value) ?? []), { tests, is }]);
    }
  }

  /** @param found is added to */
  of(fields: Fields, found: LogSource[] = []): readonly LogSource[] {
    for (const [field, byValue] of this.#byField) {
      for (const value of valuesOf(fields, field))
        for (const candidate of byValue.get(value) ?? []) addIfHolds(found, candidate, fields);
    }
    for (const candidate of this.#rest) addIfHolds(found, candidate, fields);
    return found;
  }
}

function addIfHolds(found: LogSource[], { tests, is }: Compiled, fields: Fields): void {
  for (const [field, values] of tests) {
    const has = valuesOf(fields, field);
    if (values === undefined ? has.length === 0 : !has.some((value) => values.has(value))) return;
  }
  const isKnown = found.some(
    ({ product, category, service }) =>
      product === is.product && category === is.category && service === is.service,
  );
  if (!isKnown) found.push(is);
}

/** As folded texts; null is no value. */
function valuesOf(fields: Fields, name: string): readonly string[] {
  if (!Object.hasOwn(fields, name)) return [];
  const values = fields[name];
  if (values === undefined || values === null) return [];
  if (typeof values !== 'object') return [foldCase(String(values))];
  return values.flatMap((value) => (value === null ? [] : [foldCase(String(value))]));
}
