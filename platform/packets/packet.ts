/** One packet's headers as far as layer 4, as every room that judges packets sees them. */

/** As the TCP header has them, RFC 9293 section 3.1. */
export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

export interface Packet {
  /** Since the epoch, with a fraction. */
  readonly atMs: number;
  readonly family: 4 | 6;
  /** Canonical text: dotted quad, or RFC 5952. */
  readonly source: string;
  readonly destination: string;
  /** IANA number of what follows IP and its extension headers. */
  readonly protocol: number;
  /** TCP and UDP, first fragment only. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly tcpFlags?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** A fragment that is not the first: it has no ports. */
  readonly isLaterFragment?: boolean;
  /** Lower case, colons. */
  readonly sourceMac?: string;
  readonly destinationMac?: string;
  /** The interface it came in by or goes out by; captures have none. */
  readonly interfaceName?: string;
  /** Of the whole IP packet as its header says, in bytes. */
  readonly bytes: number;
  /** What follows the layer-4 header, as far as it was captured. */
  readonly payload?: Uint8Array;
  /** Of TCP and UDP, as the headers say: more than `payload` has where the capture cut it off. */
  readonly payloadBytes?: number;
  /** TCP only. */
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  /** Of the TCP header's options. A connection that an operating system opens always has some. */
  readonly tcpOptionsBytes?: number;
}

/** A question or answer of the Address Resolution Protocol, RFC 826: who sweeps a local network asks many. */
export interface Arp {
  readonly atMs: number;
  readonly operation: 'request' | 'reply';
  /** Dotted quads; a probe for a duplicate address has 0.0.0.0 as its source (RFC 5227). */
  readonly source: string;
  readonly target: string;
  readonly sourceMac: string;
}
