/** Texts as small numbers for as long as somebody holds them. */
export class Interner {
  readonly #ids = new Map<string, number>();
  readonly #texts: (string | undefined)[] = [];
  readonly #holders: number[] = [];
  readonly #free: number[] = [];
  #stamps = new Int32Array(1_024);
  #stamp = 0;

  get size(): number {
    return this.#ids.size;
  }

  hold(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) {
      this.#holders[known] = (this.#holders[known] ?? 0) + 1;
      return known;
    }
    const id = this.#free.pop() ?? this.#texts.length;
    this.#ids.set(text, id);
    this.#texts[id] = text;
    this.#holders[id] = 1;
    return id;
  }

  release(id: number): void {
    const holders = (this.#holders[id] ?? 0) - 1;
    this.#holders[id] = holders;
    if (holders > 0) return;
    this.#ids.delete(this.#texts[id] ?? '');
    this.#texts[id] = undefined;
    this.#free.push(id);
  }

  /** Begins to count different ids; `isNew` answers once for each. */
  startCount(): void {
    if (this.#stamps.length < this.#texts.length) this.#stamps = new Int32Array(this.#texts.length * 2);
    this.#stamp += 1;
  }

  isNew(id: number): boolean {
    if (this.#stamps[id] === this.#stamp) return false;
    this.#stamps[id] = this.#stamp;
    return true;
  }
}
