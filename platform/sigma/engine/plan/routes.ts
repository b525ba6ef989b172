import { looksAt, type Recognition } from '../../event.ts';
import { foldCase, type LogSource } from '../../ir.ts';
import { ANYTHING } from '../../view/recognise.ts';

/** As the view has them: those that count, those asked only where none of these holds, those of every event. */
export interface Recognitions {
  /** All, one kind after the other; they are numbered by their place here. */
  readonly all: readonly Recognition[];
  readonly otherwiseFrom: number;
  readonly besideFrom: number;
}

export function recognitionsOf(
  recognitions: readonly Recognition[],
  otherwise: readonly Recognition[] = [],
  beside: readonly Recognition[] = [],
): Recognitions {
  const otherwiseFrom = recognitions.length;
  return {
    all: [...recognitions, ...otherwise, ...beside],
    otherwiseFrom,
    besideFrom: otherwiseFrom + otherwise.length,
  };
}

/** The recognitions that an event meets: as numbers, in order. An event that meets none is not recognised. */
export function recognised(
  { all, otherwiseFrom, besideFrom }: Recognitions,
  foldedValuesOf: (field: string) => readonly string[],
): readonly number[] {
  const met = all.flatMap(({ when }, number) =>
    Object.entries(when).every(([field, wanted]) => {
      const values = foldedValuesOf(field);
      if (wanted.includes(ANYTHING)) return values.length > 0;
      return wanted.some((value) => values.includes(foldCase(value)));
    })
      ? [number]
      : [],
  );
  if ((met[0] ?? otherwiseFrom) >= otherwiseFrom) return met;
  return met.filter((number) => number < otherwiseFrom || number >= besideFrom);
}

export function rulesFor(wanted: readonly LogSource[], offered: readonly LogSource[]): readonly number[] {
  return wanted.flatMap((source, rule) => (looksAt(source, offered) ? [rule] : []));
}

/** Combinations tried for one recognition: each value of its fields with each of the others. */
const COMBINATIONS_MAX = 4_096;

/** Sets of recognitions that events can be expected to meet: what each recognition's own values meet. */
export function expectedSets(recognitions: Recognitions): readonly (readonly number[])[] {
  const sets = new Map<string, readonly number[]>();
  let tried = 0;
  for (const { when } of recognitions.all) {
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
