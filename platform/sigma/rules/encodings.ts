/**
 * The encodings that modifiers put a value into. A value that stands for bytes is held as one character per
 * byte (U+0000 to U+00FF) until `base64` makes text of it again, or until the end (`bytesAsText`).
 */

export type Utf16 = 'utf16' | 'utf16le' | 'utf16be';

export function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** `utf16` has a byte order mark in front and is little endian. */
export function utf16Bytes(text: string, encoding: Utf16): string {
  const littleEndian = Buffer.from(text, 'utf16le');
  const bytes = encoding === 'utf16be' ? littleEndian.swap16() : littleEndian;
  return (encoding === 'utf16' ? '\xff\xfe' : '') + bytes.toString('latin1');
}

export function base64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64');
}

/**
 * What stays the same of the encoded bytes wherever they begin in a longer run: one text per place in a
 * group of three. The first and last character at each end also depend on the neighbours and are left out.
 */
export function base64Offsets(bytes: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = base64('\0'.repeat(offset) + bytes);
    const start = [0, 2, 3][offset] ?? 0;
    const end = [0, 3, 2][(bytes.length + offset) % 3] ?? 0;
    return encoded.slice(start, encoded.length - end);
  });
}

/** Undefined when the bytes are not UTF-8: no event's text can hold them. */
export function bytesAsText(bytes: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}
