/**
 * JSON of single values, written straight into bytes: names and values of events are short and mostly ASCII,
 * for which a loop costs less than a text of the whole and a call into the runtime for its bytes.
 */
const QUOTE = 34;
const BACKSLASH = 92;
const BLANK = 32;
const ASCII_MAX = 126;
/** A UTF-16 unit is at most `\u0000`. */
const BYTES_PER_UNIT_MAX = 6;
const NUMBER_BYTES_MAX = 32;
const encoder = new TextEncoder();

/** @returns where it ends; -1 when there might be no room before `end` */
export function writeJsonText(bytes: Uint8Array, from: number, end: number, text: string): number {
  const { length } = text;
  if (from + length * BYTES_PER_UNIT_MAX + 2 > end) return -1;
  let at = from;
  bytes[at++] = QUOTE;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < BLANK || code > ASCII_MAX) return writeOther(bytes, from, end, text);
    if (code === QUOTE || code === BACKSLASH) bytes[at++] = BACKSLASH;
    bytes[at++] = code;
  }
  bytes[at++] = QUOTE;
  return at;
}

function writeOther(bytes: Uint8Array, from: number, end: number, text: string): number {
  return from + encoder.encodeInto(JSON.stringify(text), bytes.subarray(from, end)).written;
}

/** A value that is not a list or object. */
export function writeJsonValue(
  bytes: Uint8Array,
  from: number,
  end: number,
  value: string | number | boolean | null,
): number {
  if (typeof value === 'string') return writeJsonText(bytes, from, end, value);
  if (from + NUMBER_BYTES_MAX > end) return -1;
  const text = typeof value === 'number' ? numberJson(value) : String(value);
  for (let index = 0; index < text.length; index += 1) bytes[from + index] = text.charCodeAt(index);
  return from + text.length;
}

/**
 * JSON that reads back as the same number. Beyond what a double holds (1e400, which JSON may say) that is another
 * number as large, where `JSON.stringify` would make nothing of it; what is no number at all is null.
 */
export function numberJson(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'null';
  return value > 0 ? '1e999' : '-1e999';
}
