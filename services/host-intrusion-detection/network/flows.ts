/**
 * Who talks to whom: TCP connections with their state, UDP exchanges with whether they were answered.
 *
 * Connections that were completed are kept apart from all others, so that a flood of openings pushes out openings
 * only. Both parts are bounded; what is pushed out is counted.
 */
import { type Packet, PROTOCOL, TCP_FLAGS } from '@demarc/platform/packets';
import { Chain, type Linked } from './chain.ts';
import { type HostCounts, Hosts } from './hosts.ts';

export type FlowState =
  /** SYN seen. */
  | 'opening'
  /** SYN-ACK seen. */
  | 'half-open'
  | 'established'
  | 'closed'
  /** First seen in the middle. */
  | 'midstream'
  /** UDP. */
  | 'unanswered'
  | 'answered';

/** What this packet did to its flow. */
export type FlowChange =
  | 'opened'
  | 'answered'
  | 'established'
  /** The first payload of a connection, or the first answer over UDP: somebody is being served. */
  | 'served'
  /** RST by whom it was opened to. */
  | 'refused'
  /** RST by whoever opened it, before it was established. */
  | 'withdrawn'
  | 'closed'
  | 'none';

export interface Flow extends Linked<Flow> {
  readonly key: string;
  /** Initiator and responder: what connections are counted by, and suspicions kept by. */
  readonly pairKey: string;
  readonly protocol: number;
  readonly initiator: string;
  readonly responder: string;
  readonly initiatorPort: number;
  readonly responderPort: number;
  readonly firstAtMs: number;
  lastAtMs: number;
  state: FlowState;
  change: FlowChange;
  /** The handshake was completed with the number that only who received the SYN-ACK knows. */
  isProved: boolean;
  isServed: boolean;
  /** Who began in the middle and was told nothing since, but that there is no such connection. */
  stranger: string | undefined;
  /** This packet was the first answer to a stranger, who is none from here on. */
  isJoined: boolean;
  /** Of SYN and SYN-ACK, where they were seen. */
  openSequence: number;
  answerSequence: number;
  /** Its bytes are of no protocol that is looked into. */
  isUninteresting: boolean;
}

export interface FlowBounds {
  readonly pendingMax: number;
  readonly establishedMax: number;
}
/** About 300 bytes each. */
const BOUNDS: FlowBounds = { pendingMax: 65_536, establishedMax: 65_536 };
/** Idle for longer, a flow is forgotten. Conntrack: SYN_SENT 120 s, UDP 30 s; its five days for the established are too long to hold. */
const PENDING_MS_MAX = 120_000;
const ESTABLISHED_MS_MAX = 3_600_000;
/** Looked at with every packet; two more than come in, so that the table shrinks. */
const AGED_PER_PACKET = 2;

export class FlowTable {
  evicted = 0;
  expired = 0;
  readonly hosts = new Hosts();
  readonly #flows = new Map<string, Flow>();
  /** Each in the order in which they came or were last found to be in use. */
  readonly #pending = new Chain<Flow>();
  readonly #established = new Chain<Flow>();
  readonly #bounds: FlowBounds;

