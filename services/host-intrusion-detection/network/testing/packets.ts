/** Packets made by hand, and short conversations of them. */
import { type Packet, PROTOCOL, TCP_FLAGS } from '@demarc/platform/packets';
import type { Detection } from '../detection.ts';
import { NetworkDetector } from '../network.ts';
import { NetworkDetectionPolicy } from '../policy.ts';

export const { syn: SYN, ack: ACK, rst: RST, fin: FIN, psh: PSH, urg: URG } = TCP_FLAGS;
export const [HOST, ATTACKER] = ['10.0.0.2', '198.51.100.66'];

/** A TCP packet from the attacker to the host, unless `made` says otherwise. */
export function tcp(atMs: number, tcpFlags: number, made: Partial<Packet> = {}): Packet {
  return {
    atMs,
    family: 4,
    source: ATTACKER,
    destination: HOST,
    protocol: PROTOCOL.tcp,
    sourcePort: 40_000,
    destinationPort: 80,
    tcpFlags,
    sequence: 1_000,
    acknowledgement: 0,
    window: 1_024,
    tcpOptionsBytes: 20,
    payloadBytes: 0,
    bytes: 60,
    ...made,
  };
}

/** The same packet’s answer: addresses and ports the other way round. */
export function answer(to: Packet, tcpFlags: number, made: Partial<Packet> = {}): Packet {
  return {
    ...to,
    source: to.destination,
    destination: to.source,
    sourcePort: to.destinationPort ?? 0,
    destinationPort: to.sourcePort ?? 0,
    tcpFlags,
    atMs: to.atMs + 1,
    sequence: 5_000,
    acknowledgement: (to.sequence ?? 0) + 1,
    ...made,
  };
}

export function udp(atMs: number, made: Partial<Packet> = {}): Packet {
  const { tcpFlags: _flags, window: _window, ...rest } = tcp(atMs, 0);
  return { ...rest, protocol: PROTOCOL.udp, payloadBytes: 10, ...made };
}

export function icmp(atMs: number, icmpType: number, made: Partial<Packet> = {}): Packet {
  return {
    atMs,
    family: 4,
    source: ATTACKER,
    destination: HOST,
    protocol: PROTOCOL.icmp,
    icmpType,
    icmpCode: 0,
    bytes: 84,
    ...made,
  };
}

/** A connection that is opened, used and closed, as a client does it. */
export function served(atMs: number, made: Partial<Packet> = {}): readonly Packet[] {
  const opening = tcp(atMs, SYN, made);
  const taking = { ...opening, tcpFlags: ACK, atMs: atMs + 2, sequence: 1_001, acknowledgement: 5_001 };
  return [
    opening,
    answer(opening, SYN | ACK),
    taking,
    { ...taking, tcpFlags: ACK | PSH, atMs: atMs + 3, payloadBytes: 80 },
    answer({ ...taking, atMs: atMs + 4 }, ACK | PSH, { payloadBytes: 500 }),
    { ...taking, tcpFlags: ACK | FIN, atMs: atMs + 6 },
  ];
}

type Input = Parameters<typeof NetworkDetectionPolicy.parse>[0];

/** What is said of these packets, and in the two seconds after the last. */
export function detect(packets: Iterable<Packet>, policy: Input = {}): readonly Detection[] {
  const detector = new NetworkDetector(NetworkDetectionPolicy.parse(policy));
  const found: Detection[] = [];
  let lastAtMs = 0;
  for (const packet of packets) {
    found.push(...detector.observe(packet));
    lastAtMs = packet.atMs;
  }
  for (let later = 500; later <= 2_000; later += 500) found.push(...detector.advance(lastAtMs + later));
  return found;
}

export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);
