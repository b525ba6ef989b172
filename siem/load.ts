/**
 * What one batch becomes on its way to the store: its rows, already as bytes, and what is to be said of it.
 *
 * The events themselves are not kept. A batch is read, checked and turned into rows a few hundred events at
 * a time, so that what JSON.parse made dies young (a third of the whole cost otherwise), a server with many
 * senders holds rows and not objects, and whoever else waits for the event loop waits for milliseconds.
 */
import type { BaseMatch } from '@demarc/platform/sigma';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Rejected } from './accept.ts';
import type { BatchCounts } from './batches.ts';
import type { Batch } from './carry.ts';
import type { Carried } from './enrich.ts';
import { ROW_BYTES_HINT, writeRow } from './event-table.ts';
import { RowBinaryWriter } from './row-binary.ts';
import type { Siem } from './siem.ts';

/** An event that was accepted, as far as it is still of interest. */
export interface Loaded {
  readonly uid: string;
  readonly timeMs: number;
  readonly originalTimeMs: number | undefined;
}

export class Load {
  readonly receivedAtMs: number;
  readonly rejected: Rejected[] = [];
  duplicateCount = 0;
  /** By uid, of a batch whose uids may be there twice or be stored already; a batch that owns its uids has none. */
  readonly #events: Map<string, Loaded> | undefined;
  /** Uids of events that are stored already under another token. */
  #leftOut: ReadonlySet<string> = new Set();
  #acceptedCount = 0;
  #clampedCount = 0;
  #timeMaxMs = 0;
  /** Kept only where somebody watches. */
  readonly #live: Carried[] | undefined;
  /** Row by row: its uid, and where it ends. */
  readonly #uids: string[] = [];
  readonly #ends: number[] = [];
  /** By row, of findings alone: the event that it rests on. */
  readonly #origins = new Map<number, string>();
  readonly #writer: RowBinaryWriter;
  readonly #token: Buffer;
  readonly #retentionDays: number;
  #findingCount = 0;
  readonly #counted: BaseMatch[] = [];

  constructor(
    batch: Batch,
    options: { readonly receivedAtMs: number; readonly retentionDays: number; readonly isWatched: boolean },
  ) {
    this.receivedAtMs = options.receivedAtMs;
    this.#retentionDays = options.retentionDays;
    this.#events = batch.isSoleOwner === true ? undefined : new Map();
    this.#live = options.isWatched ? [] : undefined;
    this.#token = Buffer.from(batch.batchToken, 'latin1');
    this.#writer = new RowBinaryWriter(batch.bytesHint ?? ROW_BYTES_HINT);
  }

  /** False for an event that was in this batch before. */
  take(uid: string, timeMs: number, originalTimeMs: number | undefined): boolean {
    if (this.#events?.has(uid) === true) {
      this.duplicateCount += 1;
      return false;
    }
    this.#events?.set(uid, { uid, timeMs, originalTimeMs });
    this.#acceptedCount += 1;
    if (originalTimeMs !== undefined) this.#clampedCount += 1;
    else if (timeMs > this.#timeMaxMs) this.#timeMaxMs = timeMs;
    return true;
  }

  add(events: readonly Carried[], findings: readonly Carried[]): void {
    for (const carried of events) this.#write(carried);
    for (const carried of findings) this.#write(carried);
    this.#findingCount += findings.length;
  }

  #write(carried: Carried): void {
    writeRow(this.#writer, carried, this.#token, this.#retentionDays);
    if (carried.originUid !== undefined) this.#origins.set(this.#ends.length, carried.originUid);
    this.#uids.push(carried.event.metadata.uid);
    this.#ends.push(this.#writer.length);
    this.#live?.push(carried);
  }

  count(matches: readonly BaseMatch[]): void {
    for (const match of matches) this.#counted.push(match);
  }

  /** Matches that correlations look at, of the events that are not left out. */
  get counted(): readonly BaseMatch[] {
    return this.#counted.filter(({ eventUid }) => !this.#leftOut.has(eventUid));
  }

  /** Events whose uids may be stored already. */
  get doubtful(): readonly Loaded[] {
    return [...(this.#events?.values() ?? [])];
  }

  /** The latest time that will be stored; clamped events are found otherwise. */
  get timeMaxMs(): number {
    return this.#timeMaxMs;
  }

  get isEmpty(): boolean {
    return this.#acceptedCount === 0 && this.rejected.length === 0;
  }

  get counts(): BatchCounts {
    return {
      accepted: this.#acceptedCount,
      duplicates: this.duplicateCount,
      rejected: this.rejected.length,
      clamped: this.#clampedCount,
      findings: this.#findingCount,
    };
  }

  /** Takes out events that are stored under another token, with the findings that rest on them. */
  leaveOut(known: ReadonlySet<string>): void {
    for (const uid of known) {
      const event = this.#events?.get(uid);
      if (event === undefined) continue;
      this.duplicateCount += 1;
      this.#acceptedCount -= 1;
      if (event.originalTimeMs !== undefined) this.#clampedCount -= 1;
    }
    this.#leftOut = known;
    for (const originUid of this.#origins.values()) if (known.has(originUid)) this.#findingCount -= 1;
  }

  /** The bytes of the rows that are to be stored: all but those of events left out and those in `stored`. */
  rows(stored: ReadonlySet<string>): readonly Buffer[] {
    const { written } = this.#writer;
    if (written.length === 0) return [];
    if (this.#leftOut.size === 0 && stored.size === 0) return [written];
    const parts: Buffer[] = [];
    let from = 0;
    let end = 0;
    for (const [row, uid] of this.#uids.entries()) {
      const rowEnd = this.#ends[row] ?? end;
      if (this.#leftOut.has(this.#origins.get(row) ?? uid) || stored.has(uid)) {
        if (end > from) parts.push(written.subarray(from, end));
        from = rowEnd;
      }
      end = rowEnd;
    }
    if (end > from) parts.push(written.subarray(from, end));
    return parts;
  }

  /** What whoever watches is to see. */
  get live(): readonly Carried[] {
    return (this.#live ?? []).filter(
      ({ event, originUid }) => !this.#leftOut.has(originUid ?? event.metadata.uid),
    );
  }

  /** Only when the store has read the rows to their end. */
  release(): void {
    this.#writer.release();
  }
}

export async function newLoad(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  receivedAtMs: number,
): Promise<Load> {
  const retentionDays = await siem.retentionDays(tenant);
  return new Load(batch, { receivedAtMs, retentionDays, isWatched: siem.watchers.isWatched(tenant) });
}
