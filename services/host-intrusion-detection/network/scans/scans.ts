/** Packets and what they did to their flows, as probes of ports and hosts. */
import { type Arp, type Packet, PROTOCOL, TCP_FLAGS } from '@demarc/platform/packets';
import { type Detection, detection } from '../detection.ts';
import { type Flow, pairKeyOf } from '../flows.ts';
import type { NetworkDetectionPolicy } from '../policy.ts';
import { isManyHosts } from '../ranges.ts';
import { TwoTier } from '../two-tier.ts';
import { DistributedScans } from './distributed.ts';
import { judgePair } from './judge.ts';
import { bitsOf, Pair, type ProbeState } from './pair.ts';
import { Sweeps } from './sweeps.ts';
import { FINGERPRINT_PROBES, fingerprintProbe, oddTechnique, type Technique } from './techniques.ts';

/** Sources times targets that are remembered, of each kind: with one port asked, and with more. */
const PAIRS_MAX = 32_768;
/**
 * Probes of all pairs together, about 120 bytes each. A million of each pair's own bound would be gigabytes: forged
 * sources that each ask many ports push out the pairs that were quiet for longest.
 */
const PROBES_MAX = 262_144;
/** MSS alone, as raw packets have it; operating systems add window scale, SACK and timestamps. */
const RAW_OPTIONS_BYTES_MAX = 4;
/** What answers to packets from before anyone looked is not told from a question, for about as long as flows last. */
const WARM_UP_MS = 120_000;
/** traceroute sends to rising ports from here on. */
const TRACEROUTE = { from: 33_434, to: 33_534 } as const;
/** Not worth a scan of protocols: every host sees them. */
const COMMON_PROTOCOLS: readonly number[] = [...Object.values(PROTOCOL), 2];
const NONE: readonly Detection[] = [];

