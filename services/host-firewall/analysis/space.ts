/** Sets of packets as products of interval sets: what a rule matches is exactly one such product per kind of packet. */
import type { Interval } from '../elements.ts';

/** Sorted, disjoint; empty is nothing. */
export type Axis = readonly Interval[];
/** One axis per dimension, all products of one kind in the same order. */
export type Product = readonly Axis[];

export const one = (value: number | bigint): Axis => [{ low: BigInt(value), high: BigInt(value) }];
export const span = (low: number | bigint, high: number | bigint): Axis => [
  { low: BigInt(low), high: BigInt(high) },
];

export function intersectAxis(a: Axis, b: Axis): Axis {
  const out: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i], b[j]];
    if (left === undefined || right === undefined) break;
    const low = left.low > right.low ? left.low : right.low;
    const high = left.high < right.high ? left.high : right.high;
    if (low <= high) out.push({ low, high });
    if (left.high < right.high) i += 1;
    else j += 1;
  }
  return out;
}

export function subtractAxis(a: Axis, b: Axis): Axis {
  const out: Interval[] = [];
  let j = 0;
  for (const { low, high } of a) {
    let from = low;
    while (j < b.length && (b[j]?.high ?? 0n) < from) j += 1;
    for (let k = j; k < b.length; k += 1) {
      const cut = b[k];
      if (cut === undefined || cut.low > high) break;
      if (cut.low > from) out.push({ low: from, high: cut.low - 1n });
      from = cut.high + 1n;
    }
    if (from <= high) out.push({ low: from, high });
  }
  return out;
}

/** Without building anything: most pairs of rules have nothing in common. */
function touch(a: Axis, b: Axis): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i], b[j]];
    if (left === undefined || right === undefined) return false;
    if (left.low <= right.high && right.low <= left.high) return true;
    if (left.high < right.high) i += 1;
    else j += 1;
  }
  return false;
}

export function overlap(a: Product, b: Product): boolean {
  for (let index = 0; index < a.length; index += 1) if (!touch(a[index] ?? [], b[index] ?? [])) return false;
  return true;
}

export function intersect(a: Product, b: Product): Product | null {
  return overlap(a, b) ? a.map((axis, index) => intersectAxis(axis, b[index] ?? [])) : null;
}

export const contains = (outer: Product, inner: Product): boolean =>
  inner.every((axis, index) => subtractAxis(axis, outer[index] ?? []).length === 0);

/** Disjoint products that together are `a` without `b`: at most one per dimension. */
export function subtract(a: Product, b: Product): readonly Product[] {
  const common = intersect(a, b);
  if (common === null) return [a];
  const out: Product[] = [];
  for (const [index, axis] of a.entries()) {
    const rest = subtractAxis(axis, b[index] ?? []);
    if (rest.length > 0) out.push([...common.slice(0, index), rest, ...a.slice(index + 1)]);
  }
  return out;
}

/** The lowest number of each dimension. */
export function pointOf(product: Product): readonly bigint[] {
  return product.map((axis) => axis[0]?.low ?? 0n);
}
