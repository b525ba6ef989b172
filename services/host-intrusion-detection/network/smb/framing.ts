/** From a stream to messages: SMB in its four bytes of length (RFC 1002, MS-SMB2 2.1), and DCE-RPC as it is. */
import { u16 } from './bytes.ts';
import type { StreamSink } from './stream.ts';

export type Framing = 'smb' | 'dcerpc';

/** Of each message; headers, names and tokens are in front, what follows is file contents. */
const HEAD_BYTES_MAX = 32_768;
/** Segments whose start is looked at before a connection is known to be of neither kind. */
const TRIES_MAX = 4;
const SMB_HEADER_BYTES = 4;
const RPC_HEADER_BYTES = 16;
const RECOGNISED_BYTES_MIN = 8;
const NOTHING = new Uint8Array(0);

export interface FramedMessage {
  /** As far as it is kept. */
  readonly bytes: Uint8Array;
  /** As it says itself. */
  readonly length: number;
}

/** Whether a segment starts a message, and of what. */
export function recognise(bytes: Uint8Array): Framing | undefined {
  if (bytes.length < RECOGNISED_BYTES_MIN) return undefined;
  const [type = 0, , , , mark = 0, s, m, b] = bytes;
  // A message of SMB 1, 2, encrypted or compressed; on port 139 a session request may come first.
  if (type === 0 && mark >= 0xfc && s === 0x53 && m === 0x4d && b === 0x42) return 'smb';
  if (type === 0x81 && bytes[1] === 0 && bytes[4] === 0x20 && bytes.length >= 72) return 'smb';
  return isRpcHeader(bytes, 0) ? 'dcerpc' : undefined;
}

/** Version 5, a kind that exists, and the data representation that every known implementation has. */
export function isRpcHeader(bytes: Uint8Array, at: number): boolean {
  return (
    at + RPC_HEADER_BYTES <= bytes.length &&
    bytes[at] === 5 &&
    (bytes[at + 1] ?? 9) <= 1 &&
    (bytes[at + 2] ?? 99) <= 20 &&
    bytes[at + 4] === 0x10 &&
    bytes[at + 5] === 0 &&
    u16(bytes, at + 8) >= RPC_HEADER_BYTES
  );
}

export class Framer implements StreamSink {
  readonly #onMessage: (message: FramedMessage) => void;
  #framing: Framing | undefined;
  #tries = 0;
  #head: Uint8Array = NOTHING;
  /** Of the message that is being read, its header included; 0 before that is known. */
  #length = 0;
  /** Bytes of it that came, or were lost. */
  #seen = 0;
  /** Something of it is missing: it is not read. */
  #isTorn = false;

  constructor(onMessage: (message: FramedMessage) => void) {
    this.#onMessage = onMessage;
  }

  get framing(): Framing | undefined {
    return this.#framing;
  }

  /** The other direction knows already. */
  set framing(framing: Framing) {
    this.#framing ??= framing;
  }

  get isHopeless(): boolean {
    return this.#framing === undefined && this.#tries >= TRIES_MAX;
  }

  data(bytes: Uint8Array): void {
    if (this.#framing === undefined) {
      this.#tries += 1;
      // The four bytes of length may come by themselves.
      const start = this.#head.length === 0 ? bytes : joined(this.#head, bytes);
      this.#head = NOTHING;
      this.#framing = recognise(start);
      if (this.#framing === undefined) {
        if (start.length < RECOGNISED_BYTES_MIN) this.#head = start.slice();
        return;
      }
      this.#read(start);
      return;
    }
    this.#read(bytes);
  }

  lost(count: number): void {
    if (this.#framing === undefined) return;
    // Within a message whose length is known, the next one is where it is expected.
    if (this.#length > 0 && this.#seen + count <= this.#length) {
      this.#isTorn = true;
      this.#seen += count;
      if (this.#seen === this.#length) this.#next();
      return;
    }
    this.#next();
    this.#framing = undefined;
    this.#tries = 0;
  }

  #read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#framing !== undefined; ) at = this.#take(bytes, at);
  }

  /** @returns where it goes on */
  #take(bytes: Uint8Array, from: number): number {
    const headerBytes = this.#framing === 'smb' ? SMB_HEADER_BYTES : RPC_HEADER_BYTES;
    const wanted = this.#length === 0 ? headerBytes : this.#length;
    const to = Math.min(bytes.length, from + wanted - this.#seen);
    const room = Math.max(0, HEAD_BYTES_MAX - this.#head.length);
    const piece = bytes.subarray(from, Math.min(to, from + room));
    this.#head = this.#head.length === 0 ? piece : joined(this.#head, piece);
    this.#seen += to - from;
    if (this.#seen < wanted) {
      // It is a view of a packet, which will be written over.
      if (this.#head === piece) this.#head = piece.slice();
      return to;
    }
    if (this.#length > 0) this.#emit();
    else this.#readLength();
    return to;
  }

  #readLength(): void {
    const [, high = 0, middle = 0, low = 0] = this.#head;
    if (this.#framing === 'smb') this.#length = SMB_HEADER_BYTES + ((high << 16) | (middle << 8) | low);
    else if (isRpcHeader(this.#head, 0)) this.#length = u16(this.#head, 8);
    else {
      // Not where a message starts: look for one at the start of the next segments.
      this.#next();
      this.#framing = undefined;
      this.#tries = 0;
      return;
    }
    if (this.#seen >= this.#length) this.#emit();
  }

  #emit(): void {
    const header = this.#framing === 'smb' ? SMB_HEADER_BYTES : 0;
    if (!this.#isTorn && this.#head.length > header)
      this.#onMessage({ bytes: this.#head.subarray(header), length: this.#length - header });
    this.#next();
  }

  #next(): void {
    this.#head = NOTHING;
    this.#length = 0;
    this.#seen = 0;
    this.#isTorn = false;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
