/**
 * Headers of a tar archive, one by one, as they follow each other.
 *
 * Forms that dpkg-deb, GNU tar and whoever publishes feeds write: ustar, long names of GNU (types L and K), PAX paths.
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

/** What follows a header: so many bytes for its reader, or for the names of the next entry. */
export type Part =
  | { readonly is: 'end' }
  | { readonly is: 'entry'; readonly size: number; readonly entry: TarEntry }
  | { readonly is: 'name'; readonly size: number; readonly kind: string };

export const BLOCK = 512;
/** Names and PAX headers; Linux has no longer paths than 4096 bytes. */
const NAME_BYTES_MAX = 65_536;
export const TAR_ENTRIES_MAX = 1_000_000;
const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '5': 'directory',
};
const NAMES = new Set(['L', 'K', 'x', 'g']);

/** Who asks for more than it is asked to bear. */
export class TooManyEntries extends Error {}

/** To the end of the block that content ends in. */
export const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

export class Headers {
  /** Names that stand in front of the entry they are for. */
  #longPath: string | undefined;
  #longTarget: string | undefined;
  #count = 0;

  /** @param header of 512 bytes @throws Error with what is wrong with it */
  read(header: Buffer): Part {
    if (header.every((byte) => byte === 0)) return { is: 'end' };
    if (!isSound(header)) throw new Error('the sum of a header is wrong');
    this.#count += 1;
    if (this.#count > TAR_ENTRIES_MAX)
      throw new TooManyEntries(`it has more than ${TAR_ENTRIES_MAX} entries`);
    const size = numberAt(header, 124, 12);
    const kind = String.fromCharCode(header[156] ?? 0);
    if (NAMES.has(kind)) {
      if (size > NAME_BYTES_MAX) throw new Error('a name in it is too long');
      return { is: 'name', size, kind };
    }
    const type = TYPES[kind] ?? 'other';
    // Of a link GNU tar may say the size of what it links to.
    const stored = type === 'hard-link' || type === 'symlink' || type === 'directory' ? 0 : size;
    return { is: 'entry', size: stored, entry: this.#entry(header, type, stored) };
  }

  /** What stands where content would, of a part that is a name. */
  name(kind: string, bytes: Buffer): void {
    if (kind === 'L') this.#longPath = textAt(bytes, 0, bytes.length);
    else if (kind === 'K') this.#longTarget = textAt(bytes, 0, bytes.length);
    else if (kind === 'x') {
      const values = paxOf(bytes);
      this.#longPath = values.get('path') ?? this.#longPath;
      this.#longTarget = values.get('linkpath') ?? this.#longTarget;
    }
  }

  #entry(header: Buffer, type: TarEntry['type'], size: number): TarEntry {
    const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
    const prefix = isUstar ? textAt(header, 345, 155) : '';
    const name = textAt(header, 0, 100);
    const path = this.#longPath ?? (prefix === '' ? name : `${prefix}/${name}`);
    const target = this.#longTarget ?? textAt(header, 157, 100);
    this.#longPath = undefined;
    this.#longTarget = undefined;
    return { path, type, size, target };
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
