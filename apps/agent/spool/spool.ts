/**
 * What was seen and not yet acknowledged, on disk.
 *
 * Append-only segments; `append` resolves once the record is on disk. A batch is a range of one segment: its
 * cut is written down before it is sent, so the same bytes go out again after any crash until a receipt names
 * their digest. Bounded: the oldest segment goes first, and what is lost is counted.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fdatasync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  write,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DropRecord } from '@demarc/platform/contract';
import { syncDirectory } from '@demarc/platform/files';
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, RECORD_BYTES_MAX } from '@demarc/platform/link';
import { DurableNote } from '@demarc/platform/notes';
import { frame, readFrames } from './frame.ts';

const writeAsync = promisify(write);
const fdatasyncAsync = promisify(fdatasync);

export const SEGMENT_BYTES_MAX = 8_388_608; // 8 MiB
/** Batches kept that the server refused for good. */
const REFUSED_FILES_MAX = 8;
/** Held in memory while the disk is slow; past it, `append` makes its caller wait. */
const PENDING_BYTES_MAX = 16_777_216; // 16 MiB
const CURSOR_BYTES = 1_024;
/** A full disk is waited for: what is held meanwhile is bounded, and its makers wait behind that bound. */
const FULL_RETRY_MS = 1_000;

export interface SpoolOptions {
  readonly directory: string;
  readonly bytesMax: number;
  readonly segmentBytesMax?: number;
  dropped(record: DropRecord): void;
}

export interface SpoolBatch {
  /** SHA-256 (hex) of `lines`. */
  readonly token: string;
  /** Record lines, each with its newline. */
  readonly lines: Buffer;
  readonly recordCount: number;
}

interface Segment {
  readonly number: number;
  bytes: number;
  records: number;
}
interface Cut {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
  readonly token: string;
}
interface Cursor {
  readonly segment: number;
  readonly offset: number;
  readonly cut?: Cut;
}
interface Pending {
  readonly framed: Buffer;
  readonly records: number;
  resolve(): void;
  reject(error: unknown): void;
}

