/** Ranges of addresses as policies write them, without anything of Node: policies are read in browsers too. */
import * as z from 'zod';

/** Whether a text names a range of addresses that `low-high` can mean. */
export function isLowToHigh(text: string): boolean {
  const [low = '', high = '', ...more] = text.split('-');
  if (more.length > 0) return false;
  if (z.ipv4().safeParse(low).success) return z.ipv4().safeParse(high).success && four(low) <= four(high);
  return z.ipv6().safeParse(low).success && z.ipv6().safeParse(high).success && six(low) <= six(high);
}

function four(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

/** @param address valid; its last 32 bits may be written as IPv4 */
function six(address: string): bigint {
  const [head = '', tail] = address.replace(/[^:]+\.[^:]+$/, mapped).split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const between = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...between, ...right].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

const groupsOf = (text: string): readonly string[] => text.split(':').filter((group) => group !== '');

function mapped(dotted: string): string {
  const value = four(dotted);
  return `${Math.floor(value / 65_536).toString(16)}:${(value % 65_536).toString(16)}`;
}
