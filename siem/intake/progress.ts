/**
 * Up to where a source's spool was carried, what became of it, and which batch is on its way: one durable note.
 *
 * The cut of a batch is written down before it is carried, so that after a crash the same records are carried
 * again under the same token; the road then knows what it has of it.
 */
import type { SourceRefusal } from '@demarc/platform/contract/intake';
import { DurableNote } from '@demarc/platform/notes';
import { type Carried, type Counts, NO_COUNTS, NONE_CARRIED } from './accounting.ts';
import type { Position } from './spool/spool.ts';

/** Taken at once, so that it can be written when the disk is full. */
const NOTE_BYTES = 32_768;

export interface Progress {
  readonly at: Position | undefined;
  /** The end of the batch that is on its way, and how many records of what kind it has. */
  readonly until: Position | undefined;
  /** Refused and dropped, as far as `at`. */
  readonly counts: Counts;
  readonly carried: Carried;
  readonly refusals: readonly SourceRefusal[];
  readonly lastReceivedAtMs: number | undefined;
}

const NOTHING: Progress = {
  at: undefined,
  until: undefined,
  counts: NO_COUNTS,
  carried: NONE_CARRIED,
  refusals: [],
  lastReceivedAtMs: undefined,
};

export class ProgressNote {
  readonly #note: DurableNote;
  value: Progress;

  /** @throws what the file system says when there is no room for the note */
  constructor(path: string) {
    this.#note = new DurableNote(path, NOTE_BYTES, 0o600);
    this.value = { ...NOTHING, ...(this.#note.read() as Partial<Progress> | undefined) };
  }

  write(value: Progress): void {
    this.#note.write(value);
    this.value = value;
  }
}
