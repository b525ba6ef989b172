/**
 * Floods: too much of what asks for work, from one source, or from so many that none can be named.
 *
 * A rate alone proves nothing (a benchmark, a video call); what counts is what is never completed or answered.
 */
import { type Packet, PROTOCOL, TCP_FLAGS } from '@demarc/platform/packets';
import { type Detection, type DetectionKind, detection } from '../detection.ts';
import { type Flow, pairKeyOf } from '../flows.ts';
import type { NetworkDetectionPolicy } from '../policy.ts';
import { isManyHosts } from '../ranges.ts';
import { type Counts, portsOf, TALLY_MS, Tally } from './tally.ts';

/** Fewer packets for each port are a scan, however fast. */
const PACKETS_PER_PORT_MIN = 10;
/** One answer in so many is a conversation: QUIC acknowledges about every tenth packet. */
const PACKETS_PER_ANSWER_MAX = 20;
/** One stream that is taken (syslog, flow records, video) may be so much more than datagrams from everywhere. */
const STREAM_TIMES = 10;
/** Of streams, nearly all datagrams are of one that is known. */
const PACKETS_PER_STREAM_MIN = 20;
/** With more sources than this at one target, addresses mean nothing: they are forged, or a botnet. */
const NAMED_MAX = 8;
/** Of kinds, sources and targets that were said lately. */
const SAID_MAX = 4_096;
/** ICMP that answers something: errors and echo replies, by version. */
const ANSWERS = { 4: [0, 3, 4, 5, 11, 12, 14, 18], 6: [1, 2, 3, 4, 129] } as const;
const NONE: readonly Detection[] = [];

type Flooding = Extract<DetectionKind, 'syn-flood' | 'tcp-flood' | 'udp-flood' | 'icmp-flood'>;
interface Flood {
  readonly kind: Flooding;
  readonly packets: number;
  readonly counts: Counts;
}

export class Floods {
  readonly #policy: NetworkDetectionPolicy;
  /** The one that is being counted, and the one before, whose handshakes may still be completed. */
  #now: Tally | undefined;
  #before: Tally | undefined;
  readonly #said = new Map<string, number>();
  readonly #since = new Map<string, number>();

  constructor(policy: NetworkDetectionPolicy) {
    this.#policy = policy;
  }

  observe(packet: Packet, flow: Flow | undefined): readonly Detection[] {
    const said = this.advance(packet.atMs);
    const tally = this.#now;
    if (tally === undefined || isManyHosts(packet.destination)) return said;
    const { protocol, source, destination, destinationPort } = packet;
    if (protocol === PROTOCOL.tcp) this.#tcp(packet, flow, tally);
    else if (protocol === PROTOCOL.udp) {
      tally.count('udp', keyOf(packet, flow), source, destination, destinationPort);
      if (flow?.change === 'opened')
        tally.count('udpFirst', keyOf(packet, flow), source, destination, undefined);
    } else if (protocol === PROTOCOL.icmp || protocol === PROTOCOL.icmpv6) {
      const isAnswer = (ANSWERS[packet.family] as readonly number[]).includes(packet.icmpType ?? 0);
      tally.count(isAnswer ? 'icmpAnswers' : 'icmp', keyOf(packet, flow), source, destination, undefined);
    }
    return said;
  }

