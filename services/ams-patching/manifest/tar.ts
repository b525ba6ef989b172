/**
 * Reads a tar archive as it comes: names, kinds and contents, in constant memory.
 *
 * Forms that dpkg-deb and GNU tar write: ustar, long names of GNU (types L and K), PAX paths.
 *
 * @see tar(5), https://www.gnu.org/software/tar/manual/html_node/Standard.html
 */

export interface TarEntry {
  /** As it is written there: `./usr/bin/x`. */
  readonly path: string;
  readonly type: 'file' | 'hard-link' | 'symlink' | 'directory' | 'other';
  readonly size: number;
  /** Of a link. */
  readonly target: string;
}

/** What is done with the content of one entry. */
export interface TarSink {
  data(chunk: Buffer): void;
  end(): void;
}

const BLOCK = 512;
/** Names and PAX headers; Linux has no longer paths than 4096 bytes. */
const NAME_BYTES_MAX = 65_536;
const ENTRIES_MAX = 1_000_000;
const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '5': 'directory',
};

/**
 * @param onEntry in the order of the archive; without a sink its content is passed over
 * @throws Error with what is wrong with the archive
 */
export async function readTar(
  chunks: AsyncIterable<Buffer>,
  onEntry: (entry: TarEntry) => TarSink | undefined,
): Promise<void> {
  const parser = new TarParser(onEntry);
  for await (const chunk of chunks) parser.add(chunk);
  parser.end();
}

class TarParser {
  readonly #onEntry: (entry: TarEntry) => TarSink | undefined;
  readonly #header = Buffer.alloc(BLOCK);
  #headerLength = 0;
  /** Of the content that is being read, and of what fills up its last block. */
  #left = 0;
  #padding = 0;
  #sink: TarSink | undefined;
  /** Names that stand in front of the entry they are for. */
  #longPath: string | undefined;
  #longTarget: string | undefined;
  #isOver = false;
  #count = 0;

  constructor(onEntry: (entry: TarEntry) => TarSink | undefined) {
    this.#onEntry = onEntry;
  }

  add(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#isOver) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.#sink?.data(part);
        this.#left -= part.length;
        rest = rest.subarray(part.length);
        if (this.#left === 0) this.#endContent();
      } else if (this.#padding > 0) {
        const count = Math.min(this.#padding, rest.length);
        this.#padding -= count;
        rest = rest.subarray(count);
      } else {
        const part = rest.subarray(0, BLOCK - this.#headerLength);
        part.copy(this.#header, this.#headerLength);
        this.#headerLength += part.length;
        rest = rest.subarray(part.length);
        if (this.#headerLength === BLOCK) {
          this.#headerLength = 0;
          this.#begin();
        }
      }
    }
  }

  end(): void {
    if (this.#left > 0 || this.#headerLength > 0) throw new Error('it ends in the middle of an entry');
  }

  #begin(): void {
    const header = this.#header;
    if (header.every((byte) => byte === 0)) {
      this.#isOver = true;
      return;
    }
    if (!isSound(header)) throw new Error('the sum of a header is wrong');
    this.#count += 1;
    if (this.#count > ENTRIES_MAX) throw new Error(`it has more than ${ENTRIES_MAX} entries`);
    const size = numberAt(header, 124, 12);
    const kind = String.fromCharCode(header[156] ?? 0);
    const type = TYPES[kind] ?? 'other';
    // Of a link GNU tar may say the size of what it links to.
    const stored = type === 'hard-link' || type === 'symlink' || type === 'directory' ? 0 : size;
    this.#left = stored;
    this.#padding = (BLOCK - (stored % BLOCK)) % BLOCK;
    this.#sink = this.#isName(kind) ? this.#nameSink(kind, size) : this.#entry(header, type, stored);
    if (stored === 0) this.#endContent();
  }

  readonly #isName = (kind: string): boolean => kind === 'L' || kind === 'K' || kind === 'x' || kind === 'g';

  #entry(header: Buffer, type: TarEntry['type'], size: number): TarSink | undefined {
    const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
    const prefix = isUstar ? textAt(header, 345, 155) : '';
    const name = textAt(header, 0, 100);
    const path = this.#longPath ?? (prefix === '' ? name : `${prefix}/${name}`);
    const target = this.#longTarget ?? textAt(header, 157, 100);
    this.#longPath = undefined;
    this.#longTarget = undefined;
    return this.#onEntry({ path, type, size, target });
  }

  #nameSink(kind: string, size: number): TarSink {
    if (size > NAME_BYTES_MAX) throw new Error('a name in it is too long');
    const parts: Buffer[] = [];
    return {
      data: (chunk) => parts.push(Buffer.from(chunk)),
      end: () => {
        const bytes = Buffer.concat(parts);
        if (kind === 'L') this.#longPath = textAt(bytes, 0, bytes.length);
        else if (kind === 'K') this.#longTarget = textAt(bytes, 0, bytes.length);
        else if (kind === 'x') {
          const values = paxOf(bytes);
          this.#longPath = values.get('path') ?? this.#longPath;
          this.#longTarget = values.get('linkpath') ?? this.#longTarget;
        }
      },
    };
  }

  #endContent(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }
}

/** The sum of all bytes, those of the sum itself taken as blanks. */
function isSound(header: Buffer): boolean {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  return sum === numberAt(header, 148, 8);
}

function textAt(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
}

/** Octal digits; what needs more begins with a set bit and is binary. */
function numberAt(bytes: Buffer, from: number, length: number): number {
  const first = bytes[from] ?? 0;
  if ((first & 0x80) === 0) {
    const value = Number.parseInt(textAt(bytes, from, length).trim() || '0', 8);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error('a number in it is not understood');
    return value;
  }
  let value = first & 0x7f;
  for (let index = from + 1; index < from + length; index += 1) value = value * 256 + (bytes[index] ?? 0);
  if (!Number.isSafeInteger(value)) throw new Error('a number in it is too large');
  return value;
}

/** `27 path=some/long/name\n`, the number being the length of all of it. */
function paxOf(bytes: Buffer): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space === -1 || !Number.isInteger(length) || length < 1)
      throw new Error('a PAX header is not understood');
    const text = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = text.indexOf('=');
    values.set(text.slice(0, equals), text.slice(equals + 1));
    at += length;
  }
  return values;
}
