/** Whole lines out of pieces of a file, of bounded length. */
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
export const LINE_BYTES_MAX = 65_536;

export class LineBuffer {
  #half: Buffer = Buffer.alloc(0);
  #isSkipping = false;
  /** Bytes of lines that were longer than is looked at. */
  cutBytes = 0;

  /** Bytes of a line whose end has not been written yet; what is read again when reading begins anew. */
  get pending(): number {
    return this.#half.length;
  }

  push(bytes: Buffer, onLine: (line: string) => void): void {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      this.#finish(bytes.subarray(from, end), onLine);
      from = end + 1;
    }
    const rest = bytes.subarray(from);
    if (this.#isSkipping) this.cutBytes += rest.length;
    else if (this.#half.length + rest.length > LINE_BYTES_MAX) this.#cut(rest, onLine);
    // A copy: the buffer it is a part of is read into again.
    else if (rest.length > 0) this.#half = Buffer.concat([this.#half, rest]);
  }

  /** The file has come to its end for good: what stands there is a line, with or without a break. */
  end(onLine: (line: string) => void): void {
    if (this.#half.length > 0) onLine(text(this.#half));
    this.#half = Buffer.alloc(0);
    this.#isSkipping = false;
  }

  #finish(rest: Buffer, onLine: (line: string) => void): void {
    if (this.#isSkipping) {
      this.cutBytes += rest.length;
      this.#isSkipping = false;
      return;
    }
    const line = this.#half.length === 0 ? rest : Buffer.concat([this.#half, rest]);
    this.#half = Buffer.alloc(0);
    if (line.length > LINE_BYTES_MAX) this.cutBytes += line.length - LINE_BYTES_MAX;
    onLine(text(line.subarray(0, LINE_BYTES_MAX)));
  }

  /** Its beginning is told, and the rest of it passed over when it comes. */
  #cut(rest: Buffer, onLine: (line: string) => void): void {
    const line = Buffer.concat([this.#half, rest]);
    this.cutBytes += line.length - LINE_BYTES_MAX;
    this.#half = Buffer.alloc(0);
    this.#isSkipping = true;
    onLine(text(line.subarray(0, LINE_BYTES_MAX)));
  }
}

function text(line: Buffer): string {
  const read = line.includes(0) ? withNuls(line) : line.toString('utf8');
  return read.charCodeAt(read.length - 1) === CARRIAGE_RETURN ? read.slice(0, -1) : read;
}

/**
 * UTF-16 as SQL Server writes its log: cut at the first byte of a line break, so that each line but the first begins with
 * the second byte of the break before. More than one such byte is the hole that a truncation left behind a program that
 * writes on where it was.
 */
function withNuls(line: Buffer): string {
  const from = line.findIndex((byte) => byte !== 0);
  if (from === -1) return '';
  const isMarked = from === 0 && line[0] === 0xff && line[1] === 0xfe;
  const wide = line.subarray(isMarked ? 2 : from);
  const isWide = (from === 1 || isMarked) && wide.length % 2 === 0 && wide[1] === 0;
  return isWide ? wide.toString('utf16le') : line.toString('utf8', from);
}
