/**
 * Reads little-endian numbers and texts between two places of a chunk. Every read is checked against the end:
 * what lies outside belongs to another record.
 */

/** Why a record, or a chunk, cannot be read. Thrown and caught inside of this folder only. */
export class Damage extends Error {}

export class Cursor {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;

  /** @param end at most the length of `bytes` */
  constructor(bytes: Buffer, at: number, end: number) {
    if (at < 0 || at > end || end > bytes.length) throw new Damage(`bytes ${at} to ${end} are outside`);
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    return this.bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.#take(4));
  }

  /** @param length in UTF-16 code units */
  text(length: number): string {
    const start = this.#take(length * 2);
    return this.bytes.toString('utf16le', start, start + length * 2);
  }

  skip(size: number): void {
    this.#take(size);
  }

  #take(size: number): number {
    const start = this.at;
    if (start + size > this.end) throw new Damage(`ends within a value at byte ${start}`);
    this.at = start + size;
    return start;
  }
}
