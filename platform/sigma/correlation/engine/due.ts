/** A heap of what is to be looked at when the watermark has passed an instant: by instant, then by rank. */
import { grown } from './uids.ts';

const CAPACITY = 256;

export class DueHeap {
  #dues = new Float64Array(CAPACITY);
  #ranks = new Int32Array(CAPACITY);
  #items = new Int32Array(CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get firstDue(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#dues[0] ?? 0);
  }

  push(due: number, rank: number, item: number): void {
    if (this.#size === this.#dues.length) {
      this.#dues = grown(this.#dues, this.#size * 2);
      this.#ranks = grown(this.#ranks, this.#size * 2);
      this.#items = grown(this.#items, this.#size * 2);
    }
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(due, rank, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, due, rank, item);
  }

  /** The item that is due first; -1 where there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const first = this.#items[0] ?? 0;
    this.#size -= 1;
    const last = this.#size;
    const [due, rank, item] = [this.#dues[last] ?? 0, this.#ranks[last] ?? 0, this.#items[last] ?? 0];
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(this.#dues[child + 1] ?? 0, this.#ranks[child + 1] ?? 0, child))
        child += 1;
      if (this.#isBefore(due, rank, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, due, rank, item);
    return first;
  }

  #isBefore(due: number, rank: number, other: number): boolean {
    const theirs = this.#dues[other] ?? 0;
    return due < theirs || (due === theirs && rank < (this.#ranks[other] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#dues[from] ?? 0, this.#ranks[from] ?? 0, this.#items[from] ?? 0);
  }

  #set(at: number, due: number, rank: number, item: number): void {
    this.#dues[at] = due;
    this.#ranks[at] = rank;
    this.#items[at] = item;
  }
}
