/** Which addresses are no host's of the Internet: private networks, this machine, and what leads to either by another name. */
import { BlockList, isIP } from 'node:net';

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry (RFC 6890), and what is reserved for multicast and later use */
const INSIDE = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // The cloud's metadata service is among them.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  INSIDE.addSubnet(net, prefix, 'ipv4');

/** Of the rest of IPv6 nothing is global: `64:ff9b::/96` and `64:ff9b:1::/48` (NAT64) lead into networks of IPv4, too. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');

/** Within that. @see https://www.iana.org/assignments/iana-ipv6-special-registry */
for (const [net, prefix] of [
  // Protocols' own, among them Teredo, which has an IPv4 address in it.
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4: an IPv4 address by another name.
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  INSIDE.addSubnet(net, prefix, 'ipv6');

const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

/** @param address as it is looked up or written; what is no address is inside */
export function isInside(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return INSIDE.check(address, 'ipv4');
    case 6:
      // Node compares an IPv4 address that is written as IPv6 with the nets of IPv4.
      if (MAPPED.check(address, 'ipv6')) return INSIDE.check(address, 'ipv6');
      return !GLOBAL.check(address, 'ipv6') || INSIDE.check(address, 'ipv6');
    default:
      return true;
  }
}
