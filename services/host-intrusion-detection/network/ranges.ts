/** Addresses against lists of addresses and prefixes. */
import { BlockList, isIPv6 } from 'node:net';

export type Ranges = (address: string) => boolean;

/** Answers are kept for this many addresses; then it starts over. */
const KNOWN_MAX = 16_384;

/** @param ranges as policies have them: `192.0.2.1`, `2001:db8::/32`, `192.0.2.1-192.0.2.9` */
export function inRanges(ranges: readonly string[]): Ranges {
  if (ranges.length === 0) return () => false;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', length] = range.split('/');
    const [low = '', high] = address.split('-');
    const family = isIPv6(low) ? 'ipv6' : 'ipv4';
    if (high !== undefined) list.addRange(low, high, family);
    else if (length === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(length), family);
  }
  const known = new Map<string, boolean>();
  return (address) => {
    const answer = known.get(address) ?? list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(address, answer);
    return answer;
  };
}

/** Nobody in particular: multicast and broadcast. */
export function isManyHosts(address: string): boolean {
  if (address.includes(':')) return address.startsWith('ff');
  const first = Number(address.slice(0, address.indexOf('.')));
  return (first >= 224 && first < 240) || address === '255.255.255.255' || address.endsWith('.255');
}
