/** What a detector says: an attack, by whom, on whom, how it was seen, and how far its source can be believed. */

/** Every kind, the technique it is (https://attack.mitre.org), what it is called, and what is done about it. */
export const KINDS = {
  'syn-scan': { technique: 'T1046', title: 'Half-open (SYN) port scan', response: 'block' },
  'connect-scan': { technique: 'T1046', title: 'Connect port scan', response: 'block' },
  'null-scan': { technique: 'T1046', title: 'NULL port scan', response: 'block' },
  'xmas-scan': { technique: 'T1046', title: 'Xmas port scan', response: 'block' },
  'fin-scan': { technique: 'T1046', title: 'FIN port scan', response: 'block' },
  'syn-fin-scan': { technique: 'T1046', title: 'SYN-FIN port scan', response: 'block' },
  'ack-scan': { technique: 'T1046', title: 'ACK or window scan of the firewall', response: 'block' },
  'maimon-scan': { technique: 'T1046', title: 'Maimon (FIN-ACK) port scan', response: 'block' },
  'udp-scan': { technique: 'T1046', title: 'UDP port scan', response: 'block' },
  'protocol-scan': { technique: 'T1046', title: 'IP protocol scan', response: 'block' },
  'slow-scan': { technique: 'T1046', title: 'Slow port scan', response: 'block' },
  'distributed-scan': { technique: 'T1595.001', title: 'Distributed port scan', response: 'block' },
  'os-fingerprint': { technique: 'T1595.002', title: 'Operating-system fingerprinting', response: 'block' },
  'tcp-sweep': { technique: 'T1018', title: 'Sweep of many hosts for one TCP port', response: 'block' },
  'udp-sweep': { technique: 'T1018', title: 'Sweep of many hosts for one UDP port', response: 'block' },
  'ping-sweep': { technique: 'T1018', title: 'Ping sweep', response: 'block' },
  'arp-sweep': { technique: 'T1018', title: 'ARP sweep', response: 'observe' },
  'syn-flood': { technique: 'T1499.001', title: 'SYN flood', response: 'block' },
  'tcp-flood': { technique: 'T1499.001', title: 'TCP flood of no connection', response: 'block' },
  'icmp-flood': { technique: 'T1498.001', title: 'ICMP flood', response: 'block' },
  'udp-flood': { technique: 'T1498.001', title: 'UDP flood', response: 'block' },
  'connection-limit': { technique: 'T1499.002', title: 'Too many connections', response: 'block' },
  'half-open-limit': { technique: 'T1499.001', title: 'Too many half-open connections', response: 'block' },
  'smb-brute-force': { technique: 'T1110.001', title: 'SMB password guessing', response: 'block' },
  'ms17-010': { technique: 'T1210', title: 'Exploit of MS17-010 (EternalBlue)', response: 'block' },
  'ms17-010-probe': { technique: 'T1595.002', title: 'Probe for MS17-010', response: 'block' },
  'double-pulsar': { technique: 'T1210', title: 'DoublePulsar', response: 'block' },
  smbghost: { technique: 'T1210', title: 'Exploit of SMBGhost (CVE-2020-0796)', response: 'block' },
  'smbghost-probe': { technique: 'T1595.002', title: 'Probe for SMBGhost', response: 'observe' },
  'null-session': { technique: 'T1135', title: 'Anonymous SMB session', response: 'observe' },
  'admin-share': { technique: 'T1021.002', title: 'Administrative share', response: 'observe' },
  'management-pipe': { technique: 'T1021.002', title: 'Pipe that manages the machine', response: 'observe' },
  'remote-service': {
    technique: 'T1569.002',
    title: 'Service created over the network',
    response: 'observe',
  },
  'remote-task': { technique: 'T1053.005', title: 'Task scheduled over the network', response: 'observe' },
  'remote-registry': {
    technique: 'T1112',
    title: 'Registry changed or saved over the network',
    response: 'observe',
  },
  'remote-driver': {
    technique: 'T1068',
    title: 'Printer driver installed over the network',
    response: 'observe',
  },
  'account-enumeration': {
    technique: 'T1087',
    title: 'Accounts listed over the network',
    response: 'observe',
  },
  'forced-authentication': { technique: 'T1187', title: 'Authentication forced', response: 'observe' },
  'directory-replication': {
    technique: 'T1003.006',
    title: 'Directory replicated (DCSync)',
    response: 'observe',
  },
} as const satisfies Record<string, Kind>;

interface Kind {
  readonly technique: string;
  readonly title: string;
  readonly response: Response;
}
/** `protect`: against attackers that cannot be named, by SYN cookies or rate limits, never by addresses. */
export type Response = 'block' | 'protect' | 'observe';
export type DetectionKind = keyof typeof KINDS;

/** Of sources, targets and ports in one detection; the counts say how many there were. */
export const LISTED_MAX = 64;

export interface Detection {
  readonly kind: DetectionKind;
  readonly title: string;
  readonly technique: string;
  /** When it was sure, in the time of the packets. */
  readonly atMs: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** Empty when there are too many to mean anything, as in a flood from forged addresses. */
  readonly sources: readonly string[];
  readonly sourceCount: number;
  readonly targets: readonly string[];
  readonly targetCount: number;
  readonly ports: readonly number[];
  readonly portCount: number;
  /** What was counted; the names say of what. */
  readonly evidence: Readonly<Record<string, number>>;
  /** In a sentence, with the numbers. */
  readonly because: string;
  /**
   * Whether the source answered to what was sent to it (a completed handshake). Anything else can be forged by
   * anyone; even the RST after our SYN-ACK comes from an innocent host whose address was used.
   */
  readonly sourceIsProved: boolean;
  readonly response: Response;
}

export interface Found {
  readonly kind: DetectionKind;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly sources: readonly string[];
  readonly sourceCount?: number;
  readonly targets: readonly string[];
  readonly targetCount?: number;
  readonly ports?: readonly number[];
  readonly portCount?: number;
  readonly evidence: Readonly<Record<string, number>>;
  readonly because: string;
  readonly sourceIsProved: boolean;
  readonly response?: Response;
}

export function detection(found: Found): Detection {
  const { technique, title, response } = KINDS[found.kind];
  const ports = found.ports ?? [];
  return {
    kind: found.kind,
    title,
    technique,
    atMs: found.lastAtMs,
    firstAtMs: found.firstAtMs,
    lastAtMs: found.lastAtMs,
    sources: found.sources.slice(0, LISTED_MAX),
    sourceCount: found.sourceCount ?? found.sources.length,
    targets: found.targets.slice(0, LISTED_MAX),
    targetCount: found.targetCount ?? found.targets.length,
    ports: ports.slice(0, LISTED_MAX),
    portCount: found.portCount ?? ports.length,
    evidence: found.evidence,
    because: found.because,
    sourceIsProved: found.sourceIsProved,
    response: found.response ?? response,
  };
}
