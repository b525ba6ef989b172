/** What one source tried on one target: the ports it asked in vain, in the order in which it asked. */
import type { DetectionKind } from '../detection.ts';
import { numberOf, type Technique } from './techniques.ts';

/** Of one pair; older ones make room, which no threshold minds that is below. */
export const PROBES_MAX = 1_024;

/** An answer that takes longer is none. */
export const ANSWER_MS_MAX = 1_000;
/** Until then it is judged: who asks thousands a second must not push out each question before it is known to be in vain. */
export const HELD_MS_MIN = 2 * ANSWER_MS_MAX;

/** A port asked again sooner is a retransmission. */
const AGAIN_MS_MIN = 1_000;

export type ProbeState =
  | 'pending'
  | 'refused'
  /** Reset by whoever asked, as soon as there was an answer. */
  | 'withdrawn'
  /** Connected, and nothing was said yet. */
  | 'idle';

export interface Probe {
  readonly technique: Technique;
  readonly port: number;
  readonly atMs: number;
  /** Without the options that operating systems set: made by hand. */
  readonly isRaw: boolean;
  state: ProbeState;
}

export class Pair {
  readonly source: string;
  readonly target: string;
  readonly probes = new Map<number, Probe>();
  /** Since it is known, with ports that were forgotten. */
  total = 0;
  /** When each kind was said last. */
  said: Map<DetectionKind, number> | undefined;
  isProved = false;
  refusals = 0;
  /** Of the last ten SYNs, one bit each: made by hand. */
  #byHand = 0;
  withdrawnAtMs = -Infinity;
  establishedAtMs = -Infinity;
  /** One bit for each kind of fingerprinting probe. */
  fingerprints = 0;
  fingerprintsSinceMs = 0;

  constructor(source: string, target: string) {
    this.source = source;
    this.target = target;
  }

  /** @returns whether the port is new to it, or asked again after a while */
  add(probe: Probe): boolean {
    const key = keyOf(probe.technique, probe.port);
    const before = this.probes.get(key);
    if (before !== undefined && probe.atMs - before.atMs < AGAIN_MS_MIN) return false;
    // As the newest: the order is that of time.
    this.probes.delete(key);
    if (probe.technique === 'syn') this.#byHand = ((this.#byHand << 1) | (probe.isRaw ? 1 : 0)) & 0x3ff;
    this.total += 1;
    if (this.probes.size >= PROBES_MAX)
      for (const [oldest, { atMs }] of this.probes) {
        if (probe.atMs - atMs < HELD_MS_MIN) return true;
        this.probes.delete(oldest);
        break;
      }
    this.probes.set(key, probe);
    return true;
  }

  /** Whether the SYNs of late come from a program that makes its own packets. */
  get isByHand(): boolean {
    return bitsOf(this.#byHand) >= 5 || this.withdrawnAtMs > this.establishedAtMs;
  }

  saidAtMs(kind: DetectionKind): number {
    return this.said?.get(kind) ?? -Infinity;
  }

  say(kind: DetectionKind, atMs: number): void {
    this.said ??= new Map();
    this.said.set(kind, atMs);
  }

  find(technique: Technique, port: number): Probe | undefined {
    return this.probes.get(keyOf(technique, port));
  }

  /** Somebody is served there: it was no probe. */
  clear(technique: Technique, port: number): void {
    if (this.probes.delete(keyOf(technique, port))) this.total -= 1;
  }

  forgetBefore(atMs: number): void {
    for (const [key, probe] of this.probes) {
      if (probe.atMs >= atMs) return;
      this.probes.delete(key);
    }
  }

  /** @returns those of one technique, or of all, since `atMs` */
  since(atMs: number, technique?: Technique): readonly Probe[] {
    const found: Probe[] = [];
    for (const probe of this.probes.values())
      if (probe.atMs >= atMs && (technique === undefined || probe.technique === technique)) found.push(probe);
    return found;
  }
}

const keyOf = (technique: Technique, port: number): number => numberOf(technique) * 65_536 + port;

export function bitsOf(bits: number): number {
  let left = bits;
  let count = 0;
  for (; left !== 0; left &= left - 1) count += 1;
  return count;
}
