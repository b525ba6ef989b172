/** TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792) and ICMPv6 (RFC 4443) headers. */
import { big32 } from '../capture/pcap.ts';
import { type Packet, PROTOCOL } from '../packet.ts';
import { uint16 } from './link.ts';

/** While it is being read. */
export type MutablePacket = { -readonly [Key in keyof Packet]: Packet[Key] };

/** Where in the frame it starts, where it was captured to, and where it ends as IP says. */
export interface Extent {
  readonly from: number;
  readonly to: number;
  readonly claimedTo: number;
}

const TCP_HEADER_BYTES_MIN = 20;
const UDP_HEADER_BYTES = 8;
/** Type, code, checksum, and the four bytes whose meaning depends on the type. */
const ICMP_HEADER_BYTES = 8;

/**
 * Adds what the header says to `packet`, as far as it is there.
 *
 * @returns whether the header was whole and possible
 */
export function readTransport(packet: MutablePacket, bytes: Uint8Array, extent: Extent): boolean {
  switch (packet.protocol) {
    case PROTOCOL.tcp:
      return readTcp(packet, bytes, extent);
    case PROTOCOL.udp:
      return readUdp(packet, bytes, extent);
    case PROTOCOL.icmp:
    case PROTOCOL.icmpv6:
      return readIcmp(packet, bytes, extent);
    default:
      packet.payload = bytes.subarray(extent.from, extent.to);
      return true;
  }
}

function readTcp(packet: MutablePacket, bytes: Uint8Array, { from, to, claimedTo }: Extent): boolean {
  // Half a header would let a filter judge by ports what it cannot judge by flags (RFC 1858).
  if (from + TCP_HEADER_BYTES_MIN > to) return false;
  packet.sourcePort = uint16(bytes, from);
  packet.destinationPort = uint16(bytes, from + 2);
  packet.sequence = big32(bytes, from + 4);
  packet.acknowledgement = big32(bytes, from + 8);
  packet.tcpFlags = bytes[from + 13] ?? 0;
  packet.window = uint16(bytes, from + 14);
  const headerBytes = ((bytes[from + 12] ?? 0) >> 4) * 4;
  if (headerBytes < TCP_HEADER_BYTES_MIN || from + headerBytes > claimedTo) return false;
  packet.tcpOptionsBytes = headerBytes - TCP_HEADER_BYTES_MIN;
  // Empty too where the capture ends within the options.
  packet.payload = bytes.subarray(Math.min(from + headerBytes, to), to);
  packet.payloadBytes = claimedTo - from - headerBytes;
  return true;
}

function readUdp(packet: MutablePacket, bytes: Uint8Array, { from, to, claimedTo }: Extent): boolean {
  if (from + UDP_HEADER_BYTES > to) return false;
  packet.sourcePort = uint16(bytes, from);
  packet.destinationPort = uint16(bytes, from + 2);
  // 0 says: as long as the packet (RFC 2675, and segmentation by the network card).
  const length = uint16(bytes, from + 4) || claimedTo - from;
  if (length < UDP_HEADER_BYTES) return false;
  packet.payload = bytes.subarray(from + UDP_HEADER_BYTES, Math.min(to, from + length));
  packet.payloadBytes = Math.min(claimedTo - from, length) - UDP_HEADER_BYTES;
  return true;
}

function readIcmp(packet: MutablePacket, bytes: Uint8Array, { from, to }: Extent): boolean {
  if (from + 4 > to) return false;
  packet.icmpType = bytes[from] ?? 0;
  packet.icmpCode = bytes[from + 1] ?? 0;
  if (from + ICMP_HEADER_BYTES > to) return false;
  packet.payload = bytes.subarray(from + ICMP_HEADER_BYTES, to);
  return true;
}
