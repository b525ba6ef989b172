/**
 * A bounded map in two parts: what was seen once, and what has proved to matter. Forged addresses come once each: they
 * push out each other, never what is being watched.
 */
import { Chain, type Linked } from './chain.ts';

interface Entry<Value> extends Linked<Entry<Value>> {
  readonly key: string;
  readonly value: Value;
  isKept: boolean;
}

export class TwoTier<Value> {
  evicted = 0;
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #young = new Chain<Entry<Value>>();
  readonly #kept = new Chain<Entry<Value>>();
  readonly #max: number;

  /** @param max of each part */
  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** @param key that is not there yet */
  add(key: string, value: Value): void {
    const entry: Entry<Value> = { key, value, isKept: false, before: undefined, after: undefined };
    this.#append(entry);
    this.#entries.set(key, entry);
  }

  /** From now on among those that matter, as its newest: called again, it stays longer. */
  keep(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#chainOf(entry).remove(entry);
    entry.isKept = true;
    this.#append(entry);
  }

  #append(entry: Entry<Value>): void {
    const chain = this.#chainOf(entry);
    if (chain.length >= this.#max && chain.first !== undefined) {
      const oldest = chain.first;
      chain.remove(oldest);
      this.#entries.delete(oldest.key);
      this.evicted += 1;
    }
    chain.append(entry);
  }

  #chainOf(entry: Entry<Value>): Chain<Entry<Value>> {
    return entry.isKept ? this.#kept : this.#young;
  }
}
