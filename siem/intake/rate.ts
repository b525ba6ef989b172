/**
 * A token bucket in events and bytes a second. Whoever has anything left may go into debt, so that a request is
 * taken or refused as a whole however large it is; the debt is waited for, and the rate holds on average.
 */
import type { SourceLimits } from '@demarc/platform/contract/intake';

const SECOND_MS = 1_000;
/** Saved up while nothing is sent, in seconds of the rate. */
const BURST_SECONDS = 2;

export class TokenBucket {
  readonly #now: () => number;
  #limits: SourceLimits;
  #events: number;
  #bytes: number;
  #atMs: number;

  /** @param now milliseconds of a clock that is never set back */
  constructor(limits: SourceLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#events = limits.eventsPerSecond * BURST_SECONDS;
    this.#bytes = limits.bytesPerSecond * BURST_SECONDS;
    this.#atMs = now();
  }

  change(limits: SourceLimits): void {
    this.#refill();
    this.#limits = limits;
    this.#refill();
  }

  /** Milliseconds until something may be taken again; 0 is now. */
  get waitMs(): number {
    this.#refill();
    const { eventsPerSecond, bytesPerSecond } = this.#limits;
    const events = this.#events > 0 ? 0 : ((1 - this.#events) / eventsPerSecond) * SECOND_MS;
    const bytes = this.#bytes > 0 ? 0 : ((1 - this.#bytes) / bytesPerSecond) * SECOND_MS;
    return Math.ceil(Math.max(events, bytes));
  }

  /** Takes it whatever is left: for what is here already and can only be waited for. */
  spend(events: number, bytes: number): void {
    this.#refill();
    this.#events -= events;
    this.#bytes -= bytes;
  }

  /** Takes it when anything is left. */
  take(events: number, bytes: number): boolean {
    if (this.waitMs > 0) return false;
    this.spend(events, bytes);
    return true;
  }

  #refill(): void {
    const now = this.#now();
    const seconds = Math.max(0, now - this.#atMs) / SECOND_MS;
    this.#atMs = now;
    const { eventsPerSecond, bytesPerSecond } = this.#limits;
    this.#events = Math.min(eventsPerSecond * BURST_SECONDS, this.#events + seconds * eventsPerSecond);
    this.#bytes = Math.min(bytesPerSecond * BURST_SECONDS, this.#bytes + seconds * bytesPerSecond);
  }
}
