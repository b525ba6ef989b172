/**
 * JSON objects one after the other, with white space, commas or nothing between them, as Splunk's senders write
 * them. Only where they begin and end is found here; whether each is JSON is for whoever parses it.
 */
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

export interface Objects {
  readonly bounds: readonly (readonly [number, number])[];
  /** Where something stands that is no object; undefined when there is no such place. */
  readonly strayAt: number | undefined;
}

/** @param depthMax deeper ones are taken for no objects: whoever parses them would need as much stack */
export function objectsOf(bytes: Uint8Array, depthMax: number): Objects {
  const bounds: [number, number][] = [];
  let at = 0;
  for (;;) {
    while (at < bytes.length && isBetween(bytes[at])) at += 1;
    if (at >= bytes.length) return { bounds, strayAt: undefined };
    const end = bytes[at] === OPEN ? objectEnd(bytes, at, depthMax) : undefined;
    if (end === undefined) return { bounds, strayAt: at };
    bounds.push([at, end]);
    at = end;
  }
}

function objectEnd(bytes: Uint8Array, start: number, depthMax: number): number | undefined {
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = textEnd(bytes, at);
    } else if (byte === OPEN || byte === OPEN_LIST) {
      depth += 1;
      if (depth > depthMax) return undefined;
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The place of the quote that ends the text that begins at `at`. */
function textEnd(bytes: Uint8Array, at: number): number {
  for (let place = at + 1; place < bytes.length; place += 1) {
    if (bytes[place] === BACKSLASH) place += 1;
    else if (bytes[place] === QUOTE) return place;
  }
  return bytes.length;
}

const isBetween = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === COMMA;

/** Whether brackets are nested deeper than `depthMax` anywhere in one JSON text. */
export function isTooDeep(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = textEnd(bytes, at);
    else if (byte === OPEN || byte === OPEN_LIST) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1;
  }
  return false;
}
