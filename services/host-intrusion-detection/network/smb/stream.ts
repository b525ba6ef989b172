/**
 * One direction of a TCP connection as the bytes that its receiver reads: in order, each once. What was delivered
 * first stays, as Linux and Windows have it for data that they already passed on.
 */

/** Beyond what is in order, held until what is missing comes. */
const HELD_BYTES_MAX = 65_536;
const SEGMENTS_MAX = 64;

export interface StreamSink {
  data(bytes: Uint8Array): void;
  /** So many bytes were never seen; what follows is what comes after them. */
  lost(count: number): void;
}

interface Segment {
  /** From the first byte of the stream that was seen. */
  readonly at: number;
  /** As far as it was captured. */
  readonly bytes: Uint8Array;
  readonly length: number;
}

export class Stream {
  readonly #sink: StreamSink;
  #next = 0;
  #base: number | undefined;
  #held: Segment[] = [];
  #heldBytes = 0;

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  /** @param sequence of the first byte after SYN; without it the first segment seen is the first */
  start(sequence: number): void {
    this.#base ??= sequence;
  }

  /** @param length as the headers say, of which `bytes` is what was captured */
  push(sequence: number, bytes: Uint8Array, length: number): void {
    if (length <= 0) return;
    this.#base ??= sequence;
    // Nearest to what is expected next, around the wrap of sequence numbers.
    const distance = (sequence - (this.#base + this.#next)) | 0;
    const at = this.#next + distance;
    if (at + length <= this.#next) return;
    this.#hold({ at, bytes, length });
    this.#deliver();
    while (this.#heldBytes > HELD_BYTES_MAX || this.#held.length > SEGMENTS_MAX) this.#skip();
  }

  /**
   * The receiver has everything before this: what of it was not seen here will not come any more.
   *
   * @param acknowledgement of a packet of the other direction
   */
  acknowledge(acknowledgement: number): void {
    if (this.#base === undefined || this.#held.length === 0) return;
    const upTo = this.#next + ((acknowledgement - (this.#base + this.#next)) | 0);
    for (let [first] = this.#held; first !== undefined && first.at <= upTo; [first] = this.#held)
      this.#skip();
  }

  #hold(segment: Segment): void {
    // Sent again, it is held once: twice the same would use up the room that what is missing needs to come.
    const { at, length } = segment;
    if (this.#held.some((each) => each.at <= at && each.at + each.bytes.length >= at + length)) return;
    const isNext = at <= this.#next && this.#held.length === 0;
    // The common case is passed on as it is; what is kept must not change under us.
    const kept = isNext ? segment : { ...segment, bytes: segment.bytes.slice() };
    let place = this.#held.length;
    while (place > 0 && (this.#held[place - 1]?.at ?? 0) > kept.at) place -= 1;
    this.#held.splice(place, 0, kept);
    this.#heldBytes += kept.length;
  }

  #deliver(): void {
    for (let [first] = this.#held; first !== undefined && first.at <= this.#next; [first] = this.#held) {
      this.#held.shift();
      this.#heldBytes -= first.length;
      const known = this.#next - first.at;
      const fresh = first.bytes.subarray(Math.min(known, first.bytes.length));
      const end = first.at + first.length;
      if (end <= this.#next) continue;
      if (fresh.length > 0) this.#sink.data(fresh);
      this.#next += fresh.length;
      if (this.#next < end) {
        this.#sink.lost(end - this.#next);
        this.#next = end;
      }
    }
  }

  /** Gives up on what is missing before the first segment held. */
  #skip(): void {
    const [first] = this.#held;
    if (first === undefined) return;
    this.#sink.lost(first.at - this.#next);
    this.#next = first.at;
    this.#deliver();
  }
}
