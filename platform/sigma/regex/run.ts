import type { Regex } from './ast.ts';
import { codePointIn } from './code-point.ts';
import type { Required } from './literals.ts';
import { contains, type Ranges } from './ranges.ts';
import type { CompiledRegex } from './regex.ts';

/** `.{1000,}` and `[^/]{100,}$`: so many characters of one class in a row, anywhere or at the end. */
export interface Run {
  readonly ranges: Ranges;
  readonly length: number;
  readonly isAtEnd: boolean;
}

/** As an automaton it has a thread for every character of the run; to count them is enough. */
export function runOf(regex: Regex): Run | undefined {
  if (regex.is === 'repeat' && regex.of.is === 'set')
    return { ranges: regex.of.ranges, length: regex.min, isAtEnd: false };
  if (regex.is !== 'cat' || regex.of.length !== 2) return undefined;
  const [first, second] = regex.of;
  if (first?.is !== 'repeat' || second?.is !== 'assert' || second.what !== 'text-end') return undefined;
  const run = runOf(first);
  return run === undefined ? undefined : { ...run, isAtEnd: true };
}

const CHARACTER_NS = 3;

export class RunMatcher implements CompiledRegex {
  readonly required: Required;
  readonly #run: Run;
  readonly #ascii: Uint8Array;
  #work = 0;

  constructor(run: Run, required: Required) {
    this.#run = run;
    this.required = required;
    this.#ascii = Uint8Array.from({ length: 128 }, (_, code) => Number(contains(run.ranges, code)));
  }

  matches(text: string): boolean {
    const bytes = Buffer.from(text);
    return this.matchesBytes(bytes, 0, bytes.length);
  }

  matchesBytes(bytes: Uint8Array, from: number, to: number): boolean {
    const { length, isAtEnd, ranges } = this.#run;
    if (length === 0) return true;
    let run = 0;
    for (let at = from; at < to; ) {
      const byte = bytes[at] ?? 0;
      const isIn = byte < 0x80 ? this.#ascii[byte] === 1 : contains(ranges, codePointIn(bytes, at));
      run = isIn ? run + 1 : 0;
      at += byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      if (!isAtEnd && run >= length) {
        this.#work += (at - from) * CHARACTER_NS;
        return true;
      }
    }
    this.#work += (to - from) * CHARACTER_NS;
    return isAtEnd && run >= length;
  }

  takeWork(): number {
    const work = this.#work;
    this.#work = 0;
    return work;
  }
}
