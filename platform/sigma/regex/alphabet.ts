import { contains, type Ranges } from './ranges.ts';

/** What stands on one side of a place in the text, as far as assertions ask. */
export const EDGE = 0;
export const NEWLINE = 1;
export const WORD_CHARACTER = 2;
export const OTHER = 3;

const WORD: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

/** Code points in classes that no set and no assertion of a program tells apart. */
export interface Alphabet {
  readonly classCount: number;
  /** By ASCII code. */
  readonly ascii: Uint16Array;
  /** By class: whether it is in the set of that index. */
  readonly members: readonly (readonly boolean[])[];
  /** By class: `NEWLINE`, `WORD_CHARACTER` or `OTHER`. */
  readonly kinds: readonly number[];
  classOf(codePoint: number): number;
}

export function alphabetOf(sets: readonly Ranges[]): Alphabet {
  const bounds = new Set([0, 10, 11]);
  for (const ranges of [WORD, ...sets])
    for (let at = 0; at < ranges.length; at += 2) bounds.add(ranges[at] ?? 0).add((ranges[at + 1] ?? 0) + 1);
  const starts = Int32Array.from(bounds).sort();
  const classes = new Uint16Array(starts.length);
  const known = new Map<string, number>();
  const members: boolean[][] = [];
  const kinds: number[] = [];
  // Sets with many ranges (\p{L}) meet many intervals: both are walked once, side by side.
  const cursors = sets.map(() => 0);
  for (const [index, start] of starts.entries()) {
    const inside = sets.map((ranges, set) => {
      while ((cursors[set] ?? 0) < ranges.length && (ranges[(cursors[set] ?? 0) + 1] ?? 0) < start)
        cursors[set] = (cursors[set] ?? 0) + 2;
      return (cursors[set] ?? 0) < ranges.length && (ranges[cursors[set] ?? 0] ?? 0) <= start;
    });
    const kind = start === 10 ? NEWLINE : contains(WORD, start) ? WORD_CHARACTER : OTHER;
    const signature = `${kind}${inside.map(Number).join('')}`;
    let found = known.get(signature);
    if (found === undefined) {
      found = members.push(inside) - 1;
      kinds.push(kind);
      known.set(signature, found);
    }
    classes[index] = found;
  }
  const classOf = (codePoint: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= codePoint) low = middle;
      else high = middle - 1;
    }
    return classes[low] ?? 0;
  };
  const ascii = Uint16Array.from({ length: 128 }, (_, code) => classOf(code));
  return { classCount: members.length, ascii, members, kinds, classOf };
}
