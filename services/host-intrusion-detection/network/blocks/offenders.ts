/** Who was blocked before, and for how long the next time. */
import type { NetworkDetectionPolicy } from '../policy.ts';
import type { Offender } from './block.ts';

/** Those that were blocked longest ago make room. */
const OFFENDERS_MAX = 16_384;
/** 2^20 seconds are longer than any block may last. */
const DOUBLINGS_MAX = 20;

export class Offenders {
  readonly #policy: NetworkDetectionPolicy['blocks'];
  readonly #offenders = new Map<string, Offender>();

  constructor(policy: NetworkDetectionPolicy['blocks'], known: readonly Offender[] = []) {
    this.#policy = policy;
    for (const offender of known.slice(-OFFENDERS_MAX)) this.#offenders.set(offender.address, offender);
  }

  get list(): readonly Offender[] {
    return [...this.#offenders.values()];
  }

  /** @returns which offence it is, from 1 */
  add(address: string, nowMs: number): number {
    const offences = this.#before(address, nowMs) + 1;
    this.#offenders.delete(address);
    if (this.#offenders.size >= OFFENDERS_MAX)
      for (const oldest of this.#offenders.keys()) {
        this.#offenders.delete(oldest);
        break;
      }
    this.#offenders.set(address, { address, offences, lastAtMs: nowMs });
    return offences;
  }

  forget(address: string): void {
    this.#offenders.delete(address);
  }

  /** Doubled with each offence before; while it is blocked, the one that it is blocked for is not one before. */
  secondsFor(address: string, isBlocked: boolean, isProved: boolean, nowMs: number): number {
    const before = Math.max(0, this.#before(address, nowMs) - (isBlocked ? 1 : 0));
    const seconds = this.#policy.seconds * 2 ** Math.min(before, DOUBLINGS_MAX);
    return Math.min(seconds, isProved ? this.#policy.secondsMax : this.#policy.unprovedSecondsMax);
  }

  #before(address: string, nowMs: number): number {
    const known = this.#offenders.get(address);
    if (known === undefined || nowMs - known.lastAtMs > this.#policy.forgetSeconds * 1_000) return 0;
    return known.offences;
  }
}
