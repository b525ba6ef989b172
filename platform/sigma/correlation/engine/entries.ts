/**
 * The matches that are kept, as columns of numbers: some forty bytes each, and nothing for the collector.
 *
 * Those of a group are a list in order of time, and of kind where times are equal (`groups.ts` has its ends).
 */
import type { MatchFields } from '../match.ts';
import { grown, Uids } from './uids.ts';

const CAPACITY = 1_024;
export const NONE = -1;

export class Entries {
  times = new Float64Array(CAPACITY);
  /** By the rule's measure: which input matched, or which value (`interner.ts`); 0 where neither matters. */
  kinds = new Int32Array(CAPACITY);
  next = new Int32Array(CAPACITY);
  prev = new Int32Array(CAPACITY);
  /** 1 when the rule is known to hold at the instant of the entry. */
  holds = new Uint8Array(CAPACITY);
  /** Only for statistics. */
  values = new Float64Array(0);
  readonly uids = new Uids(CAPACITY);
  /** What correlations above need; only for rules that have such. */
  readonly carried = new Map<number, MatchFields>();
  #used = 0;
  #free = NONE;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    const columns = [this.times, this.kinds, this.next, this.prev, this.holds, this.values];
    return columns.reduce((sum, { byteLength }) => sum + byteLength, this.uids.bytes);
  }

  /** A place for the match whose uid was looked at last (`uids.look`). */
  take(timeMs: number, kind: number): number {
    let entry = this.#free;
    if (entry === NONE) {
      entry = this.#used;
      this.#used += 1;
      if (entry === this.times.length) this.#grow();
    } else this.#free = this.next[entry] ?? NONE;
    this.times[entry] = timeMs;
    this.kinds[entry] = kind;
    this.holds[entry] = 0;
    this.uids.put(entry);
    this.#count += 1;
    return entry;
  }

  release(entry: number): void {
    this.uids.drop(entry);
    if (this.carried.size > 0) this.carried.delete(entry);
    this.next[entry] = this.#free;
    this.#free = entry;
    this.#count -= 1;
  }

  setValue(entry: number, value: number): void {
    if (this.values.length <= entry) this.values = grown(this.values, this.times.length);
    this.values[entry] = value;
  }

  timeOf(entry: number): number {
    return this.times[entry] ?? 0;
  }

  kindOf(entry: number): number {
    return this.kinds[entry] ?? 0;
  }

  after(entry: number): number {
    return this.next[entry] ?? NONE;
  }

  before(entry: number): number {
    return this.prev[entry] ?? NONE;
  }

  isHolding(entry: number): boolean {
    return this.holds[entry] === 1;
  }

  #grow(): void {
    const capacity = this.times.length * 2;
    this.times = grown(this.times, capacity);
    this.kinds = grown(this.kinds, capacity);
    this.next = grown(this.next, capacity);
    this.prev = grown(this.prev, capacity);
    this.holds = grown(this.holds, capacity);
    this.uids.grow(capacity);
  }
}
