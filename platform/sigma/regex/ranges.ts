/** Sets of code points: first and last of each range in turn, sorted, neither overlapping nor adjacent. */
export type Ranges = readonly number[];

export const CODE_POINT_MAX = 0x10ffff;
export const EVERYTHING: Ranges = [0, CODE_POINT_MAX];

/** @param pairs first and last in turn, in any order */
export function normalised(pairs: readonly number[]): Ranges {
  const sorted: (readonly [number, number])[] = [];
  for (let at = 0; at < pairs.length; at += 2) sorted.push([pairs[at] ?? 0, pairs[at + 1] ?? 0]);
  sorted.sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [first, last] of sorted) {
    const end = merged.at(-1);
    if (end !== undefined && first <= end + 1) merged[merged.length - 1] = Math.max(end, last);
    else merged.push(first, last);
  }
  return merged;
}

export function complement(ranges: Ranges): Ranges {
  const rest: number[] = [];
  let from = 0;
  for (let at = 0; at < ranges.length; at += 2) {
    const first = ranges[at] ?? 0;
    if (first > from) rest.push(from, first - 1);
    from = (ranges[at + 1] ?? 0) + 1;
  }
  if (from <= CODE_POINT_MAX) rest.push(from, CODE_POINT_MAX);
  return rest;
}

export function contains(ranges: Ranges, codePoint: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (codePoint < (ranges[at] ?? 0)) return false;
    if (codePoint <= (ranges[at + 1] ?? 0)) return true;
  }
  return false;
}

export function sizeOf(ranges: Ranges): number {
  let size = 0;
  for (let at = 0; at < ranges.length; at += 2) size += (ranges[at + 1] ?? 0) - (ranges[at] ?? 0) + 1;
  return size;
}
