/**
 * Door: JSON written straight into bytes, the same bytes that `JSON.stringify` would give. Names and values of
 * events are short and mostly ASCII, for which a loop costs less than a text of the whole and a call into the
 * runtime for its bytes.
 */
const QUOTE = 34;
const BACKSLASH = 92;
const BLANK = 32;
const ASCII_MAX = 126;
/** A UTF-16 unit is at most `\u0000`. */
const BYTES_PER_UNIT_MAX = 6;
const NUMBER_BYTES_MAX = 32;
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COMMA, COLON] = [123, 125, 91, 93, 44, 58] as const;
/** Closing brackets and commas are written without asking for room: one for each level, and events have 32. */
const DEPTH_BYTES = 64;
const encoder = new TextEncoder();

/** @returns where it ends; -1 when there might be no room before `end` */
export function writeJsonText(bytes: Uint8Array, from: number, end: number, text: string): number {
  const { length } = text;
  if (from + length * BYTES_PER_UNIT_MAX + 2 + DEPTH_BYTES > end) return -1;
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

/** A value that is not a list or object; a number that JSON does not have is null. */
export function writeJsonValue(
  bytes: Uint8Array,
  from: number,
  end: number,
  value: string | number | boolean | null,
): number {
  if (typeof value === 'string') return writeJsonText(bytes, from, end, value);
  if (from + NUMBER_BYTES_MAX + DEPTH_BYTES > end) return -1;
  const text = typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
  for (let index = 0; index < text.length; index += 1) bytes[from + index] = text.charCodeAt(index);
  return from + text.length;
}

/**
 * Anything that came of `JSON.parse`, or is like it: members that are undefined are left out, methods are not asked.
 *
 * @returns where it ends; -1 when there might be no room before `end`
 */
export function writeJson(bytes: Uint8Array, from: number, end: number, value: unknown): number {
  if (typeof value !== 'object' || value === null)
    return writeJsonValue(bytes, from, end, (value ?? null) as string | number | boolean | null);
  if (from + DEPTH_BYTES > end) return -1;
  return Array.isArray(value)
    ? writeList(bytes, from, end, value)
    : writeObject(bytes, from, end, value as Readonly<Record<string, unknown>>);
}

function writeList(bytes: Uint8Array, from: number, end: number, list: readonly unknown[]): number {
  let at = from;
  bytes[at++] = OPEN_LIST;
  for (let index = 0; index < list.length; index += 1) {
    if (index > 0) bytes[at++] = COMMA;
    at = writeJson(bytes, at, end, list[index]);
    if (at === -1) return -1;
  }
  bytes[at++] = CLOSE_LIST;
  return at;
}

function writeObject(
  bytes: Uint8Array,
  from: number,
  end: number,
  object: Readonly<Record<string, unknown>>,
): number {
  let at = from;
  bytes[at++] = OPEN;
  let isFirst = true;
  // In the order of `JSON.stringify`; what is inherited is not an event's.
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    if (!isFirst) bytes[at++] = COMMA;
    isFirst = false;
    at = writeJsonText(bytes, at, end, name);
    if (at === -1) return -1;
    bytes[at++] = COLON;
    at = writeJson(bytes, at, end, value);
    if (at === -1) return -1;
  }
  bytes[at++] = CLOSE;
  return at;
}
