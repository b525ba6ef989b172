/**
 * Who can reach what listens on a machine: where the room that asks, the room that has the firewall and the room that
 * sees scans meet, without knowing each other.
 */

/** As the machine's own tables have it. */
export interface ListeningPort {
  readonly protocol: 'tcp' | 'udp';
  /** `0.0.0.0` and `::` are all addresses of the machine. */
  readonly address: string;
  readonly port: number;
  /** Path of the program that holds it. */
  readonly program?: string | undefined;
}

/** What the firewall does that is in force on the machine, not what was asked of it. */
export type PortVerdict =
  /** Nothing proves what is in force, or it is not the firewall that decides: never to be taken for closed. */
  | { readonly lets: 'unknown'; readonly because: string }
  | {
      /** `anybody`: more of the Internet than one network has. `some`: whom the rules name. */
      readonly lets: 'nobody' | 'some' | 'anybody';
      /** Goes after "the firewall": `lets nobody reach tcp/445`. */
      readonly because: string;
      /** Since when these rules are in force, by the machine's clock. */
      readonly sinceMs: number;
    };

/** Of one tenant's machines at one moment; verdicts come in the order of the ports. */
export type PortVerdicts = (
  assetId: string,
  ports: readonly ListeningPort[],
) => Promise<readonly PortVerdict[]>;

/** Packets of an attack or a scan from outside, that were seen to arrive at a machine for one of its ports. */
export interface SeenScan {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly from: 'public' | 'private';
  /**
   * Whether the other side was let in: it completed a handshake with this port (`yes`), with this or another of those
   * that it asked (`perhaps`), or with none that anybody saw (`no`): then its address may be forged.
   */
  readonly answered: 'yes' | 'perhaps' | 'no';
  /** The last time, by the machine's clock. */
  readonly lastAtMs: number;
}

/** By asset. */
export type SeenScans = ReadonlyMap<string, readonly SeenScan[]>;

/** RFC 1918, RFC 6598 (carriers' own), RFC 3927 and RFC 4291 (one link), RFC 4193 (unique local). */
export const PRIVATE_NETWORKS = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fe80::/10',
  'fc00::/7',
] as const;
