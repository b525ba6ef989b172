/**
 * A bounded map in two parts: what was seen once, and what has proved to matter. Forged addresses come once each: they
 * push out each other, never what is being watched.
 */
export class TwoTier<Value> {
  evicted = 0;
  readonly #young = new Map<string, Value>();
  readonly #kept = new Map<string, Value>();
  readonly #max: number;

  /** @param max of each part */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#young.size + this.#kept.size;
  }

  get(key: string): Value | undefined {
    return this.#kept.get(key) ?? this.#young.get(key);
  }

  add(key: string, value: Value): void {
    this.#put(this.#young, key, value);
  }

  /** From now on among those that matter, as its newest: called again, it stays longer. */
  keep(key: string): void {
    const value = this.get(key);
    if (value === undefined) return;
    this.#young.delete(key);
    this.#kept.delete(key);
    this.#put(this.#kept, key, value);
  }

  #put(map: Map<string, Value>, key: string, value: Value): void {
    if (map.size >= this.#max) {
      for (const oldest of map.keys()) {
        map.delete(oldest);
        this.evicted += 1;
        break;
      }
    }
    map.set(key, value);
  }
}
