/** IPv4 (RFC 791) and IPv6 (RFC 8200) headers, as far as what they carry. */
import { uint16 } from './link.ts';

export interface IpHeader {
  readonly family: 4 | 6;
  readonly sourceAt: number;
  readonly destinationAt: number;
  readonly protocol: number;
  /** Where what IP carries starts and ends in the frame; the end is where it was captured to, if that is less. */
  readonly from: number;
  readonly to: number;
  /** Where it ends as the header says; beyond the frame where the capture cut it off. */
  readonly claimedTo: number;
  /** Of the whole packet, as the header says. */
  readonly bytes: number;
  readonly fragment?: FragmentHeader;
}

export interface FragmentHeader {
  readonly id: number;
  /** In bytes, of what is fragmented. */
  readonly offset: number;
  readonly more: boolean;
}

const EXTENSION = { hopByHop: 0, routing: 43, fragment: 44, authentication: 51, destination: 60 } as const;
/** Mobility, HIP, Shim6 and the two for experiments: laid out as RFC 6564 wants extension headers to be. */
const OTHER_EXTENSIONS = [135, 139, 140, 253, 254];
/** Linux and routers stop far earlier; a longer chain is an evasion (RFC 7112). */
const EXTENSIONS_MAX = 16;

/**
 * @param original bytes of the frame on the wire: a segment still to be cut up by the network card has no length of
 *   its own (0), and is as long as the frame
 * @returns undefined when there is no such header
 */
export function readIp(bytes: Uint8Array, at: number, original: number): IpHeader | undefined {
  switch ((bytes[at] ?? 0) >> 4) {
    case 4:
      return readIpv4(bytes, at, original);
    case 6:
      return readIpv6(bytes, at, original);
    default:
      return undefined;
  }
}

function readIpv4(bytes: Uint8Array, at: number, original: number): IpHeader | undefined {
  const headerBytes = ((bytes[at] ?? 0) & 15) * 4;
  if (headerBytes < 20 || at + headerBytes > bytes.length) return undefined;
  const total = uint16(bytes, at + 2) || original - at;
  if (total < headerBytes) return undefined;
  const flags = uint16(bytes, at + 6);
  const fragment = { id: uint16(bytes, at + 4), offset: (flags & 0x1fff) * 8, more: (flags & 0x2000) !== 0 };
  return {
    family: 4,
    sourceAt: at + 12,
    destinationAt: at + 16,
    protocol: bytes[at + 9] ?? 0,
    from: at + headerBytes,
    to: Math.min(bytes.length, at + total),
    claimedTo: at + total,
    bytes: total,
    ...(fragment.more || fragment.offset > 0 ? { fragment } : {}),
  };
}

function readIpv6(bytes: Uint8Array, at: number, original: number): IpHeader | undefined {
  if (at + 40 > bytes.length) return undefined;
  const total = 40 + (uint16(bytes, at + 4) || original - at - 40);
  const to = Math.min(bytes.length, at + total);
  const header = {
    family: 6 as const,
    sourceAt: at + 8,
    destinationAt: at + 24,
    to,
    claimedTo: at + total,
    bytes: total,
  };
  let protocol = bytes[at + 6] ?? 0;
  let from = at + 40;
  let fragment: FragmentHeader | undefined;
  for (let extensions = 0; isExtension(protocol); extensions += 1) {
    if (extensions === EXTENSIONS_MAX || from + 8 > to) return undefined;
    // What a later fragment carries is a piece of something, whatever the next header says.
    const length = extensionBytes(protocol, bytes[from + 1] ?? 0);
    if (from + length > to) return undefined;
    const next = bytes[from] ?? 0;
    if (protocol === EXTENSION.fragment) {
      const field = uint16(bytes, from + 2);
      const id = uint16(bytes, from + 4) * 65_536 + uint16(bytes, from + 6);
      const found = { id, offset: field & 0xfff8, more: (field & 1) !== 0 };
      // A whole datagram with such a header is no fragment (RFC 6946).
      if (found.more || found.offset > 0) fragment = found;
    }
    protocol = next;
    from += length;
    if (fragment !== undefined && fragment.offset > 0) break;
  }
  return { ...header, protocol, from, ...(fragment === undefined ? {} : { fragment }) };
}

function isExtension(protocol: number): boolean {
  return (
    protocol === EXTENSION.hopByHop ||
    protocol === EXTENSION.routing ||
    protocol === EXTENSION.fragment ||
    protocol === EXTENSION.authentication ||
    protocol === EXTENSION.destination ||
    OTHER_EXTENSIONS.includes(protocol)
  );
}

function extensionBytes(protocol: number, length: number): number {
  if (protocol === EXTENSION.fragment) return 8;
  // RFC 4302 counts in four bytes, everything else in eight.
  return protocol === EXTENSION.authentication ? (length + 2) * 4 : (length + 1) * 8;
}