  /** Also when nothing comes: the last half second of a flood is judged a second later. */
  advance(nowMs: number): readonly Detection[] {
    const startMs = Math.floor(nowMs / TALLY_MS) * TALLY_MS;
    if (this.#now?.startMs === startMs || (this.#now !== undefined && startMs < this.#now.startMs))
      return NONE;
    const judged = this.#before === undefined ? NONE : this.#judge(this.#before, this.#now, nowMs);
    const isNext = this.#now !== undefined && startMs - this.#now.startMs === TALLY_MS;
    const late = isNext || this.#now === undefined ? NONE : this.#judge(this.#now, undefined, nowMs);
    this.#before = isNext ? this.#now : undefined;
    this.#now = new Tally(startMs);
    return judged.length + late.length === 0 ? NONE : [...judged, ...late];
  }

  #tcp(packet: Packet, flow: Flow | undefined, tally: Tally): void {
    const { tcpFlags = 0, source, destination, destinationPort } = packet;
    const handshake = tcpFlags & (TCP_FLAGS.syn | TCP_FLAGS.ack | TCP_FLAGS.rst | TCP_FLAGS.fin);
    if (handshake === TCP_FLAGS.syn)
      tally.count('syn', keyOf(packet, flow), source, destination, destinationPort);
    else if (flow === undefined || flow.stranger === source) {
      const what = (handshake & TCP_FLAGS.rst) === 0 ? 'stray' : 'resets';
      tally.count(what, keyOf(packet, flow), source, destination, destinationPort);
    } else if (flow.isJoined)
      this.#openedIn(tally, flow).count(
        'joined',
        pairKeyOf(destination, source),
        destination,
        source,
        undefined,
      );
    if (flow === undefined || (flow.change !== 'established' && flow.change !== 'served')) return;
    if (flow.change === 'served' && flow.isProved && flow.state !== 'established') return;
    const { pairKey, initiator, responder } = flow;
    this.#openedIn(tally, flow).count('completed', pairKey, initiator, responder, undefined);
  }

  /** What became of a flow counts where its beginning was counted, as long as that is still there. */
  #openedIn(tally: Tally, { firstAtMs }: Flow): Tally {
    return this.#before !== undefined && firstAtMs < tally.startMs ? this.#before : tally;
  }

  #judge(tally: Tally, after: Tally | undefined, nowMs: number): readonly Detection[] {
    const perTally = TALLY_MS / 1_000;
    const { floods } = this.#policy;
    const named = new Map<string, { readonly source: string; readonly flood: Flood }[]>();
    for (const counts of tally.pairs.values()) {
      const back = pairKeyOf(counts.target, counts.source);
      const answers = (): readonly Counts[] => [tally, after].flatMap((each) => each?.pairs.get(back) ?? []);
      const flood = floodIn(counts, answers, {
        syn: floods.synPerSecond * perTally,
        tcp: floods.tcpPerSecond * perTally,
        icmp: floods.icmpPerSecond * perTally,
        udp: floods.udpPerSecond * perTally,
      });
      if (flood === undefined) continue;
      const key = `${flood.kind} ${counts.target}`;
      named.set(key, [...(named.get(key) ?? []), { source: counts.source, flood }]);
    }
    const said: Detection[] = [];
    for (const [key, sources] of named) {
      const target = key.slice(key.indexOf(' ') + 1);
      if (sources.length > NAMED_MAX) continue;
      for (const { source, flood } of sources)
        said.push(...this.#say(flood, [source], 1, target, tally.startMs, nowMs));
    }
    const { synPerTargetPerSecond, packetsPerTargetPerSecond } = floods;
    for (const [target, counts] of tally.targets) {
      const many = packetsPerTargetPerSecond * perTally;
      const answers = (): readonly Counts[] =>
        [...tally.pairs.values()].filter(({ source }) => source === target);
      const limits = { syn: synPerTargetPerSecond * perTally, tcp: many, icmp: many, udp: many };
      const flood = floodIn(counts, answers, limits, counts.sources > NAMED_MAX);
      if (flood === undefined) continue;
      const sources = named.get(`${flood.kind} ${target}`) ?? [];
      const explained =
        sources.length > NAMED_MAX ? 0 : sources.reduce((sum, one) => sum + one.flood.packets, 0);
      if (explained * 2 >= flood.packets) continue;
      said.push(...this.#say(flood, [], counts.sources, target, tally.startMs, nowMs));
    }
    return said;
  }

  #say(
    { kind, packets, counts }: Flood,
    sources: readonly string[],
    sourceCount: number,
    target: string,
    startMs: number,
    nowMs: number,
  ): readonly Detection[] {
    const key = `${kind} ${sources[0] ?? ''} ${target}`;
    const before = this.#said.get(key) ?? -Infinity;
    if (nowMs - before < this.#policy.repeatSeconds * 1_000) return NONE;
    if (this.#said.size >= SAID_MAX) {
      this.#said.clear();
      this.#since.clear();
    }
    const firstAtMs = this.#since.get(key) ?? startMs;
    this.#since.set(key, firstAtMs);
    this.#said.set(key, nowMs);
    const perSecond = Math.round((packets * 1_000) / TALLY_MS);
    const who = sources[0] ?? `${sourceCount} sources, most of them surely forged,`;
    const what = {
      'syn-flood': 'opened connections and completed none',
      'tcp-flood': 'sent segments of no connection',
      'udp-flood': 'sent datagrams and got no answer',
      'icmp-flood': 'sent ICMP messages',
    }[kind];
    return [
      detection({
        kind,
        firstAtMs,
        lastAtMs: nowMs,
        sources,
        sourceCount,
        targets: [target],
        ports: portsOf(counts),
        evidence: {
          packetsPerSecond: perSecond,
          ...(kind === 'syn-flood' ? { completed: counts.completed } : {}),
        },
        because: `${who} ${what}: ${perSecond} a second at ${target}`,
        sourceIsProved: false,
        response: sources.length === 0 ? 'protect' : 'block',
      }),
    ];
  }
}

