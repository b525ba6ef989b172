/**
 * Packets in, attacks out. Streaming and pure: time is the packets' own, and memory is bounded whatever comes.
 */
import type { Arp, Packet } from '@demarc/platform/packets';
import type { Detection } from './detection.ts';
import { Floods } from './floods/floods.ts';
import { FlowTable } from './flows.ts';
import { Limits } from './limits.ts';
import type { NetworkDetectionPolicy } from './policy.ts';
import { inRanges, type Ranges } from './ranges.ts';
import { Scans } from './scans/scans.ts';
import { Smb } from './smb/smb.ts';

export { type Detection, type DetectionKind, KINDS } from './detection.ts';

/** What only time tells is looked at this often. */
const ADVANCE_MS = 250;
const NONE: readonly Detection[] = [];

export interface NetworkCounts {
  readonly packets: number;
  readonly flows: number;
  /** Flows and suspicions that made room for others: attacks may have been missed. */
  readonly flowsEvicted: number;
  readonly suspicionsEvicted: number;
}

export class NetworkDetector {
  readonly #flows = new FlowTable();
  readonly #scans: Scans;
  readonly #floods: Floods;
  readonly #limits: Limits;
  readonly #smb: Smb;
  readonly #isProtected: Ranges;
  readonly #protectsSome: boolean;
  readonly #responses: NetworkDetectionPolicy['responses'];
  #packets = 0;
  #nowMs = -Infinity;

  constructor(policy: NetworkDetectionPolicy) {
    this.#scans = new Scans(policy);
    this.#floods = new Floods(policy);
    this.#limits = new Limits(policy, this.#flows);
    this.#smb = new Smb(policy);
    this.#isProtected = inRanges(policy.protect);
    this.#protectsSome = policy.protect.length > 0;
    this.#responses = policy.responses;
  }

  get counts(): NetworkCounts {
    return {
      packets: this.#packets,
      flows: this.#flows.size,
      flowsEvicted: this.#flows.evicted,
      suspicionsEvicted: this.#scans.evicted + this.#smb.evicted,
    };
  }

  observe(packet: Packet): readonly Detection[] {
    this.#packets += 1;
    const due = this.advance(packet.atMs);
    const flow = this.#flows.observe(packet);
    const scans = this.#scans.observe(packet, flow);
    const floods = this.#floods.observe(packet, flow);
    const limit = this.#limits.observe(flow, packet.atMs);
    const smb = this.#smb.observe(packet, flow);
    if (due.length + scans.length + floods.length + smb.length === 0 && limit === undefined) return NONE;
    return [
      ...due,
      ...this.#relevant([...scans, ...floods, ...smb, ...(limit === undefined ? [] : [limit])]),
    ];
  }

  observeArp(arp: Arp): readonly Detection[] {
    this.#scans.observeArp(arp);
    return this.advance(arp.atMs);
  }

  /** The clock: with every packet, and by itself when none come. It does not go back. */
  advance(nowMs: number): readonly Detection[] {
    if (nowMs - this.#nowMs < ADVANCE_MS) return NONE;
    this.#nowMs = nowMs;
    return this.#relevant([...this.#scans.advance(nowMs), ...this.#floods.advance(nowMs)]);
  }

  /** An attack by this machine is said, and nobody is blocked for it; one between others is none of its business. */
  #relevant(all: readonly Detection[]): readonly Detection[] {
    if (all.length === 0) return all;
    const found = all.map((one) => ({ ...one, response: this.#responses[one.kind] ?? one.response }));
    if (!this.#protectsSome) return found;
    return found.flatMap((one) => {
      if (one.sources.some(this.#isProtected)) return [{ ...one, response: 'observe' as const }];
      return one.kind === 'arp-sweep' || one.targets.some(this.#isProtected) ? [one] : [];
    });
  }
}
