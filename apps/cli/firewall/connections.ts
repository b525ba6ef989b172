/**
 * Connections as Linux's tracking would have them under the policy that is judged: what it drops never comes to be,
 * and neither does what follows it.
 *
 * @see nf_conntrack(7): new until there is an answer; a segment in the middle opens one as well (tcp_loose)
 */
import type { ConnectionState } from '@demarc/host-firewall/verdict';
import { type Packet, PROTOCOL, TCP_FLAGS } from '@demarc/platform/packets';

/** As many as conntrack has by default; the oldest make room. */
const CONNECTIONS_MAX = 262_144;
/** Idle for longer, a connection is forgotten: the defaults of nf_conntrack_*_timeout_*. */
const IDLE_MS_MAX = { [PROTOCOL.tcp]: 432_000_000, [PROTOCOL.udp]: 120_000, other: 30_000 };
/** ICMP that answers, and must have been asked. */
const REPLIES = { 4: [0, 14, 16, 18], 6: [129] } as const;
const ERRORS = { 4: [3, 4, 5, 11, 12], 6: [1, 2, 3, 4] } as const;

interface Connection {
  readonly initiator: string;
  readonly initiatorPort: number;
  isAnswered: boolean;
  lastAtMs: number;
}

export class Connections {
  readonly #connections = new Map<string, Connection>();
  /** What was asked for and dropped, by who asked: its answers are in the capture, and would not have been. */
  readonly #dropped = new Map<string, Connection>();

  /** What it is before it is judged; `commit` says how it was. */
  stateOf(packet: Packet): ConnectionState {
    if (isOneOf(ERRORS, packet)) return 'related';
    const known = this.#find(packet);
    if (known !== undefined) return known.isAnswered || !isFrom(known, packet) ? 'established' : 'new';
    if (isOneOf(REPLIES, packet)) return 'invalid';
    const dropped = this.#dropped.get(keyOf(packet));
    if (dropped !== undefined && (!isFrom(dropped, packet) || !isOpening(packet))) return 'invalid';
    return packet.protocol === PROTOCOL.tcp && !mayOpen(packet.tcpFlags ?? 0) ? 'invalid' : 'new';
  }

  /** Whether it comes from the side that a connection was opened to. */
  isAnswer(packet: Packet): boolean {
    const known = this.#find(packet);
    return known !== undefined && !isFrom(known, packet);
  }

  /** @param isAccepted by the policy: a dropped packet leaves no trace */
  commit(packet: Packet, state: ConnectionState, isAccepted: boolean): void {
    if (state === 'invalid' || state === 'related' || packet.isLaterFragment === true) return;
    const key = keyOf(packet);
    const known = this.#find(packet);
    if (!isAccepted) {
      if (known === undefined) remember(this.#dropped, key, packet);
      return;
    }
    if (known === undefined) {
      this.#dropped.delete(key);
      remember(this.#connections, key, packet);
      return;
    }
    known.lastAtMs = packet.atMs;
    if (!isFrom(known, packet)) known.isAnswered = true;
    if (packet.protocol === PROTOCOL.tcp && (packet.tcpFlags ?? 0) & TCP_FLAGS.rst)
      this.#connections.delete(key);
  }

  #find(packet: Packet): Connection | undefined {
    const known = this.#connections.get(keyOf(packet));
    if (known === undefined) return undefined;
    const { protocol } = packet;
    const idle =
      protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp ? IDLE_MS_MAX[protocol] : IDLE_MS_MAX.other;
    return packet.atMs - known.lastAtMs > idle ? undefined : known;
  }
}

function remember(connections: Map<string, Connection>, key: string, packet: Packet): void {
  // Half at once: a Map finds its first entry by walking over all that were deleted before it.
  if (connections.size >= CONNECTIONS_MAX)
    for (const oldest of connections.keys()) {
      connections.delete(oldest);
      if (connections.size <= CONNECTIONS_MAX / 2) break;
    }
  const { source, sourcePort = 0, atMs } = packet;
  connections.set(key, { initiator: source, initiatorPort: sourcePort, isAnswered: false, lastAtMs: atMs });
}

function isOpening({ protocol, tcpFlags = 0 }: Packet): boolean {
  const { syn, ack, rst, fin } = TCP_FLAGS;
  return protocol !== PROTOCOL.tcp || (tcpFlags & (syn | ack | rst | fin)) === syn;
}

/** SYN, or what looks like the middle of a connection: not an answer to nothing, not flags that no connection has. */
function mayOpen(flags: number): boolean {
  const { syn, ack, rst, fin } = TCP_FLAGS;
  if (flags & rst) return false;
  if (flags & syn) return (flags & (ack | fin)) === 0;
  return (flags & ack) !== 0;
}

function isFrom(connection: Connection, { source, sourcePort = 0 }: Packet): boolean {
  return source === connection.initiator && sourcePort === connection.initiatorPort;
}

function isOneOf(types: typeof REPLIES | typeof ERRORS, { protocol, family, icmpType }: Packet): boolean {
  if (protocol !== PROTOCOL.icmp && protocol !== PROTOCOL.icmpv6) return false;
  return (types[family] as readonly number[]).includes(icmpType ?? -1);
}

/** The same for both directions. */
export function keyOf({
  protocol,
  source,
  sourcePort = 0,
  destination,
  destinationPort = 0,
}: Packet): string {
  return source < destination || (source === destination && sourcePort < destinationPort)
    ? `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`
    : `${protocol} ${destination} ${destinationPort} ${source} ${sourcePort}`;
}