/** The flow has it already, for packets of whoever opened it. */
function keyOf({ source, destination }: Packet, flow: Flow | undefined): string {
  return flow?.initiator === source ? flow.pairKey : pairKeyOf(source, destination);
}

/**
 * @param answers what went the other way, meanwhile and right after; asked for where there is enough for a flood, as a
 *   tally may have ten thousands of sources, each of which is a target of what it is answered
 */
function floodIn(
  counts: Counts,
  answers: () => readonly Counts[],
  limits: Readonly<Record<'syn' | 'tcp' | 'icmp' | 'udp', number>>,
  isOfMany = false,
): Flood | undefined {
  const isScan = (packets: number): boolean => packets < PACKETS_PER_PORT_MIN * (counts.ports?.size ?? 1);
  const unfinished = counts.syn - counts.completed;
  if (unfinished >= limits.syn && !isScan(unfinished))
    return { kind: 'syn-flood', packets: unfinished, counts };
  if (
    counts.icmp + counts.icmpAnswers < limits.icmp &&
    counts.udp < limits.udp &&
    counts.stray + counts.resets < limits.tcp
  )
    return undefined;
  const back = answers();
  const answered = (what: (each: Counts) => number): number =>
    back.reduce((sum, each) => sum + what(each), 0);
  const explained = answered(({ udp, syn, icmp }) => udp + syn + icmp);
  const icmp = counts.icmp + Math.max(0, counts.icmpAnswers - explained);
  if (icmp >= limits.icmp) return { kind: 'icmp-flood', packets: icmp, counts };
  const isStream =
    counts.udpFirst * PACKETS_PER_STREAM_MIN < counts.udp && answered((each) => each.icmpAnswers) === 0;
  const udp = limits.udp * (isStream ? STREAM_TIMES : 1);
  if (counts.udp >= udp && !isScan(counts.udp) && explained * PACKETS_PER_ANSWER_MAX < counts.udp)
    return { kind: 'udp-flood', packets: counts.udp, counts };
  // A reset without a connection is the answer to such a segment, or is itself one of nothing.
  const stray = counts.stray + Math.max(0, counts.resets - answered((each) => each.stray + each.syn));
  // What others answer to packets with our address comes from many, to whatever ports those had.
  if (stray >= limits.tcp && (isOfMany || !isScan(stray)) && counts.joined * PACKETS_PER_ANSWER_MAX < stray)
    return { kind: 'tcp-flood', packets: stray, counts };
  return undefined;
}
