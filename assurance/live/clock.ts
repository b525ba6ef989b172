/**
 * The clock by which evidence ages. It follows the wall clock forwards and never back: where that one is set back,
 * this one goes on at its own pace, so that what was stale stays stale and what was received ages.
 */
export class FreshnessClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  #last: number;
  #at: number;

  /** @param monotonic milliseconds since anything, as `performance.now`; without it only never back is kept */
  constructor(wall: () => number, monotonic: () => number = () => 0) {
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#last = Number.NEGATIVE_INFINITY;
    this.#at = monotonic();
  }

  now(): number {
    const at = this.#monotonic();
    this.#last = Math.max(this.#wall(), Math.floor(this.#last + (at - this.#at)));
    // What is cut off is not lost: it counts the next time.
    this.#at = at - ((at - this.#at) % 1);
    return this.#last;
  }

  /** What is written down has happened: it cannot be earlier now. */
  notBefore(ms: number): void {
    this.now();
    this.#last = Math.max(this.#last, ms);
  }

  /** By how much it is ahead of the wall clock; more than nothing means that somebody set that one back. */
  get aheadMs(): number {
    return Math.max(0, this.now() - this.#wall());
  }
}
