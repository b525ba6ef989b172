/** What falls due when: a binary heap of instants. An entry is never taken out; its owner knows whether it still counts. */
export class DueList {
  readonly #heap: { readonly atMs: number; readonly key: string }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** Infinity when nothing is due ever. */
  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(atMs: number, key: string): void {
    if (atMs === Number.POSITIVE_INFINITY) return;
    const heap = this.#heap;
    let at = heap.push({ atMs, key }) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, above)) break;
      at = above;
    }
  }

  /** Takes out everything that is due at the earliest instant. */
  takeNext(): readonly string[] {
    const { nextAtMs } = this;
    const keys: string[] = [];
    while (this.#heap.length > 0 && this.nextAtMs === nextAtMs) keys.push(this.#take());
    return keys;
  }

  #take(): string {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) throw new Error('nothing is due');
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first.key;
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const below = right < heap.length && this.#earlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(below, at)) return;
      at = below;
    }
  }

  #earlier(a: number, b: number): boolean {
    return (this.#heap[a]?.atMs ?? 0) < (this.#heap[b]?.atMs ?? 0);
  }

  #swapIfEarlier(below: number, above: number): boolean {
    if (!this.#earlier(below, above)) return false;
    const heap = this.#heap;
    const [low, high] = [heap[below], heap[above]];
    if (low === undefined || high === undefined) return false;
    heap[below] = high;
    heap[above] = low;
    return true;
  }
}
