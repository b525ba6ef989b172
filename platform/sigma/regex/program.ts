import type { Assertion, Regex } from './ast.ts';
import type { Ranges } from './ranges.ts';
import { Refused } from './refused.ts';

export const ASSERTIONS: readonly Assertion[] = [
  'text-begin',
  'text-end',
  'line-begin',
  'line-end',
  'word-edge',
  'no-word-edge',
];

/** What an instruction does; `next` and `other` are where it goes on. */
export const MATCH = 0;
export const SET = 1;
export const SPLIT = 2;
export const ASSERT = 3;

/** A nondeterministic automaton. `argument` is the index of a set or of an assertion. */
export interface Program {
  readonly op: readonly number[];
  readonly argument: readonly number[];
  readonly next: readonly number[];
  readonly other: readonly number[];
  readonly start: number;
  readonly sets: readonly Ranges[];
}

/** Steps of the automaton are proportional to it in the worst case: it bounds what one character can cost. */
export const INSTRUCTIONS_MAX = 12_000;

/** @throws Refused when repetitions with bounds make it too large */
export function compileProgram(regex: Regex): Program {
  const builder = new Builder();
  const match = builder.add(MATCH, 0, 0, 0);
  const start = builder.build(regex, match);
  const { op, argument, next, other, sets } = builder;
  return { op, argument, next, other, sets, start };
}

/** Built from the end, so that every instruction knows where it goes on; only loops are patched. */
class Builder {
  readonly op: number[] = [];
  readonly argument: number[] = [];
  readonly next: number[] = [];
  readonly other: number[] = [];
  readonly sets: Ranges[] = [];
  readonly #setByText = new Map<string, number>();

  add(op: number, argument: number, next: number, other: number): number {
    if (this.op.length >= INSTRUCTIONS_MAX)
      throw new Refused(
        `too large: more than ${INSTRUCTIONS_MAX} steps once its repetitions are written out`,
      );
    this.op.push(op);
    this.argument.push(argument);
    this.next.push(next);
    return this.other.push(other) - 1;
  }

  build(regex: Regex, then: number): number {
    switch (regex.is) {
      case 'empty':
        return then;
      case 'set':
        return this.add(SET, this.#set(regex.ranges), then, 0);
      case 'assert':
        return this.add(ASSERT, ASSERTIONS.indexOf(regex.what), then, 0);
      case 'cat':
        return regex.of.reduceRight((after, one) => this.build(one, after), then);
      case 'alt':
        return regex.of
          .map((one) => this.build(one, then))
          .reduceRight((rest, one) => this.add(SPLIT, 0, one, rest));
      case 'repeat':
        return this.#repeat(regex.of, regex.min, regex.max, then);
    }
  }

  #repeat(one: Regex, min: number, max: number | undefined, then: number): number {
    let entry = then;
    if (max === undefined) {
      entry = this.add(SPLIT, 0, 0, then);
      this.next[entry] = this.build(one, entry);
    } else {
      for (let optional = min; optional < max; optional += 1)
        entry = this.add(SPLIT, 0, this.build(one, entry), then);
    }
    for (let required = 0; required < min; required += 1) entry = this.build(one, entry);
    return entry;
  }

  #set(ranges: Ranges): number {
    const text = ranges.join(',');
    const known = this.#setByText.get(text);
    if (known !== undefined) return known;
    const index = this.sets.push(ranges) - 1;
    this.#setByText.set(text, index);
    return index;
  }
}
