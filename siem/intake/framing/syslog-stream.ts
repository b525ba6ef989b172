/**
 * Syslog messages in a stream of bytes, counted in octets or ended by a line feed, told apart message by message.
 *
 * A count is digits and a space before the `<` that every message begins with (RFC 6587, 3.4.1; RFC 5425, 4.3);
 * everything else is a line (RFC 6587, 3.4.2), whose ending may be CR LF or NUL LF. However the bytes are cut
 * into chunks, the messages are the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6587
 */
import { BoundsList, RECORD_BYTES_MAX } from '../record.ts';

const LF = 0x0a;
const CR = 0x0d;
const NUL = 0x00;
const SPACE = 0x20;
const LESS_THAN = 0x3c;
const ZERO = 0x30;
const NINE = 0x39;
/** Of a message a gigabyte long; more digits are a line that begins with a number. */
const COUNT_DIGITS_MAX = 9;

export interface Framed {
  readonly bytes: Buffer;
  readonly bounds: Uint32Array;
}

export interface Lost {
  readonly reason: 'too-large' | 'cut-off';
  readonly sample: Uint8Array;
}

/** What the next bytes belong to. */
type Expecting =
  | { readonly kind: 'message' }
  /** More bytes, before it can be said what it is or where it ends. */
  | { readonly kind: 'line' }
  | { readonly kind: 'octets'; readonly end: number }
  | { readonly kind: 'skip-line' }
  | { readonly kind: 'skip-octets'; readonly left: number };

export class SyslogFramer {
  readonly #bytesMax: number;
  readonly #onLost: (lost: Lost) => void;
  readonly #bounds = new BoundsList();
  /** Of a message that has not ended. */
  #parts: Buffer[] = [];
  #partsLength = 0;
  #expecting: Expecting = { kind: 'message' };

  constructor(onLost: (lost: Lost) => void, bytesMax: number = RECORD_BYTES_MAX) {
    this.#onLost = onLost;
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are held because their message has not ended. */
  get heldBytes(): number {
    return this.#partsLength;
  }

  /** The messages that end in these bytes; undefined where none does. */
  push(chunk: Buffer): Framed | undefined {
    if (this.#isStillOpen(chunk)) {
      this.#keep(chunk);
      return undefined;
    }
    const bytes = this.#partsLength === 0 ? chunk : Buffer.concat([...this.#parts, chunk]);
    this.#parts = [];
    this.#partsLength = 0;
    let at = this.#skipped(bytes);
    while (at < bytes.length) {
      const next = this.#message(bytes, at);
      if (next === undefined) {
        this.#keep(bytes.subarray(at));
        break;
      }
      at = next;
    }
    return this.#bounds.count === 0 ? undefined : { bytes, bounds: this.#bounds.take() };
  }

  /** The stream ended: a line without its ending is a message, a count that is not filled is none. */
  end(): Framed | undefined {
    const expecting = this.#expecting;
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partsLength = 0;
    this.#expecting = { kind: 'message' };
    if (expecting.kind === 'octets') this.#onLost({ reason: 'cut-off', sample: bytes });
    else if (bytes.length > this.#bytesMax) this.#onLost({ reason: 'too-large', sample: bytes });
    else if (expecting.kind === 'line' || expecting.kind === 'message') this.#line(bytes, 0, bytes.length);
    return this.#bounds.count === 0 ? undefined : { bytes, bounds: this.#bounds.take() };
  }

  /** Whether these bytes end nothing: they need not be copied together with those before. */
  #isStillOpen(chunk: Buffer): boolean {
    const expecting = this.#expecting;
    const length = this.#partsLength + chunk.length;
    if (expecting.kind === 'octets') return length < expecting.end;
    return expecting.kind === 'line' && length <= this.#bytesMax && !chunk.includes(LF);
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // A copy: what is held for long must not hold the whole chunk it came in.
    this.#parts.push(Buffer.from(bytes));
    this.#partsLength += bytes.length;
  }

  /** Where the first message begins, behind what is left of one that was too large. */
  #skipped(bytes: Buffer): number {
    const expecting = this.#expecting;
    if (expecting.kind === 'skip-octets') {
      const skip = Math.min(expecting.left, bytes.length);
      const left = expecting.left - skip;
      this.#expecting = left === 0 ? { kind: 'message' } : { kind: 'skip-octets', left };
      return skip;
    }
    if (expecting.kind !== 'skip-line') return 0;
    const end = bytes.indexOf(LF);
    if (end === -1) return bytes.length;
    this.#expecting = { kind: 'message' };
    return end + 1;
  }

  /** Where the message at `at` ends; undefined when more bytes are needed. */
  #message(bytes: Buffer, at: number): number | undefined {
    const count = countAt(bytes, at);
    if (count === 'short') {
      this.#expecting = { kind: 'message' };
      return undefined;
    }
    if (count !== undefined) return this.#octets(bytes, at, count);
    const end = bytes.indexOf(LF, at);
    if (end === -1) {
      this.#expecting = { kind: 'line' };
      if (bytes.length - at <= this.#bytesMax) return undefined;
      this.#onLost({ reason: 'too-large', sample: bytes.subarray(at) });
      this.#expecting = { kind: 'skip-line' };
      return bytes.length;
    }
    this.#expecting = { kind: 'message' };
    if (end - at > this.#bytesMax) this.#onLost({ reason: 'too-large', sample: bytes.subarray(at) });
    else this.#line(bytes, at, end);
    return end + 1;
  }

  #octets(bytes: Buffer, at: number, count: { start: number; length: number }): number | undefined {
    const { start, length } = count;
    const end = start + length;
    if (length > this.#bytesMax) {
      this.#onLost({ reason: 'too-large', sample: bytes.subarray(start) });
      const left = end - bytes.length;
      this.#expecting = left <= 0 ? { kind: 'message' } : { kind: 'skip-octets', left };
      return Math.min(end, bytes.length);
    }
    if (end > bytes.length) {
      this.#expecting = { kind: 'octets', end: end - at };
      return undefined;
    }
    this.#expecting = { kind: 'message' };
    this.#line(bytes, start, end);
    return end;
  }

  /** Without what senders put at the end; what is empty is no message. */
  #line(bytes: Buffer, start: number, end: number): void {
    let last = end;
    while (last > start && isEnding(bytes[last - 1])) last -= 1;
    if (last > start) this.#bounds.add(start, last);
  }
}

const isEnding = (byte: number | undefined): boolean => byte === LF || byte === CR || byte === NUL;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

/** The octet count that begins at `at`: where its message begins, and its length. Undefined when there is none. */
function countAt(bytes: Buffer, at: number): { start: number; length: number } | 'short' | undefined {
  // Nearly every byte that is looked at here is the `<` of a line.
  if (!isDigit(bytes[at]) || bytes[at] === ZERO) return undefined;
  let length = 0;
  let place = at;
  while (place - at < COUNT_DIGITS_MAX && isDigit(bytes[place])) {
    length = length * 10 + (bytes[place] ?? 0) - ZERO;
    place += 1;
  }
  if (place >= bytes.length) return 'short';
  if (bytes[place] !== SPACE) return undefined;
  if (place + 1 >= bytes.length) return 'short';
  return bytes[place + 1] === LESS_THAN ? { start: place + 1, length } : undefined;
}
