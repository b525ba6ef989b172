/**
 * Digests of the larger files of a scan, two at a time (sha256-pair.ts says why): one file waits open until
 * another one is found, and both are read piece by piece until one ends; the other one waits again.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { CHANGES, codeOf, type Entry, entryOf, type OpenFile, sameState, TRIES_MAX } from './entry.ts';
import { CHUNK_BYTES, LANES, type Lane, makeSha256Pair } from './sha256-pair.ts';
import { xattrsOf } from './xattrs.ts';

interface Reading {
  file: OpenFile;
  attempt: number;
  /** So much of it is read. */
  at: number;
  isRead: boolean;
}

export class LargeFiles {
  readonly #pair = makeSha256Pair();
  readonly #readings: [Reading | undefined, Reading | undefined] = [undefined, undefined];
  readonly #onEntry: (entry: Entry) => void;

  constructor(onEntry: (entry: Entry) => void) {
    this.#onEntry = onEntry;
  }

  /** Takes the open file over: it is closed once it is read. One at most is waiting afterwards. */
  take(file: OpenFile): void {
    const lane: Lane = this.#readings[0] === undefined ? 0 : 1;
    this.#readings[lane] = { file, attempt: 1, at: 0, isRead: false };
    this.#pair.begin(lane);
    while (this.#readings[0] !== undefined && this.#readings[1] !== undefined) this.#step();
  }

  /** Reads the one that waits, alone. */
  finish(): void {
    while (this.#readings[0] !== undefined || this.#readings[1] !== undefined) this.#step();
  }

  #step(): void {
    for (const lane of LANES) this.#fill(lane);
    this.#pair.run();
    for (const lane of LANES) this.#end(lane);
  }

  #fill(lane: Lane): void {
    const reading = this.#readings[lane];
    if (reading === undefined || reading.isRead || !this.#pair.isTaken(lane)) return;
    const { descriptor, stats } = reading.file;
    const chunk = this.#pair.chunks[lane];
    // No further than the size that the file had: that something came after it is what the next fstat shows.
    const wanted = Math.min(CHUNK_BYTES, stats.size - reading.at);
    let bytes = 0;
    try {
      while (bytes < wanted) {
        const length = readSync(descriptor, chunk, bytes, wanted - bytes, reading.at + bytes);
        if (length === 0) break;
        bytes += length;
      }
    } catch (error) {
      this.#leave(lane, { ...entryOf(reading.file), unread: codeOf(error) });
      return;
    }
    reading.at += bytes;
    reading.isRead = bytes < wanted || reading.at === stats.size;
    this.#pair.filled(lane, bytes, reading.isRead);
  }

  #end(lane: Lane): void {
    const reading = this.#readings[lane];
    if (reading === undefined || !reading.isRead || !this.#pair.isTaken(lane)) return;
    const { path, descriptor, stats: before } = reading.file;
    try {
      const stats = fstatSync(descriptor);
      if (sameState(before, stats)) {
        this.#leave(lane, { ...entryOf(reading.file), sha256: this.#pair.digest(lane) });
        return;
      }
      reading.file = { path, descriptor, stats, xattrs: xattrsOf(descriptor) };
    } catch (error) {
      this.#leave(lane, { ...entryOf(reading.file), unread: codeOf(error) });
      return;
    }
    if (reading.attempt === TRIES_MAX) {
      this.#leave(lane, { ...entryOf(reading.file), unread: CHANGES });
      return;
    }
    reading.attempt += 1;
    reading.at = 0;
    reading.isRead = false;
    this.#pair.begin(lane);
  }

  #leave(lane: Lane, entry: Entry): void {
    const reading = this.#readings[lane];
    this.#readings[lane] = undefined;
    if (reading !== undefined) closeSync(reading.file.descriptor);
    this.#onEntry(entry);
  }
}
