/** The words of a policy for addresses and ports, as intervals of numbers. */

export type Family = 4 | 6;

/** Both ends belong to it. */
export interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}
export interface AddressInterval extends Interval {
  readonly family: Family;
}

export const BITS = { 4: 32, 6: 128 } as const;
export const highest = (family: Family): bigint => (1n << BigInt(BITS[family])) - 1n;

const FOUR = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const WORD = /^[0-9a-f]{1,4}$/i;

/** `null` for what is no address; a zone (`fe80::1%eth0`) means nothing to a rule and is none either. */
export function addressOf(text: string): { readonly family: Family; readonly value: bigint } | null {
  if (text.includes(':')) {
    const value = sixOf(text);
    return value === null ? null : { family: 6, value };
  }
  // "010" is eight to some readers and ten to others: it is none here.
  return FOUR.test(text) ? { family: 4, value: fourOf(text) } : null;
}

function fourOf(text: string): bigint {
  const [a, b, c, d] = text.split('.');
  return BigInt(Number(a) * 16_777_216 + Number(b) * 65_536 + Number(c) * 256 + Number(d));
}

/** RFC 4291 section 2.2, its form with a dotted quad at the end included. */
function sixOf(text: string): bigint | null {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let plain = text;
  if (dotted !== null) {
    const low = addressOf(dotted[2] ?? '')?.value;
    if (low === undefined) return null;
    plain = `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [before = '', after, ...more] = plain.split('::');
  if (more.length > 0) return null;
  const words = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const head = words(before);
  const tail = after === undefined ? [] : words(after);
  const missing = 8 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 1) return null;
  if (![...head, ...tail].every((word) => WORD.test(word))) return null;
  const zeros = Array.from({ length: missing }, () => '0');
  return [...head, ...zeros, ...tail].reduce((value, word) => (value << 16n) | BigInt(`0x${word}`), 0n);
}

/** Of an address, a prefix (host bits are ignored), or a range `low-high`; `null` for anything else. */
export function addressIntervalOf(text: string): AddressInterval | null {
  if (text.includes('/')) return prefixOf(text);
  const [from = '', to = from, ...more] = text.split('-');
  const [low, high] = [addressOf(from), addressOf(to)];
  if (more.length > 0 || low === null || high === null) return null;
  if (low.family !== high.family || low.value > high.value) return null;
  return { family: low.family, low: low.value, high: high.value };
}

function prefixOf(text: string): AddressInterval | null {
  const [address = '', length = '', ...more] = text.split('/');
  const found = addressOf(address);
  if (found === null || more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return null;
  const bits = BITS[found.family];
  if (Number(length) > bits) return null;
  const host = BigInt(bits - Number(length));
  const low = (found.value >> host) << host;
  return { family: found.family, low, high: low | ((1n << host) - 1n) };
}

/** Of a port or a range `low-high`; `null` for anything else. */
export function portIntervalOf(text: string | number): Interval | null {
  const [from = '', to = from, ...more] = String(text).split('-');
  if (more.length > 0 || ![from, to].every((port) => /^(0|[1-9]\d{0,4})$/.test(port))) return null;
  const [low, high] = [BigInt(from), BigInt(to)];
  return low > high || high > 65_535n ? null : { low, high };
}

/** Canonical text: dotted quad, or RFC 5952. */
export function addressText(family: Family, value: bigint): string {
  if (family === 4) {
    const number = Number(value);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  }
  const words = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  // The longest run of zeros, the first of equals, and never a single one (section 4.2).
  let [best, length] = [-1, 1];
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (end < 8 && words[end] === '0') end += 1;
    if (end - start > length) [best, length] = [start, end - start];
  }
  if (best === -1) return words.join(':');
  return `${words.slice(0, best).join(':')}::${words.slice(best + length).join(':')}`;
}

/** Sorted, disjoint, with neighbours joined: what the kernel's interval sets ask for. */
export function merged<T extends Interval>(intervals: readonly T[]): readonly Interval[] {
  const sorted = intervals.toSorted((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  const joined: { low: bigint; high: bigint }[] = [];
  for (const { low, high } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && low <= last.high + 1n) {
      if (high > last.high) last.high = high;
    } else joined.push({ low, high });
  }
  return joined;
}
