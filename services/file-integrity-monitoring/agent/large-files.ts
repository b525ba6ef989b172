/**
 * Digests of the larger files of a scan, two at a time (sha256-pair.ts says why): one file waits open until
 * another one is found, and both are read piece by piece until one ends; the other one waits again.
 */
import { readSync } from 'node:fs';
import { type Entry, entryOf, readEntry } from './entry.ts';
import { FileState } from './file-state.ts';
import { close } from './libc.ts';
import type { OpenFile } from './regular-file.ts';
import { CHUNK_BYTES, LANES, type Lane, makeSha256Pair } from './sha256-pair.ts';

interface Reading {
  readonly file: Omit<OpenFile, 'state'>;
  readonly size: number;
  /** So much of it is read. */
  at: number;
  isRead: boolean;
}

export class LargeFiles {
  readonly #pair = makeSha256Pair();
  readonly #readings: [Reading | undefined, Reading | undefined] = [undefined, undefined];
  readonly #before: readonly [FileState, FileState] = [new FileState(), new FileState()];
  readonly #after = new FileState();
  readonly #hashSizeBytesMax: number;
  readonly #onEntry: (entry: Entry | undefined) => void;

  /** @param onEntry gets each file that was taken, once; undefined for one that is gone */
  constructor(hashSizeBytesMax: number, onEntry: (entry: Entry | undefined) => void) {
    this.#hashSizeBytesMax = hashSizeBytesMax;
    this.#onEntry = onEntry;
  }

  /** Takes the open file over: it is closed once it is read. One at most is waiting afterwards. */
  take(file: OpenFile): void {
    const lane: Lane = this.#readings[0] === undefined ? 0 : 1;
    this.#before[lane].set(file.state);
    this.#readings[lane] = { file, size: file.state.size, at: 0, isRead: false };
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
    const { descriptor } = reading.file;
    const chunk = this.#pair.chunks[lane];
    // No further than the size that the file had: that something came after it is what its state tells.
    const wanted = Math.min(CHUNK_BYTES, reading.size - reading.at);
    let bytes = 0;
    try {
      while (bytes < wanted) {
        const length = readSync(descriptor, chunk, bytes, wanted - bytes, reading.at + bytes);
        if (length === 0) break;
        bytes += length;
      }
    } catch {
      this.#leave(lane, undefined);
      return;
    }
    reading.at += bytes;
    reading.isRead = bytes < wanted || reading.at === reading.size;
    this.#pair.filled(lane, bytes, reading.isRead);
  }

  #end(lane: Lane): void {
    const reading = this.#readings[lane];
    if (reading === undefined || !reading.isRead || !this.#pair.isTaken(lane)) return;
    const isStill =
      this.#after.read(reading.file.descriptor) &&
      this.#before[lane].isSame(this.#after) &&
      reading.at === reading.size;
    this.#leave(lane, isStill ? this.#pair.digest(lane) : undefined);
  }

  /** @param sha256 undefined when it did not hold still, or could not be read: then the long road has it */
  #leave(lane: Lane, sha256: string | undefined): void {
    const reading = this.#readings[lane];
    this.#readings[lane] = undefined;
    if (reading === undefined) return;
    const { path, descriptor, xattrs } = reading.file;
    close(descriptor);
    if (sha256 === undefined) {
      this.#onEntry(readEntry(path, this.#hashSizeBytesMax));
      return;
    }
    const entry = entryOf(path, 'file', this.#before[lane], xattrs);
    entry.sha256 = sha256;
    this.#onEntry(entry);
  }
}
