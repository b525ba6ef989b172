/**
 * Carries what lies in a source's spool along the road, batch after batch, for as long as the source lives.
 *
 * While a store is away it waits, longer each time, and the spool fills. A batch is cut once: its end is on disk
 * before it goes, and it is sent again as it was, so that nothing can be stored twice under another token.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DemarcError } from '@demarc/platform/errors';
import type { Receipt } from '@demarc/platform/link';
import type { Batch } from '../carry.ts';
import { type Carried, type Counts, NO_COUNTS, plusCarried, plusCounts } from './accounting.ts';
import { batchOfCut, type Cut, type CutBatch } from './batch.ts';
import type { Progress, ProgressNote } from './progress.ts';
import { type Normalise, recordCount } from './record.ts';
import type { Decoded } from './spool/block.ts';
import type { Position, Spool } from './spool/spool.ts';

const BATCH_RECORDS = 5_000;
const BATCH_BYTES = 4_194_304; // 4 MiB
/** A source that says little is carried this often: each batch costs the stores a sync, however small it is. */
const LINGER_MS = 500;
const BACKOFF_MS_MIN = 250;
const BACKOFF_MS_MAX = 15_000;

export interface PumpOptions {
  readonly sourceId: string;
  readonly spool: Spool;
  readonly note: ProgressNote;
  readonly normalise: Normalise;
  readonly lingerMs?: number;
  carry(batch: Batch): Promise<Receipt>;
  /** What the note is to say beside the pump's own. */
  beside(): Pick<Progress, 'refusals' | 'lastReceivedAtMs'>;
  log(line: string, error?: unknown): void;
}

export type PumpState = 'idle' | 'carrying' | 'store-away' | 'failed';

interface Ahead {
  readonly decoded: Decoded;
  readonly start: Position;
  readonly end: Position;
}

