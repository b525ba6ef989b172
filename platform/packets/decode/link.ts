/** From a frame to what it carries: link layers, and the tags and headers between them and IP. */
import { big32 } from '../capture/pcap.ts';

/** @see https://www.tcpdump.org/linktypes.html */
export const LINK = {
  null: 0,
  ethernet: 1,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;
/** DLT_RAW, whose number differs by system, found in files written by programs that did not translate it. */
const RAW_OF_OLD = [12, 14];

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
/** 802.1Q, 802.1ad and what came before it. */
const TAGS = [0x8100, 0x88a8, 0x9100];
/** More tags than this are not a network but an attempt to hide something; the rest is not looked at. */
const TAGS_MAX = 4;
/** AF_INET6 as BSD, FreeBSD and macOS number it, and Linux. */
const FAMILIES_IPV6 = [10, 24, 28, 30];

export interface Link {
  readonly ethertype: number;
  /** Where in the frame the network layer starts. */
  readonly at: number;
  /** Where the addresses are; absent where the link has none of six bytes. */
  readonly destinationMacAt?: number;
  readonly sourceMacAt?: number;
}

export type NoLink = 'unknown-link' | 'link-damaged';

export function readLink(linkType: number, bytes: Uint8Array): Link | NoLink {
  switch (linkType) {
    case LINK.ethernet:
      if (bytes.length < 14) return 'link-damaged';
      return untagged(bytes, 12, { destinationMacAt: 0, sourceMacAt: 6 });
    case LINK.linuxCooked:
      if (bytes.length < 16) return 'link-damaged';
      return untagged(bytes, 14, uint16(bytes, 4) === 6 ? { sourceMacAt: 6 } : {});
    case LINK.linuxCooked2: {
      if (bytes.length < 20) return 'link-damaged';
      // Its protocol is in front; what that names follows the header.
      return readTags(bytes, uint16(bytes, 0), 20, bytes[11] === 6 ? { sourceMacAt: 12 } : {});
    }
    case LINK.null:
    case LINK.loop: {
      if (bytes.length < 4) return 'link-damaged';
      // In the order of whoever wrote the file; families are small numbers, so either order is plain.
      const big = big32(bytes, 0);
      const family = big > 0xffff ? ((bytes[1] ?? 0) << 8) | (bytes[0] ?? 0) : big;
      if (family === 2) return { ethertype: ETHERTYPE.ipv4, at: 4 };
      return { ethertype: FAMILIES_IPV6.includes(family) ? ETHERTYPE.ipv6 : 0, at: 4 };
    }
    case LINK.ipv4:
      return { ethertype: ETHERTYPE.ipv4, at: 0 };
    case LINK.ipv6:
      return { ethertype: ETHERTYPE.ipv6, at: 0 };
    default:
      if (linkType !== LINK.raw && !RAW_OF_OLD.includes(linkType)) return 'unknown-link';
      if (bytes.length === 0) return 'link-damaged';
      return { ethertype: (bytes[0] ?? 0) >> 4 === 6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4, at: 0 };
  }
}

type Addresses = Pick<Link, 'destinationMacAt' | 'sourceMacAt'>;

function untagged(bytes: Uint8Array, typeAt: number, addresses: Addresses): Link | NoLink {
  return readTags(bytes, uint16(bytes, typeAt), typeAt + 2, addresses);
}

function readTags(bytes: Uint8Array, first: number, from: number, addresses: Addresses): Link | NoLink {
  let ethertype = first;
  let at = from;
  for (let tags = 0; TAGS.includes(ethertype); tags += 1) {
    if (tags === TAGS_MAX || at + 4 > bytes.length) return 'link-damaged';
    ethertype = uint16(bytes, at + 2);
    at += 4;
  }
  return { ...addresses, ethertype, at };
}

export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
