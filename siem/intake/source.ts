/** One source at work: its spool, its rate, its pump, and what became of its records. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type {
  SourceAccounting,
  SourceLimits,
  SourceRefusal,
  SourceSettings,
} from '@demarc/platform/contract/intake';
import { DemarcError } from '@demarc/platform/errors';
import type { Receipt } from '@demarc/platform/link';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Batch } from '../carry.ts';
import { NO_COUNTS, plusCounts, total } from './accounting.ts';
import { intakeErrors } from './errors.ts';
import { type Progress, ProgressNote } from './progress.ts';
import { Pump } from './pump.ts';
import { TokenBucket } from './rate.ts';
import { type Block, type Normalise, recordCount } from './record.ts';
import { Spool } from './spool/spool.ts';

const REFUSALS_KEPT = 50;
/** Kept over restarts: the note they are in has a fixed size. */
const REFUSALS_NOTED = 20;
const SAMPLE_CHARACTERS = 256;
/** One line for what happens again and again in the same second. */
const REFUSALS_MERGE_MS = 1_000;

export interface SourceDefinition {
  readonly tenant: TenantScope;
  readonly sourceId: string;
  readonly name: string;
  readonly settings: SourceSettings;
  readonly limits: SourceLimits;
  readonly enabled: boolean;
  /** SHA-256 (hex) of the token of an HTTP source. */
  readonly tokenHash: string | undefined;
  /** What a webhook's bodies are signed with. */
  readonly signingSecret: string | undefined;
  /** SHA-256 (hex) of the certificate of a TLS source. */
  readonly fingerprint: string | undefined;
}

export interface SourceBounds {
  readonly spoolBytesMax: number;
  readonly freeBytesMin: number;
  readonly lingerMs?: number;
}

export interface SourceDeps extends SourceBounds {
  readonly directory: string;
  readonly normalise: Normalise;
  carry(tenant: TenantScope, batch: Batch): Promise<Receipt>;
  now(): number;
  monotonic(): number;
  log(line: string, error?: unknown): void;
}

/** Why a record was not taken; `outcome` says whether its sender could be told. */
export interface NotTaken {
  readonly outcome: 'refused' | 'dropped';
  readonly reason: string;
  readonly count: number;
  readonly peer: string;
  readonly sample: Uint8Array | string;
}

export class RunningSource implements AsyncDisposable {
  readonly rate: TokenBucket;
  readonly spool: Spool;
  readonly #note: ProgressNote;
  readonly #pump: Pump;
  readonly #deps: SourceDeps;
  readonly #countedBefore;
  #refusals: SourceRefusal[];
  #lastReceivedAtMs: number | undefined;
  definition: SourceDefinition;
  /** Open connections of stream protocols. */
  connections = 0;

