/**
 * ClickHouse's RowBinary: values one after the other, little-endian, texts after their length in bytes.
 *
 * An event is JSON already; as a value inside a JSON row it would be escaped here and unescaped there.
 * `bench/ingest.bench.ts` prints what that costs.
 *
 * @see https://clickhouse.com/docs/interfaces/formats/RowBinary
 */

/** Texts up to this length are mostly names in ASCII, copied faster here than by a call into the runtime. */
const SHORT_TEXT_MAX = 48;
const UINT32 = 4_294_967_296;
const BYTES_MIN = 65_536;
/**
 * Memory kept for the next batch: the first touch of fresh megabytes cost half of all the writing. Twice the
 * largest batch at most, and few of them.
 */
const SPARE_BYTES_MAX = 16_777_216; // 16 MiB
const SPARE_MAX = 4;
const spare: Buffer[] = [];

export class RowBinaryWriter {
  #bytes: Buffer;
  #length = 0;

  /** @param bytesHint what is likely needed; it grows when that was too little */
  constructor(bytesHint: number) {
    const large = spare.findIndex((bytes) => bytes.length >= bytesHint);
    this.#bytes =
      spare.splice(large, large === -1 ? 0 : 1)[0] ?? Buffer.allocUnsafe(Math.max(BYTES_MIN, bytesHint));
  }

  uint8(value: number): void {
    this.#room(1);
    this.#length = this.#bytes.writeUInt8(value, this.#length);
  }

  uint16(value: number): void {
    this.#room(2);
    this.#length = this.#bytes.writeUInt16LE(value, this.#length);
  }

  uint32(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  /** Exact for every safe integer, also below zero. */
  int64(value: number): void {
    const high = Math.floor(value / UINT32);
    this.#room(8);
    this.#length = this.#bytes.writeUInt32LE(value - high * UINT32, this.#length);
    this.#length = this.#bytes.writeInt32LE(high, this.#length);
  }

  text(text: string): void {
    const { length } = text;
    // A UTF-16 unit is at most three bytes of UTF-8; a length at most five bytes of seven bits.
    this.#room(length * 3 + 5);
    if (length <= SHORT_TEXT_MAX && this.#shortAscii(text)) return;
    this.#size(Buffer.byteLength(text));
    this.#length += this.#bytes.write(text, this.#length);
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length + 5);
    this.#size(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A FixedString: its length is the column's. */
  fixed(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; a view that is gone with `release`. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Gives the memory to the next writer; only when nobody reads `written` any more. */
  release(): void {
    if (spare.length < SPARE_MAX && this.#bytes.length <= SPARE_BYTES_MAX) spare.push(this.#bytes);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
  }

  #shortAscii(text: string): boolean {
    const bytes = this.#bytes;
    let at = this.#length + 1;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127) return false;
      bytes[at] = code;
      at += 1;
    }
    bytes[this.#length] = text.length;
    this.#length = at;
    return true;
  }

  /** LEB128, as all lengths in this format. */
  #size(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length] = (rest & 127) | 128;
      this.#length += 1;
      rest >>>= 7;
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  #room(needed: number): void {
    if (this.#length + needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + needed));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
