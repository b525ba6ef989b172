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

interface Row {
  readonly uid: string;
  /** Of the event it is, or that the finding it is rests on. */
  readonly eventUid: string;
  readonly end: number;
}

export class Load {
  readonly receivedAtMs: number;
  readonly rejected: Rejected[] = [];
  /** By uid; what is stored already under another token is taken out again. */
  readonly events = new Map<string, Loaded>();
  duplicateCount = 0;
  /** Kept only where somebody watches. */
  readonly #live: Carried[] | undefined;
  readonly #rows: Row[] = [];
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
    this.#live = options.isWatched ? [] : undefined;
    this.#token = Buffer.from(batch.batchToken, 'latin1');
    this.#writer = new RowBinaryWriter(batch.bytesHint ?? ROW_BYTES_HINT);
  }

  add(events: readonly Carried[], findings: readonly Carried[]): void {
    for (const carried of [...events, ...findings]) {
      writeRow(this.#writer, carried, this.#token, this.#retentionDays);
      const { uid } = carried.event.metadata;
      this.#rows.push({ uid, eventUid: carried.originUid ?? uid, end: this.#writer.length });
      this.#live?.push(carried);
    }
    this.#findingCount += findings.length;
  }

  count(matches: readonly BaseMatch[]): void {
    for (const match of matches) this.#counted.push(match);
  }

  /** Matches that correlations look at, of the events that are not left out. */
  get counted(): readonly BaseMatch[] {
    return this.#counted.filter(({ eventUid }) => this.events.has(eventUid));
  }

  /** The latest time that will be stored; clamped events are found otherwise. */
  get timeMaxMs(): number {
    let latest = 0;
    for (const { timeMs, originalTimeMs } of this.events.values())
      if (originalTimeMs === undefined && timeMs > latest) latest = timeMs;
    return latest;
  }

  get isEmpty(): boolean {
    return this.events.size === 0 && this.rejected.length === 0;
  }

  get counts(): BatchCounts {
    let clamped = 0;
    for (const { originalTimeMs } of this.events.values()) if (originalTimeMs !== undefined) clamped += 1;
    return {
      accepted: this.events.size,
      duplicates: this.duplicateCount,
      rejected: this.rejected.length,
      clamped,
      findings: this.#findingCount,
    };
  }

  /** Takes out events that are stored under another token, with the findings that rest on them. */
  leaveOut(known: ReadonlySet<string>): void {
    if (known.size === 0) return;
    for (const uid of known) if (this.events.delete(uid)) this.duplicateCount += 1;
    this.#findingCount = this.#rows.filter(
      ({ uid, eventUid }) => uid !== eventUid && this.events.has(eventUid),
    ).length;
  }

  /** The bytes of the rows that are to be stored: all but those of events left out and those in `stored`. */
  rows(stored: ReadonlySet<string>): readonly Buffer[] {
    const { written } = this.#writer;
    const parts: Buffer[] = [];
    let from = 0;
    let end = 0;
    for (const row of this.#rows) {
      if (!this.events.has(row.eventUid) || stored.has(row.uid)) {
        if (end > from) parts.push(written.subarray(from, end));
        from = row.end;
      }
      ({ end } = row);
    }
    if (end > from) parts.push(written.subarray(from, end));
    return parts;
  }

  /** What whoever watches is to see. */
  get live(): readonly Carried[] {
    return (this.#live ?? []).filter(({ event, originUid }) =>
      this.events.has(originUid ?? event.metadata.uid),
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