  /** @throws what the file system says when the spool cannot be opened */
  constructor(definition: SourceDefinition, deps: SourceDeps) {
    this.definition = definition;
    this.#deps = deps;
    this.rate = new TokenBucket(definition.limits, deps.monotonic);
    const directory = directoryOf(deps.directory, definition);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#note = new ProgressNote(join(directory, 'progress'));
    this.spool = new Spool({
      directory,
      from: this.#note.value.at,
      bytesMax: deps.spoolBytesMax,
      freeBytesMin: deps.freeBytesMin,
      now: deps.now,
    });
    this.#countedBefore = this.#note.value.counts;
    this.#refusals = [...this.#note.value.refusals];
    this.#lastReceivedAtMs = this.#note.value.lastReceivedAtMs;
    this.#pump = new Pump({
      sourceId: definition.sourceId,
      spool: this.spool,
      note: this.#note,
      normalise: deps.normalise,
      ...(deps.lingerMs === undefined ? {} : { lingerMs: deps.lingerMs }),
      carry: (batch) => deps.carry(definition.tenant, batch),
      beside: () => this.#beside(),
      log: deps.log,
    });
    this.#pump.start();
  }

  /**
   * Takes what a sender waits to hear about.
   *
   * @returns once it is on disk
   * @throws INTAKE_SOURCE_DISABLED, INTAKE_RATE_EXCEEDED, INTAKE_SPOOL_FULL, INTAKE_DISK_FULL; then nothing of
   *   it was taken, and that is counted
   */
  async take(blocks: readonly Block[]): Promise<void> {
    const records = blocks.reduce((sum, { bounds }) => sum + recordCount(bounds), 0);
    if (records === 0) return;
    try {
      if (!this.definition.enabled) throw intakeErrors.make('INTAKE_SOURCE_DISABLED', {});
      const bytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
      if (!this.rate.take(records, bytes))
        throw intakeErrors.make('INTAKE_RATE_EXCEEDED', { seconds: Math.ceil(this.rate.waitMs / 1_000) });
      await this.append(blocks);
    } catch (error) {
      this.notTaken({ outcome: 'refused', reason: reasonOf(error), count: records, ...firstOf(blocks) });
      // What the sender hears is on disk first, where there is room for it.
      await this.spool.counts();
      throw error;
    }
  }

  /** Without a look at the rate: for listeners that hold their sender back by themselves. */
  append(blocks: readonly Block[], mark?: string): Promise<void> {
    this.#lastReceivedAtMs = blocks.at(-1)?.receivedAtMs ?? this.#lastReceivedAtMs;
    return this.spool.append(blocks, mark);
  }

  notTaken({ outcome, reason, count, peer, sample }: NotTaken): void {
    this.spool.count({ ...NO_COUNTS, [outcome]: { [reason]: count } });
    const nowMs = this.#deps.now();
    const newest = this.#refusals[0];
    const isSame = newest?.reason === reason && newest.outcome === outcome;
    if (newest !== undefined && isSame && nowMs - Date.parse(newest.at) < REFUSALS_MERGE_MS) {
      this.#refusals[0] = { ...newest, count: newest.count + count };
      return;
    }
    this.#refusals = [
      {
        at: new Date(nowMs).toISOString(),
        outcome,
        reason,
        count,
        peer: peer === '' ? null : peer,
        sample: Buffer.from(sample.slice(0, SAMPLE_CHARACTERS)).toString('utf8').slice(0, SAMPLE_CHARACTERS),
      },
      ...this.#refusals.slice(0, REFUSALS_KEPT - 1),
    ];
  }

  change(definition: SourceDefinition): void {
    this.definition = definition;
    this.rate.change(definition.limits);
  }

  get refusals(): readonly SourceRefusal[] {
    return this.#refusals;
  }

  get lastReceivedAtMs(): number | undefined {
    return this.#lastReceivedAtMs;
  }

  get state(): { readonly state: Pump['state'] | 'disabled'; readonly because: string } {
    if (!this.definition.enabled && this.spool.waiting === 0)
      return { state: 'disabled', because: 'nothing is taken from it until it is enabled' };
    return { state: this.#pump.state, because: this.#pump.because };
  }

  get accounting(): SourceAccounting {
    const counts = plusCounts(this.#countedBefore, this.spool.counted);
    const { carried } = this.#note.value;
    const { waiting } = this.spool;
    const { parsed, unparsed } = carried;
    return {
      received: total(counts.refused) + total(counts.dropped) + waiting + parsed + unparsed,
      ...counts,
      waiting,
      ...carried,
      waitingBytes: this.spool.bytes,
      spoolBytesMax: this.#deps.spoolBytesMax,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pump[Symbol.asyncDispose]();
    await this.spool[Symbol.asyncDispose]();
    this.#note.write({ ...this.#note.value, ...this.#beside() });
  }

  #beside(): Pick<Progress, 'refusals' | 'lastReceivedAtMs'> {
    return { refusals: this.#refusals.slice(0, REFUSALS_NOTED), lastReceivedAtMs: this.#lastReceivedAtMs };
  }

  /** With all that waits. Only after it was disposed of. */
  remove(): void {
    rmSync(directoryOf(this.#deps.directory, this.definition), { recursive: true, force: true });
  }
}

function directoryOf(root: string, { tenant, sourceId }: SourceDefinition): string {
  return join(root, tenant.tenantId, sourceId);
}

/** `INTAKE_RATE_EXCEEDED` is counted as `rate-exceeded`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof DemarcError)) return 'internal';
  return error.code
    .replace(/^INTAKE_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

function firstOf(blocks: readonly Block[]): { readonly peer: string; readonly sample: Uint8Array } {
  const [first] = blocks;
  if (first === undefined) return { peer: '', sample: new Uint8Array(0) };
  return { peer: first.peer, sample: first.bytes.subarray(first.bounds[0] ?? 0, first.bounds[1] ?? 0) };
}