export class Scans {
  readonly #policy: NetworkDetectionPolicy;
  readonly #pairs = new TwoTier<Pair>(PAIRS_MAX, ({ probes }) => {
    this.#probes -= probes.size;
  });
  readonly #probesMax: number;
  #probes = 0;
  readonly #distributed: DistributedScans;
  readonly #sweeps: Sweeps;
  /** With ACK probes of which only time tells; emptied with every `advance` after their second. */
  readonly #waiting = new Map<Pair, Technique>();
  #startedAtMs: number | undefined;

  /** @param probesMax of all pairs together */
  constructor(policy: NetworkDetectionPolicy, probesMax = PROBES_MAX) {
    this.#policy = policy;
    this.#probesMax = probesMax;
    this.#distributed = new DistributedScans(policy);
    this.#sweeps = new Sweeps(policy);
  }

  get evicted(): number {
    return this.#pairs.evicted + this.#distributed.evicted + this.#sweeps.evicted;
  }

  /** Remembered now, of all pairs. */
  get probes(): number {
    return this.#probes;
  }

  observe(packet: Packet, flow: Flow | undefined): readonly Detection[] {
    this.#startedAtMs ??= packet.atMs;
    if (packet.isLaterFragment === true || isManyHosts(packet.destination)) return NONE;
    const fingerprint = this.#fingerprint(packet, flow);
    const probed = this.#probe(packet, flow);
    if (fingerprint === undefined) return probed;
    return [fingerprint, ...probed];
  }

  observeArp(arp: Arp): void {
    if (arp.source === '0.0.0.0' || arp.source === arp.target) return;
    if (arp.operation === 'request')
      this.#sweeps.add('arp-sweep', arp.source, arp.target, undefined, arp.atMs);
    else this.#sweeps.clear('arp-sweep', arp.target, arp.source, undefined);
  }

  /** Several times a second, also when nothing comes. */
  advance(nowMs: number): readonly Detection[] {
    const said = [...this.#sweeps.judge(nowMs)];
    for (const [pair, technique] of this.#waiting) {
      const found = judgePair(pair, technique, nowMs, this.#policy);
      if (found !== undefined) said.push(found);
      if (pair.since(nowMs - 2_000, technique).length === 0) this.#waiting.delete(pair);
    }
    return said;
  }

  #probe(packet: Packet, flow: Flow | undefined): readonly Detection[] {
    switch (packet.protocol) {
      case PROTOCOL.tcp:
        return flow === undefined ? this.#strayTcp(packet) : this.#flow(packet, flow);
      case PROTOCOL.udp:
        return flow === undefined ? NONE : this.#flow(packet, flow);
      case PROTOCOL.icmp:
      case PROTOCOL.icmpv6:
        this.#icmp(packet);
        return NONE;
      default:
        if (COMMON_PROTOCOLS.includes(packet.protocol)) return NONE;
        return this.#add(packet, 'protocol', packet.source, packet.destination, packet.protocol);
    }
  }

  /** Of no connection: flags that none has, or the answer to such. */
  #strayTcp(packet: Packet): readonly Detection[] {
    const { tcpFlags, source, destination, destinationPort } = packet;
    if (tcpFlags === undefined || destinationPort === undefined) return NONE;
    const technique = oddTechnique(tcpFlags);
    if (technique === undefined && tcpFlags & TCP_FLAGS.rst) {
      const pair = this.#pairs.get(pairKeyOf(destination, source));
      if (pair !== undefined) pair.refusals += 1;
      return NONE;
    }
    return technique === undefined
      ? NONE
      : this.#add(packet, technique, source, destination, destinationPort);
  }

  #flow(packet: Packet, flow: Flow): readonly Detection[] {
    if (flow.change === 'none' || flow.change === 'closed') return NONE;
    const { initiator, responder, responderPort } = flow;
    const technique = techniqueOf(packet, flow);
    if (flow.change === 'opened') {
      if (technique === undefined || (technique !== 'syn' && this.#mayBeAnswer(packet))) return NONE;
      if (technique === 'udp' && responderPort >= TRACEROUTE.from && responderPort <= TRACEROUTE.to)
        return NONE;
      if (technique === 'syn' || technique === 'udp')
        this.#sweeps.add(sweepOf(technique), initiator, responder, responderPort, packet.atMs);
      return this.#add(packet, technique, initiator, responder, responderPort);
    }
    if (flow.change === 'served') {
      this.#clear(flow);
      return NONE;
    }
    const pair = this.#pairs.get(flow.pairKey);
    if (pair === undefined) return NONE;
    if (flow.isProved) pair.isProved = true;
    if (flow.change === 'answered') return NONE;
    return this.#settle(packet, pair, flow);
  }

  /** What became of a probe: refused, withdrawn, or connected and silent. */
  #settle(packet: Packet, pair: Pair, flow: Flow): readonly Detection[] {
    const state: ProbeState =
      flow.change === 'refused' ? 'refused' : flow.change === 'withdrawn' ? 'withdrawn' : 'idle';
    if (state === 'withdrawn') pair.withdrawnAtMs = packet.atMs;
    if (state === 'idle') pair.establishedAtMs = packet.atMs;
    let technique: Technique | undefined;
    for (const candidate of ['syn', 'ack', 'maimon'] as const) {
      const probe = pair.find(candidate, flow.responderPort);
      if (probe === undefined) continue;
      probe.state = state;
      technique = candidate;
    }
    if (state === 'refused')
      this.#sweeps.refuse('tcp-sweep', flow.initiator, flow.responder, flow.responderPort);
    // Only a refusal can make more of an ACK than it was.
    if (technique === undefined || technique === 'syn' || state !== 'refused') return NONE;
    return this.#say(pair, technique, packet.atMs);
  }

  #clear(flow: Flow): void {
    const { initiator, responder, responderPort, protocol } = flow;
    const techniques: readonly Technique[] = protocol === PROTOCOL.udp ? ['udp'] : ['syn', 'ack', 'maimon'];
    const pair = this.#pairs.get(flow.pairKey);
    const before = pair?.probes.size ?? 0;
    for (const technique of techniques) pair?.clear(technique, responderPort);
    this.#probes += (pair?.probes.size ?? 0) - before;
    this.#distributed.clear(responder, initiator, responderPort);
    this.#sweeps.clear(
      protocol === PROTOCOL.udp ? 'udp-sweep' : 'tcp-sweep',
      initiator,
      responder,
      responderPort,
    );
  }

  #icmp({ icmpType, protocol, source, destination, atMs }: Packet): void {
    if (icmpType === (protocol === PROTOCOL.icmp ? 8 : 128))
      this.#sweeps.add('ping-sweep', source, destination, undefined, atMs);
    // Port unreachable: what a closed UDP port answers.
    const isUnreachable = icmpType === (protocol === PROTOCOL.icmp ? 3 : 1);
    if (!isUnreachable) return;
    const pair = this.#pairs.get(pairKeyOf(destination, source));
    if (pair !== undefined) pair.refusals += 1;
  }

  #add(
    packet: Packet,
    technique: Technique,
    source: string,
    target: string,
    port: number,
  ): readonly Detection[] {
    const pair = this.#pair(source, target);
    const { atMs } = packet;
    const before = pair.probes.size;
    pair.forgetBefore(atMs - this.#policy.scans.slowWindowSeconds * 1_000);
    const isRaw = (packet.tcpOptionsBytes ?? Infinity) <= RAW_OPTIONS_BYTES_MAX;
    const isNew = pair.add({ technique, port, atMs, isRaw, state: 'pending' });
    this.#probes += pair.probes.size - before;
    if (!isNew) return NONE;
    if (pair.probes.size > 1) this.#pairs.keep(pairKeyOf(source, target));
    while (this.#probes > this.#probesMax && this.#pairs.evictKept());
    const said: Detection[] = [];
    if (
      technique !== 'protocol' &&
      technique !== 'ack' &&
      technique !== 'maimon' &&
      pair.said === undefined
    ) {
      const distributed = this.#distributed.add(target, source, port, atMs);
      if (distributed !== undefined) said.push(distributed);
    }
    if (technique === 'ack' || technique === 'maimon') this.#waiting.set(pair, technique);
    return [...said, ...this.#say(pair, technique, atMs)];
  }

  #say(pair: Pair, technique: Technique, nowMs: number): readonly Detection[] {
    const found = judgePair(pair, technique, nowMs, this.#policy);
    if (found === undefined) return NONE;
    this.#distributed.clear(pair.target, pair.source);
    return [found];
  }

  #pair(source: string, target: string): Pair {
    const key = pairKeyOf(source, target);
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const made = new Pair(source, target);
    this.#pairs.add(key, made);
    return made;
  }

  /** From a lower port to one that clients have: the question may have been before the first packet. */
  #mayBeAnswer({ atMs, sourcePort = 0, destinationPort = 0 }: Packet): boolean {
    return (
      atMs - (this.#startedAtMs ?? 0) < WARM_UP_MS && sourcePort < destinationPort && destinationPort >= 1_024
    );
  }

  #fingerprint(packet: Packet, flow: Flow | undefined): Detection | undefined {
    if (flow !== undefined && flow.change !== 'opened') return undefined;
    const probe = fingerprintProbe(packet);
    if (probe === undefined) return undefined;
    const { source, destination, atMs } = packet;
    const pair = this.#pair(source, destination);
    const { scans, repeatSeconds } = this.#policy;
    if (pair.fingerprints === 0 || atMs - pair.fingerprintsSinceMs > scans.windowSeconds * 1_000) {
      pair.fingerprints = 0;
      pair.fingerprintsSinceMs = atMs;
    }
    pair.fingerprints |= 1 << probe;
    this.#pairs.keep(pairKeyOf(source, destination));
    const kinds = bitsOf(pair.fingerprints);
    const before = pair.saidAtMs('os-fingerprint');
    if (kinds < scans.fingerprintProbes || atMs - before < repeatSeconds * 1_000) return undefined;
    pair.say('os-fingerprint', atMs);
    return detection({
      kind: 'os-fingerprint',
      firstAtMs: pair.fingerprintsSinceMs,
      lastAtMs: atMs,
      sources: [source],
      targets: [destination],
      evidence: { probeKinds: kinds },
      because: `${source} sent ${kinds} of ${FINGERPRINT_PROBES} kinds of probes by which nmap tells operating systems apart`,
      sourceIsProved: pair.isProved,
    });
  }
}

function techniqueOf(packet: Packet, { protocol, state }: Flow): Technique | undefined {
  if (protocol === PROTOCOL.udp) return 'udp';
  if (state === 'opening') return 'syn';
  if (state !== 'midstream' || packet.tcpFlags === undefined) return undefined;
  const flags = packet.tcpFlags & 0x3f;
  if (flags === TCP_FLAGS.ack) return 'ack';
  return flags === (TCP_FLAGS.fin | TCP_FLAGS.ack) ? 'maimon' : undefined;
}

const sweepOf = (technique: 'syn' | 'udp'): 'tcp-sweep' | 'udp-sweep' =>
  technique === 'syn' ? 'tcp-sweep' : 'udp-sweep';
