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

  [Symbol.iterator](): Generator<string> {
    return this.beginningWith(['']);
  }

  /**
   * Those whose path begins with one of these texts; the others are not made into strings. Each is a string of
   * its own: as parts of one text they would keep all of it in memory.
   */
  *beginningWith(paths: readonly string[]): Generator<string> {
    const bytes = Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    // As the line begins: an array with the path first (line.ts), without the quote after it.
    const beginnings = paths.map((path) => Buffer.from(JSON.stringify([path]).slice(0, -2)));
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const at = start;
      if (beginnings.some((beginning) => isAt(bytes, at, beginning)))
        yield bytes.toString('utf8', start, end);
      start = end + 1;
    }
  }

  /** Gives the memory back at once; there are no lines afterwards. */
  release(): void {
    this.bytes.buffer.transfer(0);
  }
}

/** Most differ in the second letter: nothing is as quick as looking. */
function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index += 1)
    if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
