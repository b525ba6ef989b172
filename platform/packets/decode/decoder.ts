/** Frames to packets. Whatever the bytes are, the answer is a packet, nothing, or a count: never an exception. */
import type { Frame } from '../capture/frame.ts';
import type { Arp, Packet } from '../packet.ts';
import { ipv4Text, ipv6Text, macText } from './addresses.ts';
import { Fragments } from './fragments.ts';
import { type IpHeader, readIp } from './ip.ts';
import { ETHERTYPE, type Link, readLink, uint16 } from './link.ts';
import { type MutablePacket, readTransport } from './transport.ts';

export interface DecodeOptions {
  /**
   * `each`: every fragment is a packet, as a filter without connection tracking sees it. `reassembled`: one packet
   * when the last piece is there, as Linux’s connection tracking hands them on; incomplete ones are none.
   */
  readonly fragments: 'each' | 'reassembled';
  readonly onArp?: (arp: Arp) => void;
}

export interface DecodeCounts {
  frames: number;
  packets: number;
  arp: number;
  /** Neither IP nor ARP: spanning tree, LLDP, … */
  otherProtocols: number;
  unknownLinkType: number;
  /** Too short for their link layer, or with more tags than anyone uses. */
  linkDamaged: number;
  /** No IP header, one that contradicts itself, or one cut off. */
  ipDamaged: number;
  /** Packets whose layer-4 header is cut off or contradicts itself: they have what could be read of it. */
  transportDamaged: number;
  fragments: number;
}

export class PacketDecoder {
  readonly counts: DecodeCounts = {
    frames: 0,
    packets: 0,
    arp: 0,
    otherProtocols: 0,
    unknownLinkType: 0,
    linkDamaged: 0,
    ipDamaged: 0,
    transportDamaged: 0,
    fragments: 0,
  };
  readonly #options: DecodeOptions;
  readonly #fragments = new Fragments();

  constructor(options: DecodeOptions = { fragments: 'reassembled' }) {
    this.#options = options;
  }

  get fragmentCounts(): Readonly<Fragments['counts']> {
    return this.#fragments.counts;
  }

  decode(frame: Frame): Packet | undefined {
    this.counts.frames += 1;
    const { bytes } = frame;
    const link = readLink(frame.linkType, bytes);
    if (link === 'unknown-link') this.counts.unknownLinkType += 1;
    else if (link === 'link-damaged') this.counts.linkDamaged += 1;
    else if (link.ethertype === ETHERTYPE.ipv4 || link.ethertype === ETHERTYPE.ipv6)
      return this.#ip(frame, link);
    else if (link.ethertype === ETHERTYPE.arp) this.#arp(frame, link.at);
    else this.counts.otherProtocols += 1;
    return undefined;
  }

  #ip(frame: Frame, link: Link): Packet | undefined {
    const { bytes } = frame;
    const header = readIp(bytes, link.at, frame.originalBytes);
    if (header === undefined || (header.family === 4) !== (link.ethertype === ETHERTYPE.ipv4)) {
      this.counts.ipDamaged += 1;
      return undefined;
    }
    const address = header.family === 4 ? ipv4Text : ipv6Text;
    const packet: MutablePacket = {
      atMs: frame.atMs,
      family: header.family,
      source: address(bytes, header.sourceAt),
      destination: address(bytes, header.destinationAt),
      protocol: header.protocol,
      bytes: header.bytes,
    };
    if (link.sourceMacAt !== undefined) packet.sourceMac = macText(bytes, link.sourceMacAt);
    if (link.destinationMacAt !== undefined) packet.destinationMac = macText(bytes, link.destinationMacAt);
    if (header.fragment !== undefined) return this.#fragment(packet, header, bytes);
    return this.#transport(packet, bytes, header.from, header.to, header.claimedTo);
  }

  #fragment(packet: MutablePacket, header: IpHeader, bytes: Uint8Array): Packet | undefined {
    const { id = 0, offset = 0, more = false } = header.fragment ?? {};
    this.counts.fragments += 1;
    if (this.#options.fragments === 'reassembled') {
      const { atMs, source, destination, protocol } = packet;
      const key = `${source} ${destination} ${protocol} ${id}`;
      const whole = this.#fragments.add({
        key,
        atMs,
        offset,
        more,
        bytes: bytes.subarray(header.from, header.to),
      });
      if (whole === undefined) return undefined;
      packet.bytes = header.bytes - (header.to - header.from) + whole.length;
      return this.#transport(packet, whole, 0, whole.length, whole.length);
    }
    if (offset === 0) return this.#transport(packet, bytes, header.from, header.to, header.claimedTo);
    packet.isLaterFragment = true;
    packet.payload = bytes.subarray(header.from, header.to);
    this.counts.packets += 1;
    return packet;
  }

  #transport(packet: MutablePacket, bytes: Uint8Array, from: number, to: number, claimedTo: number): Packet {
    if (!readTransport(packet, bytes, { from, to, claimedTo })) this.counts.transportDamaged += 1;
    this.counts.packets += 1;
    return packet;
  }

  #arp(frame: Frame, at: number): void {
    const { bytes, atMs } = frame;
    const operation = uint16(bytes, at + 6);
    // Of Ethernet and IPv4; there is hardly another.
    if (
      at + 28 > bytes.length ||
      uint16(bytes, at + 2) !== ETHERTYPE.ipv4 ||
      bytes[at + 4] !== 6 ||
      bytes[at + 5] !== 4
    ) {
      this.counts.otherProtocols += 1;
      return;
    }
    this.counts.arp += 1;
    if (operation !== 1 && operation !== 2) return;
    this.#options.onArp?.({
      atMs,
      operation: operation === 1 ? 'request' : 'reply',
      source: ipv4Text(bytes, at + 14),
      target: ipv4Text(bytes, at + 24),
      sourceMac: macText(bytes, at + 8),
    });
  }
}
