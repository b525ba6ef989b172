/** What a parser is: a record of a source in, an OCSF event out. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';

export interface NormaliseContext {
  /** Of this record and of no other; the same when the record is read again after a crash. */
  readonly uid: string;
  /** Milliseconds since the epoch; a record's own clock is checked against it, never trusted. */
  readonly receivedAtMs: number;
  /** Where the record came from, when it does not say so itself. */
  readonly peer: string | undefined;
}

export interface Normalised {
  readonly event: OcsfEvent;
  /** Which parser understood it; `undefined` is a base event that keeps the record as `raw_data`. */
  readonly parser: string | undefined;
}

/** @returns undefined when the record is not of this parser's kind */
export type Parser<R> = (record: R, context: NormaliseContext) => Normalised | undefined;
