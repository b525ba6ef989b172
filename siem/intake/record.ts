/** What a listener hands to the spool, and the spool to whoever normalises. */
import type { RecordFormat } from '@demarc/platform/contract/intake';
import type { NormaliseContext, Normalised } from '../normalise/normaliser.ts';

/** One record as a parser gets it. */
export interface IntakeRecord {
  readonly format: RecordFormat;
  /** Without its framing. What was not UTF-8 has replacement characters. */
  readonly text: string;
  /** What the protocol said beside it: index, path of the file, host, content type. */
  readonly about: Readonly<Record<string, string>>;
}

/** Never throws, and always gives an event: what nobody understands is a base event that keeps the record. */
export type Normalise = (record: IntakeRecord, context: NormaliseContext) => Normalised;

/**
 * Records that came together: the bytes as they came, and where in them the records are. Framing copies nothing
 * and makes no object for a line; both cost more than the rest of the road up to the spool.
 */
export interface Block {
  readonly format: RecordFormat;
  readonly receivedAtMs: number;
  /** Address of the sender. */
  readonly peer: string;
  readonly about: Readonly<Record<string, string>>;
  /** Start and end of each record in `bytes`, one after the other. */
  readonly bounds: Uint32Array;
  readonly bytes: Uint8Array;
}

export const recordCount = (bounds: Uint32Array): number => bounds.length >>> 1;

/** Of one record. What is longer is refused where the protocol can say so, and dropped where it cannot. */
export const RECORD_BYTES_MAX = 131_072; // 128 KiB, as much as a text of an event may be

/** A list of bounds that grows; far cheaper than an array of pairs. */
export class BoundsList {
  #bounds = new Uint32Array(512);
  #length = 0;

  add(start: number, end: number): void {
    if (this.#length + 2 > this.#bounds.length) {
      const larger = new Uint32Array(this.#bounds.length * 2);
      larger.set(this.#bounds);
      this.#bounds = larger;
    }
    this.#bounds[this.#length] = start;
    this.#bounds[this.#length + 1] = end;
    this.#length += 2;
  }

  get count(): number {
    return this.#length >>> 1;
  }

  /** What was added so far; the list is empty after. */
  take(): Uint32Array {
    const taken = this.#bounds.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
