/**
 * What was received and is not in the store yet: append-only segments on disk, one spool a source.
 *
 * `append` resolves when its blocks are on disk (fdatasync), so that whoever waits for it may tell the sender.
 * While one write is on its way all others gather, and go together in the next: the busier it is, the fewer
 * syncs a record costs. A write that fails leaves nothing behind: the segment is cut to where it was good.
 */
import { close, fdatasync, ftruncateSync, mkdirSync, openSync, rmSync, statfsSync, writev } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { syncDirectory } from '@demarc/platform/files';
import { type Counts, NO_COUNTS, plusCounts, total } from '../accounting.ts';
import { intakeErrors } from '../errors.ts';
import { type Block, recordCount } from '../record.ts';
import { encodeCounts, encodeRecords } from './block.ts';
import { type BlocksRead, SegmentReaders } from './readers.ts';
import { newSegmentName, type Segment, survey } from './segments.ts';
import { split } from './split.ts';

const syncData = promisify(fdatasync);
const closeFile = promisify(close);
const writeParts = promisify(writev);

export const SEGMENT_BYTES = 33_554_432; // 32 MiB
/** What is only counted is written down this soon, when nothing else is. */
const COUNTS_EVERY_MS = 200;
const FREE_LOOK_EVERY_MS = 500;
const MEBIBYTE = 1_048_576;

export interface Position {
  readonly segment: string;
  readonly offset: number;
}

export interface SpoolOptions {
  readonly directory: string;
  /** Up to where an earlier process carried it. */
  readonly from: Position | undefined;
  readonly bytesMax: number;
  /** Left free on the file system for the stores, which need room to take anything over. */
  readonly freeBytesMin: number;
  now(): number;
}

interface Waiting {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly records: number;
  readonly done: PromiseWithResolvers<void>;
}

