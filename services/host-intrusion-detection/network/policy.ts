/**
 * What counts as an attack from the network, and how long its source is blocked. `{}` is a safe policy: the defaults
 * find nmap at every speed and raise nothing over ordinary traffic (see `benign.integration.test.ts`).
 */
import * as z from 'zod';
import { KINDS } from './detection.ts';
import { isLowToHigh } from './low-to-high.ts';

const seconds = (min: number, max: number, fallback: number) => z.int().min(min).max(max).default(fallback);
const count = (min: number, max: number, fallback: number) => z.int().min(min).max(max).default(fallback);
/** An address, a prefix, or low-high; IPv4 or IPv6. */
const Range = z.union([
  z.ipv4(),
  z.ipv6(),
  z.cidrv4(),
  z.cidrv6(),
  z.string().max(96).refine(isLowToHigh, 'is no address, prefix or range low-high'),
]);

const Scans = z.strictObject({
  /** Ports of one target that one source asked in vain, within the window. */
  ports: count(3, 1_024, 10),
  /** The same for what no operating system sends (NULL, Xmas, FIN, SYN-FIN): fewer prove more. */
  oddPorts: count(2, 1_024, 5),
  /** IP protocols other than TCP, UDP and ICMP. */
  protocols: count(3, 256, 8),
  windowSeconds: seconds(5, 600, 60),
  /** Kinds of nmap’s operating-system probes, of ten. */
  fingerprintProbes: count(2, 10, 3),
  slowPorts: count(3, 1_024, 10),
  /** One port per 15 s is found after 150 s; one per five minutes within the hour. */
  slowWindowSeconds: seconds(600, 86_400, 3_600),
  distributedSources: count(2, 256, 5),
  distributedPorts: count(5, 256, 20),
  distributedWindowSeconds: seconds(10, 3_600, 300),
  sweepTargets: count(3, 64, 15),
  /** Routers ask for many neighbours by ARP, who sweeps asks for all. */
  arpSweepTargets: count(3, 64, 40),
  sweepWindowSeconds: seconds(5, 3_600, 60),
});

const Floods = z.strictObject({
  /** Connections that one source opens to one target and never completes. */
  synPerSecond: count(10, 1_000_000, 200),
  /** The same from all sources together: what spoofed addresses cannot get around. */
  synPerTargetPerSecond: count(10, 10_000_000, 1_000),
  /** Segments of no connection: ACK, RST, FIN or SYN-ACK. What ends with a thousand idle connections resets them at once. */
  tcpPerSecond: count(10, 10_000_000, 2_000),
  icmpPerSecond: count(10, 1_000_000, 500),
  /** Datagrams that are not answered; ten times as many where they are one stream that nobody refuses. */
  udpPerSecond: count(10, 10_000_000, 2_000),
  /** Of ICMP, UDP and segments of no connection, from all sources together. */
  packetsPerTargetPerSecond: count(100, 100_000_000, 10_000),
});

const Limits = z.strictObject({
  /** Of one source to one target, at a time. A proxy or an office behind one address needs hundreds. */
  connections: count(8, 1_000_000, 1_024),
  /** Neither answered nor refused nor completed. */
  halfOpen: count(8, 1_000_000, 256),
});

const Smb = z.strictObject({
  failedLogons: count(2, 1_000, 5),
  failedLogonWindowSeconds: seconds(5, 3_600, 60),
  /** Services and tasks made over the network: administrators do it too, from addresses that are best allowed. */
  remoteExecution: z.enum(['observe', 'block']).default('observe'),
});

const Blocks = z.strictObject({
  /** Of a first offence; each further one doubles it. */
  seconds: seconds(10, 86_400, 300),
  secondsMax: seconds(60, 2_592_000, 86_400),
  /** An address that stayed quiet for this long starts over. */
  forgetSeconds: seconds(60, 31_536_000, 604_800),
  /** Sources that might be forged are blocked for no longer than this, and never make a group. */
  unprovedSecondsMax: seconds(10, 86_400, 900),
  /** Proved attackers of one /24 or /64 that make it blocked as a whole; 0 never does. */
  groupAddresses: count(0, 256, 4),
  blocksMax: count(16, 100_000, 4_096),
  /** New blocks per minute for sources that might be forged: a spoofed flood must not have the world blocked. */
  unprovedPerMinute: count(0, 10_000, 32),
});

export const NetworkDetectionPolicy = z.strictObject({
  /** The addresses of this machine. When empty, every destination is a target. */
  protect: z.array(Range).max(1_024).default([]),
  /** Never blocked, whatever they do: the management plane, gateways, name servers, the administrator. */
  allow: z.array(Range).max(4_096).default([]),
  /** Looked at, by a machine at work; what is beyond is counted and told. 20,000 are half of one processor. */
  packetsPerSecondMax: count(1_000, 1_000_000, 20_000),
  scans: Scans.prefault({}),
  floods: Floods.prefault({}),
  limits: Limits.prefault({}),
  smb: Smb.prefault({}),
  blocks: Blocks.prefault({}),
  /** What is done about a kind of attack where that is not what the kind says itself (detection.ts). */
  responses: z
    .partialRecord(
      z.enum(Object.keys(KINDS) as [keyof typeof KINDS, ...(keyof typeof KINDS)[]]),
      z.enum(['observe', 'block']),
    )
    .default({}),
  /** The same attack of the same source is reported again after this time, with what came since. */
  repeatSeconds: seconds(5, 3_600, 60),
});
export type NetworkDetectionPolicy = z.infer<typeof NetworkDetectionPolicy>;
