/** So many attempts an address and minute; bounded in memory, forgetting the oldest address first. */
const ATTEMPTS_PER_MINUTE_MAX = 20;
const ADDRESSES_MAX = 10_000;
const MINUTE_MS = 60_000;

export class AttemptLimit {
  readonly #attempts = new Map<string, { from: number; count: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  allows(address: string): boolean {
    const now = this.#now();
    const known = this.#attempts.get(address);
    if (known === undefined || now - known.from > MINUTE_MS) {
      this.#attempts.delete(address);
      const oldest = this.#attempts.keys().next();
      if (this.#attempts.size >= ADDRESSES_MAX && oldest.done !== true) this.#attempts.delete(oldest.value);
      this.#attempts.set(address, { from: now, count: 1 });
      return true;
    }
    known.count += 1;
    return known.count <= ATTEMPTS_PER_MINUTE_MAX;
  }
}
