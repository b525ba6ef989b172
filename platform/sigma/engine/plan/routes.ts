import { looksAt, type Recognition } from '../../event.ts';
import { foldCase, type LogSource } from '../../ir.ts';

/** The recognitions that an event meets: as numbers, in order. An event that meets none is not recognised. */
export function recognised(
  recognitions: readonly Recognition[],
  foldedValuesOf: (field: string) => readonly string[],
): readonly number[] {
  return recognitions.flatMap(({ when }, number) =>
    Object.entries(when).every(([field, wanted]) => {
      const values = foldedValuesOf(field);
      return wanted.some((value) => values.includes(foldCase(value)));
    })
      ? [number]
      : [],
  );
}

export function rulesFor(wanted: readonly LogSource[], offered: readonly LogSource[]): readonly number[] {
  return wanted.flatMap((source, rule) => (looksAt(source, offered) ? [rule] : []));
}

/** Combinations tried for one recognition: each value of its fields with each of the others. */
const COMBINATIONS_MAX = 4_096;

/** Sets of recognitions that events can be expected to meet: what each recognition's own values meet. */
export function expectedSets(recognitions: readonly Recognition[]): readonly (readonly number[])[] {
  const sets = new Map<string, readonly number[]>();
  let tried = 0;
  for (const { when } of recognitions) {
    for (const values of combinations(Object.entries(when))) {
      tried += 1;
      if (tried > COMBINATIONS_MAX) return [...sets.values()];
      const met = recognised(recognitions, (field) => {
        const value = values.get(field);
        return value === undefined ? [] : [foldCase(value)];
      });
      sets.set(met.join(), met);
    }
  }
  return [...sets.values()];
}

function combinations(
  entries: readonly (readonly [string, readonly string[]])[],
): readonly ReadonlyMap<string, string>[] {
  let all: ReadonlyMap<string, string>[] = [new Map()];
  for (const [field, values] of entries)
    all = all.flatMap((before) => values.map((value) => new Map([...before, [field, value]])));
  return all;
}