const NO_LIMIT = { records: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

export class Spool {
  readonly #options: SpoolOptions;
  readonly #segmentBytesMax: number;
  readonly #segments: Segment[] = [];
  readonly #cursorNote: DurableNote;
  #cursor: Cursor;
  #full = false;
  #closing = false;
  #descriptor: number;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #flushing: Promise<void> | undefined;
  #waiters: (() => void)[] = [];

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    this.#recover();
    const first = this.#segments[0]?.number ?? 1;
    this.#cursorNote = new DurableNote(join(options.directory, 'cursor'), CURSOR_BYTES, 0o600);
    const kept = this.#cursorNote.read() as Cursor | undefined;
    this.#cursor = kept !== undefined && kept.segment >= first ? kept : { segment: first, offset: 0 };
    this.#descriptor = this.#startSegment((this.#segments.at(-1)?.number ?? 0) + 1);
  }

  /** Resolves once every line is on disk. A line is one record's JSON, without a newline. */
  async append(lines: readonly string[]): Promise<void> {
    const frames: Buffer[] = [];
    for (const line of lines) {
      const payload = Buffer.from(line);
      if (payload.length > RECORD_BYTES_MAX) {
        this.#options.dropped({
          stage: 'spool',
          reason: `record longer than ${RECORD_BYTES_MAX} bytes`,
          count: 1,
          meant: true,
        });
      } else frames.push(frame(payload));
    }
    if (frames.length === 0) return;
    while (this.#pendingBytes > PENDING_BYTES_MAX)
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    const framed = Buffer.concat(frames);
    await new Promise<void>((resolve, reject) => {
      this.#pending.push({ framed, records: frames.length, resolve, reject });
      this.#pendingBytes += framed.length;
      this.#flushing ??= this.#flush();
    });
  }

  /** The batch to send next: the one that was cut before, or a new cut; undefined when there is nothing. */
  nextBatch(): SpoolBatch | undefined {
    for (;;) {
      const cut = this.#cursor.cut;
      const segment = this.#segments.find((candidate) => candidate.number === this.#cursor.segment);
      if (segment === undefined) {
        const next = this.#segments.find((candidate) => candidate.number > this.#cursor.segment);
        if (next === undefined) return undefined;
        this.#cursor = { segment: next.number, offset: 0 };
        continue;
      }
      const bytes = readFileSync(this.#file(segment.number)).subarray(0, segment.bytes);
      if (cut !== undefined && cut.segment === segment.number) {
        const batch = batchOf(readFrames(bytes.subarray(0, cut.to), cut.from, NO_LIMIT).payloads);
        if (batch.token === cut.token) return batch;
        // The bytes changed under us: what cannot be proved to be the same batch is cut anew.
      }
      const read = readFrames(bytes, this.#cursor.offset, {
        records: BATCH_RECORDS_MAX,
        bytes: BATCH_BYTES_MAX,
      });
      this.#countDamage(read.damaged);
      if (read.payloads.length > 0) {
        const batch = batchOf(read.payloads);
        const { segment: at, offset } = this.#cursor;
        this.#moveTo({
          segment: at,
          offset,
          cut: { segment: at, from: offset, to: read.end, token: batch.token },
        });
        return batch;
      }
      if (segment.number === this.#segments.at(-1)?.number) return undefined;
      this.#finish(segment);
    }
  }

  /** Frees what a receipt named. A token that is not the one in flight changes nothing. */
  acknowledge(token: string): boolean {
    const cut = this.#cursor.cut;
    if (cut === undefined || cut.token !== token) return false;
    this.#moveTo({ segment: cut.segment, offset: cut.to });
    const segment = this.#segments.find((candidate) => candidate.number === cut.segment);
    if (segment !== undefined && cut.to >= segment.bytes && segment !== this.#segments.at(-1))
      this.#finish(segment);
    return true;
  }

  /**
   * Takes a batch that the server will never take out of the way: what is behind it must not wait for ever. Its
   * records are kept in a file beside the spool, as long as there is room there, and counted as lost.
   */
  setAside(batch: SpoolBatch, reason: string): void {
    const directory = join(this.#options.directory, 'refused');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (readdirSync(directory).length < REFUSED_FILES_MAX)
      writeFileSync(join(directory, `${batch.token}.ndjson`), batch.lines, { mode: 0o600 });
    if (!this.acknowledge(batch.token)) return;
    this.#options.dropped({ stage: 'link', reason, count: batch.recordCount, meant: false });
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0) + this.#pendingBytes;
  }

  /** Not yet acknowledged, roughly: a segment is counted whole until it is done. */
  get records(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.records, 0);
  }

  /** The disk has no room; what was appended since is in memory only, and its callers wait. */
  get diskFull(): boolean {
    return this.#full;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#flushing;
    closeSync(this.#descriptor);
  }

  async #flush(): Promise<void> {
    // One turn of the loop gathers what arrives together into one write and one sync.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const group = this.#pending;
      const groupBytes = group.reduce((sum, pending) => sum + pending.framed.length, 0);
      this.#pending = [];
      try {
        await this.#write(group);
        this.#full = false;
        for (const pending of group) pending.resolve();
      } catch (error) {
        this.#full = isFull(error);
        if (this.#full && !this.#closing) {
          this.#pending = [...group, ...this.#pending];
          await new Promise((resolve) => setTimeout(resolve, FULL_RETRY_MS));
          continue;
        }
        for (const pending of group) pending.reject(error);
      }
      this.#pendingBytes -= groupBytes;
      for (const wake of this.#waiters.splice(0)) wake();
    }
    this.#flushing = undefined;
  }

  async #write(group: readonly Pending[]): Promise<void> {
    const bytes = Buffer.concat(group.map((pending) => pending.framed));
    let current = this.#segments.at(-1);
    if (
      current === undefined ||
      (current.bytes > 0 && current.bytes + bytes.length > this.#segmentBytesMax)
    ) {
      closeSync(this.#descriptor);
      this.#descriptor = this.#startSegment((current?.number ?? 0) + 1);
      current = this.#segments.at(-1) as Segment;
    }
    this.#evict(bytes.length);
    const start = current.bytes;
    try {
      for (let written = 0; written < bytes.length; ) {
        const result = await writeAsync(
          this.#descriptor,
          bytes,
          written,
          bytes.length - written,
          start + written,
        );
        written += result.bytesWritten;
      }
      await fdatasyncAsync(this.#descriptor);
    } catch (error) {
      // Half a write must not stand before the next one.
      truncateSync(this.#file(current.number), start);
      throw error;
    }
    current.bytes += bytes.length;
    current.records += group.reduce((sum, pending) => sum + pending.records, 0);
  }

  #evict(incoming: number): void {
    while (this.bytes + incoming > this.#options.bytesMax && this.#segments.length > 1) {
      const oldest = this.#segments[0] as Segment;
      const from = this.#cursor.segment === oldest.number ? this.#cursor.offset : 0;
      const unsent = readFrames(readFileSync(this.#file(oldest.number)), from, NO_LIMIT).payloads.length;
      if (unsent > 0)
        this.#options.dropped({
          stage: 'spool',
          reason: 'the spool is full; oldest first',
          count: unsent,
          meant: true,
        });
      this.#finish(oldest);
    }
  }

  #finish(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    const next = this.#segments[0]?.number ?? segment.number + 1;
    if (this.#cursor.segment <= segment.number) this.#moveTo({ segment: next, offset: 0 });
    rmSync(this.#file(segment.number), { force: true });
  }

  #startSegment(number: number): number {
    const descriptor = openSync(this.#file(number), 'a+', 0o600);
    closeSync(descriptor);
    syncDirectory(this.#options.directory);
    this.#segments.push({ number, bytes: 0, records: 0 });
    return openSync(this.#file(number), 'r+');
  }

  /** After any end: torn tails are cut off, damaged records are counted where they are read. */
  #recover(): void {
    const numbers = readdirSync(this.#options.directory)
      .flatMap((name) => (/^\d{10}\.seg$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .sort((a, b) => a - b);
    for (const number of numbers) {
      const file = this.#file(number);
      const size = statSync(file).size;
      const read = readFrames(readFileSync(file), 0, NO_LIMIT);
      if (read.end < size) {
        const last = number === numbers.at(-1);
        // In the newest segment this is a write that a crash cut short, never confirmed to anyone.
        this.#options.dropped({
          stage: 'spool',
          reason: last
            ? 'unfinished write at the end of the spool'
            : 'damaged segment; the rest of it is unreadable',
          count: 1,
          meant: false,
        });
        truncateSync(file, read.end);
      }
      if (read.end === 0) rmSync(file);
      else this.#segments.push({ number, bytes: read.end, records: read.payloads.length });
    }
  }

  #countDamage(count: number): void {
    if (count > 0)
      this.#options.dropped({ stage: 'spool', reason: 'checksum does not hold', count, meant: false });
  }

  #moveTo(cursor: Cursor): void {
    this.#cursor = cursor;
    this.#cursorNote.write(cursor);
  }

  #file(number: number): string {
    return join(this.#options.directory, `${String(number).padStart(10, '0')}.seg`);
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException).code));
}

function batchOf(payloads: readonly Buffer[]): SpoolBatch {
  const newline = Buffer.from('\n');
  const lines = Buffer.concat(payloads.flatMap((payload) => [payload, newline]));
  return { token: createHash('sha256').update(lines).digest('hex'), lines, recordCount: payloads.length };
}
