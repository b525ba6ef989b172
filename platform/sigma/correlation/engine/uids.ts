/**
 * Uids of matches, in 16 bytes where they are UUIDs or 32 hexadecimal digits, which nearly all are.
 *
 * A text of 32 characters is some 50 bytes, and there are millions.
 */
const HEX = 1;
const UUID = 2;
const TEXT = 0;
const WORDS = 4;

export class Uids {
  #words: Uint32Array;
  #forms: Uint8Array;
  readonly #texts = new Map<number, string>();
  /** What `look` read; `isAt` and `put` are about it. */
  readonly #looked = new Uint32Array(WORDS);
  #form = TEXT;
  #text = '';

  constructor(capacity: number) {
    this.#words = new Uint32Array(capacity * WORDS);
    this.#forms = new Uint8Array(capacity);
  }

  get bytes(): number {
    return this.#words.byteLength + this.#forms.byteLength;
  }

  grow(capacity: number): void {
    this.#words = grown(this.#words, capacity * WORDS);
    this.#forms = grown(this.#forms, capacity);
  }

  look(uid: string): void {
    this.#text = uid;
    this.#form = uid.length === 32 ? HEX : uid.length === 36 ? UUID : TEXT;
    if (this.#form !== TEXT && !this.#read(uid)) this.#form = TEXT;
  }

  isAt(index: number): boolean {
    if (this.#forms[index] !== this.#form) return false;
    if (this.#form === TEXT) return this.#texts.get(index) === this.#text;
    const at = index * WORDS;
    for (let word = 0; word < WORDS; word += 1)
      if (this.#words[at + word] !== this.#looked[word]) return false;
    return true;
  }

  put(index: number): void {
    this.#forms[index] = this.#form;
    if (this.#form === TEXT) this.#texts.set(index, this.#text);
    else this.#words.set(this.#looked, index * WORDS);
  }

  drop(index: number): void {
    if (this.#forms[index] === TEXT) this.#texts.delete(index);
  }

  textAt(index: number): string {
    const form = this.#forms[index];
    if (form === TEXT) return this.#texts.get(index) ?? '';
    let hex = '';
    for (let word = 0; word < WORDS; word += 1)
      hex += (this.#words[index * WORDS + word] ?? 0).toString(16).padStart(8, '0');
    if (form === HEX) return hex;
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** False where the text could not be given back as it was. */
  #read(uid: string): boolean {
    const isUuid = this.#form === UUID;
    let word = 0;
    let digits = 0;
    for (let at = 0; at < uid.length; at += 1) {
      const code = uid.charCodeAt(at);
      if (isUuid && (at === 8 || at === 13 || at === 18 || at === 23)) {
        if (code !== 0x2d) return false;
        continue;
      }
      const digit =
        code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
      if (digit < 0) return false;
      word = (word << 4) | digit;
      digits += 1;
      if (digits % 8 === 0) this.#looked[digits / 8 - 1] = word;
    }
    return true;
  }
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
