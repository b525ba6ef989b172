/**
 * What a single packet looks like: the shapes that scanners send and operating systems do not.
 *
 * @see https://nmap.org/book/man-port-scanning-techniques.html
 */
import { type Packet, PROTOCOL, TCP_FLAGS } from '@demarc/platform/packets';

const TECHNIQUES = ['syn', 'null', 'xmas', 'fin', 'syn-fin', 'ack', 'maimon', 'udp', 'protocol'] as const;
export type Technique = (typeof TECHNIQUES)[number];

export const numberOf = (technique: Technique): number => TECHNIQUES.indexOf(technique);

/** Without the two of explicit congestion notification, which may go with any. */
const BASE_FLAGS = 0x3f;

/** Flags that no connection ever has. @returns undefined for all others */
export function oddTechnique(tcpFlags: number): Technique | undefined {
  const { fin, syn, rst, psh, ack, urg } = TCP_FLAGS;
  const flags = tcpFlags & BASE_FLAGS;
  if (flags === 0) return 'null';
  if (flags & syn && flags & fin) return 'syn-fin';
  // Opens and breaks off at once: as contradictory, and of no name of its own.
  if (flags & syn && flags & rst) return 'xmas';
  if (flags & (ack | rst | syn)) return undefined;
  // FIN without ACK: RFC 9293 has ACK in every segment but the first.
  if (flags === fin) return 'fin';
  if (flags & fin || flags === (psh | urg) || flags === urg || flags === psh) return 'xmas';
  return undefined;
}

/** Of nmap’s ten probes that say so themselves, which this is. @see https://nmap.org/book/osdetect-methods.html */
export function fingerprintProbe(packet: Packet): number | undefined {
  const { tcpFlags, window, tcpOptionsBytes = 0, payload } = packet;
  if (packet.protocol === PROTOCOL.tcp && tcpFlags !== undefined) {
    const found = TCP_PROBES.findIndex(
      (probe) =>
        tcpFlags === probe.flags && probe.windows.includes(window ?? 0) && tcpOptionsBytes >= probe.options,
    );
    return found < 0 ? undefined : found;
  }
  if (packet.protocol === PROTOCOL.udp)
    return payload?.length === 300 && payload.every((byte) => byte === 0x43) ? TCP_PROBES.length : undefined;
  // An echo request has code 0; IE1 asks what becomes of 9.
  if (packet.icmpType === 8 && packet.icmpCode === 9) return TCP_PROBES.length + 1;
  return undefined;
}

interface TcpProbe {
  readonly flags: number;
  readonly windows: readonly number[];
  /** Each but ECN has 20 bytes of options; that tells T4 and T6 from an ACK scan. */
  readonly options: number;
}
const { fin, syn, psh, ack, urg, ece, cwr } = TCP_FLAGS;
const TCP_PROBES: readonly TcpProbe[] = [
  // SEQ: windows so small that nobody would offer them.
  { flags: syn, windows: [1, 63, 4, 16], options: 20 },
  { flags: syn | ece | cwr, windows: [3], options: 4 },
  { flags: 0, windows: [128], options: 20 },
  { flags: syn | fin | urg | psh, windows: [256], options: 20 },
  { flags: ack, windows: [1_024], options: 20 },
  { flags: syn, windows: [31_337], options: 20 },
  { flags: ack, windows: [32_768], options: 20 },
  { flags: fin | psh | urg, windows: [65_535], options: 20 },
];
export const FINGERPRINT_PROBES = TCP_PROBES.length + 2;