export class Pump {
  readonly #options: PumpOptions;
  readonly #stop = new AbortController();
  #ahead: Ahead[] = [];
  #readTo: Position | undefined;
  #done: Promise<void> | undefined;
  state: PumpState = 'idle';
  because = 'nothing waits';

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#readTo = options.note.value.at;
  }

  start(): void {
    this.#done ??= this.#run().catch((error: unknown) => {
      this.#say('failed', error instanceof Error ? error.message : String(error));
      this.#options.log(`intake: ${this.#options.sourceId} cannot go on`, error);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { note } = this.#options;
    let isRepeat = note.value.until !== undefined;
    while (!this.#stop.signal.aborted) {
      const taken = await this.#take(note.value.until);
      if (taken === undefined) continue;
      const { cut, counts } = taken;
      const batch = batchOfCut(this.#options.sourceId, cut, this.#options.normalise);
      if (batch.records > 0) {
        if (!isRepeat) this.#write({ until: cut.until });
        const carried = await this.#carry(batch, isRepeat);
        if (carried === undefined) return;
        this.#passed(cut, counts, carried, batch.records);
      } else this.#passed(cut, counts, undefined, 0);
      isRepeat = false;
    }
  }

  /** The next cut: up to `until` where an earlier process made it already. Undefined while there is nothing. */
  async #take(
    until: Position | undefined,
  ): Promise<{ readonly cut: Cut; readonly counts: Counts } | undefined> {
    const taken: Ahead[] = [];
    let records = 0;
    let bytes = 0;
    let lingered = false;
    for (;;) {
      const next = this.#ahead[0] ?? (await this.#readAhead());
      if (next === undefined) {
        if (taken.length > 0 && (lingered || until !== undefined)) break;
        const { grown } = this.#options.spool;
        if (await this.#readAhead()) continue;
        if (taken.length === 0) this.#say('idle', 'nothing waits');
        await this.#wait(taken.length === 0 ? grown : undefined);
        if (this.#stop.signal.aborted) return undefined;
        lingered = taken.length > 0;
        continue;
      }
      this.#ahead.shift();
      taken.push(next);
      const { decoded } = next;
      if (decoded.kind === 'records') {
        records += recordCount(decoded.block.bounds);
        bytes += decoded.block.bytes.length;
      }
      if (until === undefined ? records >= BATCH_RECORDS || bytes >= BATCH_BYTES : same(next.end, until))
        break;
    }
    return cutOf(taken);
  }

  async #readAhead(): Promise<Ahead | undefined> {
    const { blocks, next } = await this.#options.spool.read(this.#readTo);
    let start = blocks[0] === undefined ? next : undefined;
    for (const { block, end } of blocks) {
      start ??= {
        segment: end.segment,
        offset: sameSegment(this.#readTo, end) ? (this.#readTo?.offset ?? 0) : 0,
      };
      this.#ahead.push({ decoded: block, start, end });
      start = end;
    }
    this.#readTo = next;
    return this.#ahead[0];
  }

  /** Undefined when it was told to stop. */
  async #carry(batch: CutBatch, isRepeat: boolean): Promise<Carried | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        this.#say('carrying', 'carrying');
        const receipt = await this.#options.carry(batch);
        return outcomeOf(batch, receipt, isRepeat || attempt > 0);
      } catch (error) {
        const known = error instanceof DemarcError && error.retryable;
        this.#say(known ? 'store-away' : 'failed', error instanceof Error ? error.message : String(error));
        if (!known) this.#options.log(`intake: a batch of ${this.#options.sourceId} was not taken`, error);
        await this.#wait(undefined, Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attempt, 10)));
        if (this.#stop.signal.aborted) return undefined;
      }
    }
  }

  #passed(cut: Cut, counts: Counts, carried: Carried | undefined, records: number): void {
    const { note, spool } = this.#options;
    const { value } = note;
    const passed = {
      at: cut.until,
      until: undefined,
      counts: plusCounts(value.counts, counts),
      carried: carried === undefined ? value.carried : plusCarried(value.carried, carried),
    };
    this.#write(passed);
    spool.waiting -= records;
    spool.release(cut.until);
  }

  #write(change: Partial<Progress>): void {
    const { note, beside } = this.#options;
    note.write({ ...note.value, ...beside(), ...change });
  }

  async #wait(
    until: Promise<void> | undefined,
    milliseconds = this.#options.lingerMs ?? LINGER_MS,
  ): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    const stopped = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    const late = until ?? pause(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
    await Promise.race([late, stopped]);
  }

  #say(state: PumpState, because: string): void {
    this.state = state;
    this.because = because.slice(0, 300);
  }
}

function cutOf(taken: readonly Ahead[]): { readonly cut: Cut; readonly counts: Counts } | undefined {
  const [first, last] = [taken[0], taken.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  let counts = NO_COUNTS;
  const blocks: { block: Cut['blocks'][number]['block']; start: Position }[] = [];
  for (const { decoded, start } of taken) {
    if (decoded.kind === 'counts') counts = plusCounts(counts, decoded.counts);
    else blocks.push({ block: decoded.block, start });
  }
  return { cut: { blocks, from: first.start, until: last.end }, counts };
}

/**
 * The names of these records are this batch's alone: a duplicate of a batch that came again is what its first
 * attempt stored.
 */
function outcomeOf({ read, records }: CutBatch, receipt: Receipt, isRepeat: boolean): Carried {
  const quarantined: Record<string, number> = {};
  for (const { code } of receipt.rejected) quarantined[code] = (quarantined[code] ?? 0) + 1;
  const taken = records - receipt.rejected.length;
  const duplicates = isRepeat ? 0 : receipt.duplicateCount;
  return {
    parsed: read.parsed,
    unparsed: read.unparsed,
    stored: taken - duplicates,
    duplicates,
    quarantined,
  };
}

const same = (a: Position, b: Position): boolean => a.segment === b.segment && a.offset === b.offset;
const sameSegment = (a: Position | undefined, b: Position): boolean => a?.segment === b.segment;