export class Spool {
  readonly #options: SpoolOptions;
  readonly #segments: Segment[];
  readonly #readers: SegmentReaders;
  #fd: number | undefined;
  #pending: Waiting[] = [];
  #pendingBytes = 0;
  /** Counted, and not yet in a segment. */
  #uncounted: Counts = NO_COUNTS;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #grown = Promise.withResolvers<void>();
  #free = { bytes: 0, atMs: 0 };
  #closed = false;
  #carriedTo: Position | undefined;
  /** The live segment was carried to its end, and is large: the next write begins another one. */
  #rollSoon = false;
  /** Records on disk that were not carried. */
  waiting: number;
  /** All that was counted since `from`, on disk or not. */
  counted: Counts;
  /** Of the blocks that an earlier process wrote and did not carry, in their order. */
  readonly marks: readonly string[];

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#readers = new SegmentReaders(options.directory);
    this.#carriedTo = options.from;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    const found = survey(options.directory, options.from);
    for (const name of found.before) rmSync(join(options.directory, name), { force: true });
    this.#segments = found.segments;
    this.waiting = found.records;
    this.counted = found.counts;
    this.marks = found.marks;
  }

  /** That wait. What was carried of a segment is on disk until its segment is deleted, and is not counted here. */
  get bytes(): number {
    const { segment, offset } = this.#carriedTo ?? { segment: '', offset: 0 };
    let bytes = this.#pendingBytes;
    for (const { name, end } of this.#segments) bytes += name === segment ? end - offset : end;
    return bytes;
  }

  /** Not yet on disk: what makes a listener that has no other way stop reading. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /**
   * @returns once they are on disk
   * @throws INTAKE_SPOOL_FULL, INTAKE_DISK_FULL; then nothing of them was taken
   */
  append(blocks: readonly Block[], mark?: string): Promise<void> {
    // With a mark it is one block: what it says must not be true of a part.
    const whole = mark === undefined ? blocks.flatMap(split) : blocks;
    const parts = whole.flatMap((block) => encodeRecords(block, mark));
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    if (bytes === 0) return Promise.resolve();
    const refusal = this.#refusal(bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    const records = whole.reduce((sum, { bounds }) => sum + recordCount(bounds), 0);
    const done = Promise.withResolvers<void>();
    this.#pending.push({ parts, bytes, records, done });
    this.#pendingBytes += bytes;
    this.#flush();
    return done.promise;
  }

  /** Adds to what was refused or dropped; on disk with the next write, or soon. */
  count(counts: Counts): void {
    this.counted = plusCounts(this.counted, counts);
    this.#uncounted = plusCounts(this.#uncounted, counts);
    if (this.#flushing === undefined && !this.#closed)
      this.#timer ??= setTimeout(() => this.#flush(), COUNTS_EVERY_MS).unref();
  }

  /** Resolves when what was counted is on disk, or cannot be brought there now. */
  async counts(): Promise<void> {
    if (total(this.#uncounted.refused) + total(this.#uncounted.dropped) > 0) this.#flush();
    await this.#flushing;
  }

  /** Blocks from `from` on, at most some megabytes; none when there is nothing yet. */
  async read(from: Position | undefined): Promise<BlocksRead> {
    let at = from;
    for (;;) {
      const index = at === undefined ? 0 : this.#segments.findIndex(({ name }) => name === at?.segment);
      const segment = this.#segments[index];
      if (segment === undefined) return { blocks: [], next: at };
      const offset = at?.offset ?? 0;
      if (offset < segment.end) return this.#readers.blocks(segment, offset);
      const following = this.#segments[index + 1];
      if (following === undefined) return { blocks: [], next: { segment: segment.name, offset } };
      at = { segment: following.name, offset: 0 };
    }
  }

  /** Resolves when more is on disk than there was. */
  get grown(): Promise<void> {
    return this.#grown.promise;
  }

  /** Everything before it was carried, and that is written down: its room is given back. */
  release(position: Position): void {
    this.#carriedTo = position;
    while (this.#segments.length > 0 && (this.#segments[0]?.name ?? '') < position.segment) {
      const [gone] = this.#segments.splice(0, 1);
      if (gone !== undefined) this.#forget(gone);
    }
    const only = this.#segments[0];
    // A live segment that is done with is not kept until it is full: the room may be needed.
    if (
      this.#segments.length === 1 &&
      only !== undefined &&
      position.offset >= only.end &&
      only.end > MEBIBYTE
    )
      this.#rollSoon = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#flush();
    await this.#flushing;
    if (this.#fd !== undefined) await closeFile(this.#fd);
    await this.#readers[Symbol.asyncDispose]();
    this.#fd = undefined;
  }

  #refusal(bytes: number): Error | undefined {
    const { bytesMax, freeBytesMin, directory, now } = this.#options;
    if (this.bytes + bytes > bytesMax) return intakeErrors.make('INTAKE_SPOOL_FULL', { bytesMax });
    const nowMs = now();
    if (Math.abs(nowMs - this.#free.atMs) > FREE_LOOK_EVERY_MS) {
      const { bavail, bsize } = statfsSync(directory);
      this.#free = { bytes: bavail * bsize, atMs: nowMs };
    }
    this.#free.bytes -= bytes;
    if (this.#free.bytes >= freeBytesMin) return undefined;
    const because = `less than ${freeBytesMin} bytes are free, which the stores need`;
    return intakeErrors.make('INTAKE_DISK_FULL', { because });
  }

  #flush(): void {
    this.#flushing ??= this.#flushAll();
  }

  /** In the same moment in which there was nothing left: whoever comes next must find that nobody writes. */
  #flushed(): void {
    this.#flushing = undefined;
  }

  async #flushAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // A moment for others that are about to say something.
    await Promise.resolve();
    for (;;) {
      const writing = this.#pending;
      const counts = this.#uncounted;
      const countParts =
        total(counts.refused) + total(counts.dropped) > 0 ? encodeCounts(counts, this.#options.now()) : [];
      if (writing.length === 0 && countParts.length === 0) return this.#flushed();
      this.#pending = [];
      this.#uncounted = NO_COUNTS;
      const bytes = writing.reduce((sum, item) => sum + item.bytes, 0);
      try {
        await this.#write([...writing.flatMap(({ parts }) => parts), ...countParts]);
        this.waiting += writing.reduce((sum, { records }) => sum + records, 0);
        this.#pendingBytes -= bytes;
        for (const { done } of writing) done.resolve();
        this.#grown.resolve();
        this.#grown = Promise.withResolvers();
      } catch (error) {
        this.#pendingBytes -= bytes;
        this.#uncounted = plusCounts(counts, this.#uncounted);
        const because = error instanceof Error ? error.message : String(error);
        const refusal = intakeErrors.make('INTAKE_DISK_FULL', { because }, { cause: error });
        for (const { done } of writing) done.reject(refusal);
        // What is counted waits for the next write that succeeds.
        if (this.#pending.length === 0) return this.#flushed();
      }
    }
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    const segment = await this.#segmentFor(bytes);
    const fd = this.#fd ?? -1;
    try {
      let written = await writeAt(fd, parts, segment.end);
      if (written < bytes) {
        const rest = Buffer.concat(parts).subarray(written);
        while (written < bytes)
          written += await writeAt(
            fd,
            [rest.subarray(rest.length - (bytes - written))],
            segment.end + written,
          );
      }
      await syncData(fd);
    } catch (error) {
      ftruncateSync(fd, segment.end);
      throw error;
    }
    segment.end += bytes;
  }

  async #segmentFor(bytes: number): Promise<Segment> {
    const last = this.#segments.at(-1);
    const segmentBytes = Math.min(SEGMENT_BYTES, this.#options.bytesMax / 4);
    const fits = last !== undefined && (last.end === 0 || last.end + bytes <= segmentBytes);
    if (this.#fd !== undefined && fits && !this.#rollSoon) return last;
    const number = (last?.number ?? 0) + 1;
    const name = newSegmentName(number);
    const fd = openSync(join(this.#options.directory, name), 'wx', 0o600);
    syncDirectory(this.#options.directory);
    if (this.#fd !== undefined) await closeFile(this.#fd);
    this.#fd = fd;
    this.#rollSoon = false;
    const segment: Segment = { name, number, end: 0 };
    this.#segments.push(segment);
    return segment;
  }

  #forget({ name }: Segment): void {
    this.#readers.forget(name);
    rmSync(join(this.#options.directory, name), { force: true });
  }
}

async function writeAt(fd: number, parts: readonly Uint8Array[], position: number): Promise<number> {
  const { bytesWritten } = await writeParts(fd, parts, position);
  return bytesWritten;
}
