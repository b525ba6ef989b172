/** Prefixes that attackers share, and whether two of them have anything in common. */
import { inRanges } from '../ranges.ts';

/** The /24 or /64 of an address: what one subscriber or one rented rack usually has. */
export function groupOf(address: string): string {
  if (!address.includes(':')) return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  const head = groupsOf(address).slice(0, 4);
  return `${canonical(head)}/64`;
}

/** Two ranges overlap when one holds the other’s first address. */
export function overlap(one: string, other: string): boolean {
  return inRanges([one])(baseOf(other)) || inRanges([other])(baseOf(one));
}

function baseOf(range: string): string {
  return range.split(/[/-]/)[0] ?? range;
}

function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter(Boolean);
  if (tail === undefined) return left;
  const right = tail.split(':').filter(Boolean);
  return [
    ...left,
    ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'),
    ...right,
  ];
}

/** The first four groups of an address whose others are zero, as RFC 5952 writes it. */
function canonical(head: readonly string[]): string {
  let last = head.length;
  while (last > 0 && Number.parseInt(head[last - 1] ?? '0', 16) === 0) last -= 1;
  return `${head.slice(0, last).join(':')}::`;
}
