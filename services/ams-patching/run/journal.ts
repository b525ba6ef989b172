/**
 * What a job has done so far, on disk before it is done and after.
 *
 * One line of JSON for each record, synced before anything else happens. What a crash leaves is read by the next start:
 * a line without an end was never acted upon and does not count.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '@demarc/platform/files';
import * as z from 'zod';
import type { PatchJob } from './job.ts';
import { PatchResult } from './result.ts';
import { runErrors } from './run-errors.ts';

/** Kept configuration files that one job names. */
export const KEPT_MAX = 1_000;
const Keys = z.array(z.string()).max(500);
const Judged = z.strictObject({
  key: z.string(),
  outcome: z.enum(['done', 'failed', 'rolled-back', 'again', 'not-tried']),
  because: z.string(),
});
export type Judged = z.infer<typeof Judged>;

const At = { atMs: z.int() };
export const JournalRecord = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('job'),
    digest: z.string(),
    bootId: z.string(),
    /** Of the snapshot from before the job. */
    snapshotId: z.string().optional(),
    ...At,
  }),
  /** These are about to be given to the manager: whatever happens from here on may have changed them. */
  z.strictObject({ kind: z.literal('set-begun'), packages: Keys, ...At }),
  /** These were tried and never given to the manager: it would have done something else. */
  z.strictObject({ kind: z.literal('set-refused'), packages: Keys, ...At }),
  z.strictObject({
    kind: z.literal('set-ended'),
    judged: z.array(Judged).max(500),
    kept: z.array(z.string()).max(KEPT_MAX),
    /** The end of what the manager said. */
    said: z.string().max(16_384).optional(),
    ...At,
  }),
  /** These are about to go back. */
  z.strictObject({ kind: z.literal('back-begun'), packages: Keys, ...At }),
  z.strictObject({ kind: z.literal('back-ended'), judged: z.array(Judged).max(500), ...At }),
  /** What went back is kept from coming again, by the manager's own means; `note` says why it could not be. */
  z.strictObject({ kind: z.literal('forbidden'), packages: Keys, note: z.string().optional(), ...At }),
  z.strictObject({ kind: z.literal('settling'), because: z.string(), ...At }),
  z.strictObject({ kind: z.literal('settled'), because: z.string(), ...At }),
  z.strictObject({ kind: z.literal('restarting'), unit: z.string(), ...At }),
  z.strictObject({ kind: z.literal('restarted'), unit: z.string(), because: z.string(), ...At }),
  z.strictObject({ kind: z.literal('ended'), bootId: z.string(), result: PatchResult, ...At }),
]);
export type JournalRecord = z.infer<typeof JournalRecord>;
type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;

/** A job of 500 packages with two attempts each stays below 4 MiB. */
const BYTES_MAX = 67_108_864;

export class Journal implements Disposable {
  readonly file: string;
  readonly #records: JournalRecord[];
  readonly #fd: number;
  /** Bytes of whole lines. */
  #length: number;
  readonly #now: () => number;

  private constructor(file: string, { records, length }: Contents, fd: number, now: () => number) {
    this.file = file;
    this.#records = records;
    this.#length = length;
    this.#fd = fd;
    this.#now = now;
  }

  /** @throws PATCH_JOB_CHANGED, PATCH_JOURNAL_DAMAGED */
  static open(
    directory: string,
    name: string,
    job: PatchJob,
    start: { readonly bootId: string; readonly snapshotId?: string | undefined },
    now: () => number,
  ): Journal {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, `${name}.jsonl`);
    const isNew = !existsSync(file);
    const fd = openSync(file, 'a+', 0o600);
    try {
      const found = read(file);
      // The rest of a line that was being written when the power went would stand before the next one.
      ftruncateSync(fd, found.length);
      if (isNew) syncDirectory(directory);
      const journal = new Journal(file, found, fd, now);
      if (found.records.length === 0)
        journal.add({
          kind: 'job',
          digest: digestOf(job),
          bootId: start.bootId,
          ...(start.snapshotId === undefined ? {} : { snapshotId: start.snapshotId }),
        });
      else sameJob(file, found, job);
      return journal;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  get snapshotId(): string | undefined {
    return snapshotOf(this.#records);
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  /** On disk, all of it, when it returns. @throws PATCH_JOURNAL_NOT_WRITTEN: then nothing of it is there */
  add(record: WithoutTime<JournalRecord>): void {
    const whole: JournalRecord = { ...record, atMs: this.#now() };
    const line = Buffer.from(`${JSON.stringify(whole)}\n`);
    try {
      // A single write(2) may take less than it is given; this one goes on until all is written.
      writeFileSync(this.#fd, line);
      fsyncSync(this.#fd);
    } catch (error) {
      // The next record would stand behind half of this one.
      ftruncateSync(this.#fd, this.#length);
      const because = error instanceof Error ? error.message : String(error);
      throw runErrors.make('PATCH_JOURNAL_NOT_WRITTEN', { file: this.file, because }, { cause: error });
    }
    this.#length += line.length;
    this.#records.push(whole);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/**
 * @returns undefined where nothing was begun: also where a crash came before the first record was whole
 * @throws PATCH_JOB_CHANGED where it was begun as another document; PATCH_JOURNAL_DAMAGED
 */
export function recordsOf(
  directory: string,
  name: string,
  job: PatchJob,
): readonly JournalRecord[] | undefined {
  const file = join(directory, `${name}.jsonl`);
  if (!existsSync(file)) return undefined;
  const contents = read(file);
  if (contents.records.length === 0) return undefined;
  sameJob(file, contents, job);
  return contents.records;
}

/** Of the snapshot from before the job; a newer one has the job in it. */
export function snapshotOf([first]: readonly JournalRecord[]): string | undefined {
  return first?.kind === 'job' ? first.snapshotId : undefined;
}

function sameJob(file: string, { records: [first] }: Contents, job: PatchJob): void {
  if (first?.kind !== 'job') throw damaged(file, 'it does not begin with a job');
  if (first.digest !== digestOf(job)) throw runErrors.make('PATCH_JOB_CHANGED', { id: job.id });
}

interface Contents {
  readonly records: JournalRecord[];
  readonly length: number;
}

function read(file: string): Contents {
  const bytes = readFileSync(file);
  if (bytes.length > BYTES_MAX) throw damaged(file, `it is larger than ${BYTES_MAX} bytes`);
  const length = bytes.lastIndexOf('\n') + 1;
  const lines = bytes.subarray(0, length).toString('utf8').split('\n').slice(0, -1);
  const records = lines.map((line, index) => {
    try {
      return JournalRecord.parse(JSON.parse(line));
    } catch (error) {
      throw damaged(file, `line ${index + 1} is no record`, error);
    }
  });
  return { records, length };
}

const damaged = (file: string, because: string, cause?: unknown): Error =>
  runErrors.make('PATCH_JOURNAL_DAMAGED', { file, because }, { cause });

function digestOf(job: PatchJob): string {
  return createHash('sha256').update(JSON.stringify(job)).digest('hex');
}
