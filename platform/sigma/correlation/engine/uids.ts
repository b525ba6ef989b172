/**
 * Uids of matches, in 16 bytes where they are UUIDs or 32 hexadecimal digits, which nearly all are.
 *
 * A text of 32 characters is some 50 bytes, and there are millions.
 */
const HEX = 1;
const UUID = 2;
const TEXT = 0;
const BYTES = 16;
const WORDS = 4;
const DASHES = [8, 13, 18, 23];
/** Of a place that holds no uid. */
const NOTHING = 3;
/** Counts of uids by hash for each place: so many that what is new is nearly always known to be. */
const COUNTS_PER_PLACE = 4;
const COUNT_MAX = 255;

export class Uids {
  #bytes: Buffer;
  /** The same memory, to compare by. */
  #words: Uint32Array;
  #forms: Uint8Array;
  /** How many uids have a hash; where the count is full it stays so. */
  #counts: Uint8Array;
  readonly #texts = new Map<number, string>();
  /** What `look` read; `isAt` and `put` are about it. */
  readonly #looked = new Uint8Array(BYTES);
  readonly #lookedWords = new Uint32Array(this.#looked.buffer);
  #form = TEXT;
  #text = '';

  constructor(capacity: number) {
    this.#words = new Uint32Array(capacity * WORDS);
    this.#bytes = Buffer.from(this.#words.buffer);
    this.#forms = new Uint8Array(capacity).fill(NOTHING);
    this.#counts = new Uint8Array(capacity * COUNTS_PER_PLACE);
  }

  get bytes(): number {
    return this.#words.byteLength + this.#forms.byteLength + this.#counts.byteLength;
  }

  grow(capacity: number): void {
    this.#words = grown(this.#words, capacity * WORDS);
    this.#bytes = Buffer.from(this.#words.buffer);
    const used = this.#forms.length;
    this.#forms = grown(this.#forms, capacity).fill(NOTHING, used);
    this.#counts = new Uint8Array(capacity * COUNTS_PER_PLACE);
    for (let index = 0; index < used; index += 1)
      if (this.#forms[index] !== NOTHING) this.#count(index * WORDS, this.#words, 1);
  }

  look(uid: string): void {
    this.#text = uid;
    this.#form = uid.length === 32 ? HEX : uid.length === 36 ? UUID : TEXT;
    if (this.#form !== TEXT && !this.#read(uid)) this.#form = TEXT;
    if (this.#form === TEXT) this.#lookedWords.fill(0).set([hashOf(uid)]);
  }

  /** False when it is at no place at all. */
  get mayBeKnown(): boolean {
    return this.#counts[this.#slotOf(0, this.#lookedWords)] !== 0;
  }

  isAt(index: number): boolean {
    if (this.#forms[index] !== this.#form) return false;
    const at = index * WORDS;
    for (let word = 0; word < WORDS; word += 1)
      if (this.#words[at + word] !== this.#lookedWords[word]) return false;
    return this.#form !== TEXT || this.#texts.get(index) === this.#text;
  }

  put(index: number): void {
    this.#forms[index] = this.#form;
    if (this.#form === TEXT) this.#texts.set(index, this.#text);
    this.#words.set(this.#lookedWords, index * WORDS);
    this.#count(0, this.#lookedWords, 1);
  }

  drop(index: number): void {
    if (this.#forms[index] === TEXT) this.#texts.delete(index);
    this.#forms[index] = NOTHING;
    this.#count(index * WORDS, this.#words, -1);
  }

  textAt(index: number): string {
    const form = this.#forms[index];
    if (form === TEXT) return this.#texts.get(index) ?? '';
    const hex = this.#bytes.toString('hex', index * BYTES, index * BYTES + BYTES);
    if (form === HEX) return hex;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  #count(at: number, words: Uint32Array, by: 1 | -1): void {
    const slot = this.#slotOf(at, words);
    const count = this.#counts[slot] ?? 0;
    if (count < COUNT_MAX) this.#counts[slot] = count + by;
  }

  #slotOf(at: number, words: Uint32Array): number {
    const mixed = (words[at] ?? 0) ^ (words[at + 1] ?? 0) ^ (words[at + 2] ?? 0) ^ (words[at + 3] ?? 0);
    return (Math.imul(mixed, HASH_FACTOR) >>> 0) % this.#counts.length;
  }

  /** False where the text could not be given back as it was. */
  #read(uid: string): boolean {
    const isUuid = this.#form === UUID;
    let digits = 0;
    for (let at = 0; at < uid.length; at += 1) {
      const code = uid.charCodeAt(at);
      if (isUuid && DASHES.includes(at)) {
        if (code !== 0x2d) return false;
        continue;
      }
      const digit =
        code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
      if (digit < 0) return false;
      const byte = digits >> 1;
      this.#looked[byte] = ((this.#looked[byte] ?? 0) << 4) | digit;
      digits += 1;
    }
    return true;
  }
}

const HASH_FACTOR = 0x9e3779b1;

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

/** The same numbers in a longer array. */
export function grown<A extends Float64Array | Int32Array | Uint32Array | Uint8Array>(
  from: A,
  length: number,
): A {
  const to = new (from.constructor as new (length: number) => A)(length);
  to.set(from as never);
  return to;
}
