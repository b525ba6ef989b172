/** Encodings, spelled out in bits. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export type Bytes = readonly number[];

export function utf8(text: string): Bytes {
  return [...new TextEncoder().encode(text)];
}

/** Undefined when the bytes are not UTF-8. */
export function fromUtf8(bytes: Bytes): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

/** High byte first, or last when little endian. */
export function utf16(text: string, isLittleEndian: boolean): Bytes {
  return text.split('').flatMap((unit) => {
    const code = unit.charCodeAt(0);
    const pair = [Math.floor(code / 256), code % 256];
    return isLittleEndian ? pair.toReversed() : pair;
  });
}

function bitsOf(bytes: Bytes): string {
  return bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** RFC 4648, section 4. */
export function base64(bytes: Bytes): string {
  const bits = bitsOf(bytes);
  let text = '';
  for (let at = 0; at < bits.length; at += 6)
    text += ALPHABET[Number.parseInt(bits.slice(at, at + 6).padEnd(6, '0'), 2)] ?? '';
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** The characters whose six bits are all of the value, when the value begins `offset` bytes into a run. */
export function base64At(bytes: Bytes, offset: number): string {
  const before = offset * 8;
  const bits = '0'.repeat(before) + bitsOf(bytes);
  let text = '';
  for (let at = 0; at + 6 <= bits.length; at += 6)
    if (at >= before) text += ALPHABET[Number.parseInt(bits.slice(at, at + 6), 2)] ?? '';
  return text;
}
