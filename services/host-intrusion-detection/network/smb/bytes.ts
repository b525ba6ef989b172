/** Little-endian numbers and strings in a message; what is not there reads as 0, and lengths are checked by who asks. */

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

export function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
}

/** Long names are cut: nobody reads more. */
const CHARACTERS_MAX = 512;

export function utf16(bytes: Uint8Array, at: number, length: number): string {
  const end = Math.min(bytes.length, at + length, at + CHARACTERS_MAX * 2);
  let text = '';
  for (let next = at; next + 1 < end; next += 2) text += String.fromCharCode(u16(bytes, next));
  return text;
}

/** As far as the terminating zero. */
export function zeroTerminated(bytes: Uint8Array, at: number, isUnicode: boolean): string {
  const width = isUnicode ? 2 : 1;
  let text = '';
  for (let next = at; next + width <= bytes.length && text.length < CHARACTERS_MAX; next += width) {
    const character = isUnicode ? u16(bytes, next) : (bytes[next] ?? 0);
    if (character === 0) break;
    text += String.fromCharCode(character);
  }
  return text;
}
