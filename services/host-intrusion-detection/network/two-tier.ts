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
  readonly #onEvicted: (value: Value) => void;

  /**
   * @param max of each part
   * @param onEvicted told of each that makes room
   */
  constructor(max: number, onEvicted: (value: Value) => void = () => undefined) {
    this.#max = max;
    this.#onEvicted = onEvicted;
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

  /** The one that has not proved to matter for longest makes room. @returns false when none ever did */
  evictKept(): boolean {
    const { first } = this.#kept;
    if (first !== undefined) this.#evict(first);
    return first !== undefined;
  }

  #append(entry: Entry<Value>): void {
    const chain = this.#chainOf(entry);
    if (chain.length >= this.#max && chain.first !== undefined) this.#evict(chain.first);
    chain.append(entry);
  }

  #evict(entry: Entry<Value>): void {
    this.#chainOf(entry).remove(entry);
    this.#entries.delete(entry.key);
    this.evicted += 1;
    this.#onEvicted(entry.value);
  }

  #chainOf(entry: Entry<Value>): Chain<Entry<Value>> {
    return entry.isKept ? this.#kept : this.#young;
  }
}
