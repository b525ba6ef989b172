/**
 * Lines (line.ts) as the bytes that they are on the disk, each with its newline: cheap to hand from thread to
 * thread, to take the digest of and to write, where a string each would be made three times over.
 */
const NEWLINE = 0x0a;

export class Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, count: number) {
    this.bytes = bytes;
    this.count = count;
  }

  /** In memory of their own, which may be transferred. */
  static of(lines: readonly string[]): Lines {
    const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
    return new Lines(new TextEncoder().encode(text), lines.length);
  }

  /** The first ones, in the same memory. */
  first(count: number): Lines {
    if (count >= this.count) return this;
    let end = 0;
    for (let index = 0; index < count; index += 1) end = this.bytes.indexOf(NEWLINE, end) + 1;
    return new Lines(this.bytes.subarray(0, end), count);
  }

  /** Each a string of its own: as parts of one text they would keep all of it in memory. */
  *[Symbol.iterator](): Generator<string> {
    const bytes = Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.toString('utf8', start, end);
      start = end + 1;
    }
  }

  /** Gives the memory back at once; there are no lines afterwards. */
  release(): void {
    this.bytes.buffer.transfer(0);
  }
}
