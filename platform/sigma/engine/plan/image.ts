import { PADDING, TABLES } from '../layout.ts';

/** What is written into the module's memory from `TABLES` on, by its address there. */
export class Image {
  #bytes = new Uint8Array(1 << 20);
  #words = new Uint32Array(this.#bytes.buffer);
  #top = TABLES;
  readonly #texts = new Map<string, number>();
  /** The same bytes are written for each group that looks for them. */
  readonly #textsByBytes = new Map<Uint8Array, number>();

  /** @returns the address of that many zero bytes */
  room(bytes: number): number {
    const at = this.#top;
    this.#top = (at + bytes + 7) & ~7;
    if (this.#top > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#top, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#words = new Uint32Array(larger.buffer);
    }
    return at;
  }

  word(at: number, value: number): void {
    this.#words[at >> 2] = value;
  }

  bit(at: number, bit: number): void {
    const place = at + (bit >>> 3);
    this.#bytes[place] = (this.#bytes[place] ?? 0) | (1 << (bit & 7));
  }

  /** @returns the address of the words */
  words(values: readonly number[]): number {
    const at = this.room(values.length * 4);
    this.#words.set(values, at >> 2);
    return at;
  }

  /** How many, then the numbers. */
  list(values: readonly number[]): number {
    return this.words([values.length, ...values]);
  }

  /** @param bytes not to be changed any more */
  text(bytes: Uint8Array): number {
    let at = this.#textsByBytes.get(bytes);
    if (at === undefined) {
      at = this.#newText(bytes);
      this.#textsByBytes.set(bytes, at);
    }
    return at;
  }

  #newText(bytes: Uint8Array): number {
    const key = Buffer.from(bytes).toString('latin1');
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const at = this.room(bytes.length + 8);
    this.#bytes.set(bytes, at);
    this.#texts.set(key, at);
    return at;
  }

  /** Everything from address zero on, with room for loads that read beyond the end. */
  finished(): Uint8Array<ArrayBuffer> {
    this.room(PADDING);
    return this.#bytes.slice(0, this.#top);
  }
}