  constructor(bounds: FlowBounds = BOUNDS) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#flows.size;
  }

  countsOf(initiator: string, responder: string): HostCounts {
    return this.hosts.of(pairKeyOf(initiator, responder));
  }

  /** @returns the flow of this packet, `change` saying what it did; none where it belongs to none and opens none */
  observe(packet: Packet): Flow | undefined {
    this.#age(packet.atMs);
    if (packet.sourcePort === undefined || packet.destinationPort === undefined) return undefined;
    if (packet.protocol === PROTOCOL.tcp) return this.#tcp(packet);
    return packet.protocol === PROTOCOL.udp ? this.#udp(packet) : undefined;
  }

  #tcp(packet: Packet): Flow | undefined {
    const flags = (packet.tcpFlags ?? 0) & (TCP_FLAGS.syn | TCP_FLAGS.ack | TCP_FLAGS.fin | TCP_FLAGS.rst);
    const key = keyOf(packet);
    const known = this.#flows.get(key);
    if (flags === TCP_FLAGS.syn) return this.#syn(packet, key, known);
    if (known === undefined) {
      // An answer to what was before, or a packet that no connection has; neither opens a flow.
      if ((flags & TCP_FLAGS.ack) === 0 || flags & TCP_FLAGS.rst) return undefined;
      return this.#add(packet, key, 'midstream', (flags & TCP_FLAGS.syn) !== 0);
    }
    known.lastAtMs = packet.atMs;
    known.isJoined =
      known.stranger !== undefined && known.stranger !== packet.source && (flags & TCP_FLAGS.rst) === 0;
    if (known.isJoined) known.stranger = undefined;
    known.change = this.#advance(known, packet, flags);
    return known;
  }

  #syn(packet: Packet, key: string, known: Flow | undefined): Flow {
    if (known !== undefined && known.state !== 'closed' && known.state !== 'midstream') {
      known.lastAtMs = packet.atMs;
      known.change = 'none';
      return known;
    }
    if (known !== undefined) this.#remove(known);
    return this.#add(packet, key, 'opening', false);
  }

  #advance(flow: Flow, packet: Packet, flags: number): FlowChange {
    const fromInitiator = isFromInitiator(packet, flow);
    const hasPayload = (packet.payloadBytes ?? packet.payload?.length ?? 0) > 0;
    const isReset = (flags & TCP_FLAGS.rst) !== 0;
    switch (flow.state) {
      case 'opening':
        if (isReset) return this.#close(flow, fromInitiator ? 'withdrawn' : 'refused');
        if (!fromInitiator && flags === (TCP_FLAGS.syn | TCP_FLAGS.ack)) {
          flow.answerSequence = packet.sequence ?? 0;
          this.#move(flow, 'half-open');
          return 'answered';
        }
        // Where answers are not seen (asymmetric routes), payload says that there were some.
        return fromInitiator && hasPayload && flags & TCP_FLAGS.ack ? this.#serve(flow) : 'none';
      case 'half-open':
        if (isReset) return this.#close(flow, fromInitiator ? 'withdrawn' : 'refused');
        if (!fromInitiator || !(flags & TCP_FLAGS.ack)) return 'none';
        if (((packet.acknowledgement ?? 0) - flow.answerSequence - 1) >>> 0 > 0x7fffffff) return 'none';
        flow.isProved = true;
        if (hasPayload) return this.#serve(flow);
        this.#move(flow, 'established');
        return 'established';
      case 'midstream':
        if (isReset) return this.#close(flow, fromInitiator ? 'withdrawn' : 'refused');
        return !fromInitiator || hasPayload ? this.#serve(flow) : 'none';
      case 'established':
        if (isReset) return this.#close(flow, 'closed');
        if (hasPayload && !flow.isServed) return this.#serve(flow);
        // Half-closed connections still serve: the time limit forgets them.
        return flags & TCP_FLAGS.fin ? this.#close(flow, 'closed') : 'none';
      case 'closed':
        if (hasPayload && !flow.isServed) {
          flow.isServed = true;
          return 'served';
        }
        return 'none';
      case 'answered':
      case 'unanswered':
        return 'none';
    }
  }

  #udp(packet: Packet): Flow {
    const key = keyOf(packet);
    const known = this.#flows.get(key);
    if (known === undefined) return this.#add(packet, key, 'unanswered', false);
    known.lastAtMs = packet.atMs;
    known.change = 'none';
    if (
      known.state === 'unanswered' &&
      packet.source === known.responder &&
      packet.sourcePort === known.responderPort
    ) {
      known.isServed = true;
      this.#move(known, 'answered');
      known.change = 'served';
    }
    return known;
  }

  #add(packet: Packet, key: string, state: FlowState, isAnswer: boolean): Flow {
    const { sourcePort = 0, destinationPort = 0, source, destination } = packet;
    const flow: Flow = {
      key,
      pairKey: isAnswer ? pairKeyOf(destination, source) : pairKeyOf(source, destination),
      protocol: packet.protocol,
      initiator: isAnswer ? destination : source,
      responder: isAnswer ? source : destination,
      initiatorPort: isAnswer ? destinationPort : sourcePort,
      responderPort: isAnswer ? sourcePort : destinationPort,
      firstAtMs: packet.atMs,
      lastAtMs: packet.atMs,
      state,
      change: 'opened',
      isProved: false,
      isServed: false,
      stranger: state === 'midstream' ? source : undefined,
      isJoined: false,
      openSequence: packet.sequence ?? 0,
      answerSequence: 0,
      isUninteresting: false,
      before: undefined,
      after: undefined,
    };
    if (state === 'midstream' && (packet.payloadBytes ?? packet.payload?.length ?? 0) > 0) {
      flow.isServed = true;
      flow.state = 'established';
    }
    this.#flows.set(key, flow);
    this.#append(flow);
    return flow;
  }

  #serve(flow: Flow): FlowChange {
    flow.isServed = true;
    this.#move(flow, 'established');
    return 'served';
  }

  #close(flow: Flow, change: FlowChange): FlowChange {
    this.#move(flow, 'closed');
    return change;
  }

  #move(flow: Flow, state: FlowState): void {
    this.#chainOf(flow).remove(flow);
    this.hosts.add(flow, -1);
    flow.state = state;
    this.#append(flow);
  }

  #append(flow: Flow): void {
    const chain = this.#chainOf(flow);
    const max = chain === this.#established ? this.#bounds.establishedMax : this.#bounds.pendingMax;
    if (chain.length >= max && chain.first !== undefined) {
      this.#remove(chain.first);
      this.evicted += 1;
    }
    chain.append(flow);
    this.hosts.add(flow, 1);
  }

  #remove(flow: Flow): void {
    this.#chainOf(flow).remove(flow);
    this.#flows.delete(flow.key);
    this.hosts.add(flow, -1);
  }

  #chainOf({ state }: Flow): Chain<Flow> {
    return state === 'established' || state === 'answered' ? this.#established : this.#pending;
  }

  #age(nowMs: number): void {
    this.#ageOf(this.#pending, nowMs, PENDING_MS_MAX);
    this.#ageOf(this.#established, nowMs, ESTABLISHED_MS_MAX);
  }

  /** The first ones are the oldest or have waited longest since they were looked at. */
  #ageOf(chain: Chain<Flow>, nowMs: number, idleMsMax: number): void {
    for (let looked = 0; looked < AGED_PER_PACKET; looked += 1) {
      const { first } = chain;
      if (first === undefined || nowMs - first.firstAtMs <= idleMsMax) return;
      if (nowMs - first.lastAtMs > idleMsMax) {
        this.#remove(first);
        this.expired += 1;
      } else {
        chain.remove(first);
        chain.append(first);
      }
    }
  }
}

export function isFromInitiator({ source, sourcePort }: Packet, flow: Flow): boolean {
  return source === flow.initiator && sourcePort === flow.initiatorPort;
}

export function pairKeyOf(source: string, target: string): string {
  return `${source} ${target}`;
}

/** The same for both directions. */
function keyOf({ source, destination, sourcePort = 0, destinationPort = 0, protocol }: Packet): string {
  return source < destination || (source === destination && sourcePort < destinationPort)
    ? `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`
    : `${protocol} ${destination} ${destinationPort} ${source} ${sourcePort}`;
}
