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
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { PatchJob } from './job.ts';
import { PatchResult } from './result.ts';
import { runErrors } from './run-errors.ts';

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
  /** These are about to be given to the manager. */
  z.strictObject({ kind: z.literal('set-begun'), packages: Keys, ...At }),
  z.strictObject({
    kind: z.literal('set-ended'),
    judged: z.array(Judged).max(500),
    kept: z.array(z.string()).max(1_000),
    /** The end of what the manager said. */
    said: z.string().max(16_384).optional(),
    ...At,
  }),
  /** These are about to go back. */
  z.strictObject({ kind: z.literal('back-begun'), packages: Keys, ...At }),
  z.strictObject({ kind: z.literal('back-ended'), judged: z.array(Judged).max(500), ...At }),
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
  readonly #now: () => number;

  private constructor(file: string, records: JournalRecord[], fd: number, now: () => number) {
    this.file = file;
    this.#records = records;
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
      const { records, length } = read(file);
      // The rest of a line that was being written when the power went would stand before the next one.
      ftruncateSync(fd, length);
      if (isNew) syncDirectory(directory);
      const journal = new Journal(file, records, fd, now);
      const digest = digestOf(job);
      const [first] = records;
      if (first === undefined)
        journal.add({
          kind: 'job',
          digest,
          bootId: start.bootId,
          ...(start.snapshotId === undefined ? {} : { snapshotId: start.snapshotId }),
        });
      else if (first.kind !== 'job') throw damaged(file, 'it does not begin with a job');
      else if (first.digest !== digest) throw runErrors.make('PATCH_JOB_CHANGED', { id: job.id });
      return journal;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  get snapshotId(): string | undefined {
    const [first] = this.#records;
    return first?.kind === 'job' ? first.snapshotId : undefined;
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  /** On disk when it returns. */
  add(record: WithoutTime<JournalRecord>): void {
    const whole: JournalRecord = { ...record, atMs: this.#now() };
    writeSync(this.#fd, `${JSON.stringify(whole)}\n`);
    fsyncSync(this.#fd);
    this.#records.push(whole);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** @returns undefined where nothing was begun @throws PATCH_JOURNAL_DAMAGED */
export function recordsOf(directory: string, name: string): readonly JournalRecord[] | undefined {
  const file = join(directory, `${name}.jsonl`);
  return existsSync(file) ? read(file).records : undefined;
}

function read(file: string): { readonly records: JournalRecord[]; readonly length: number } {
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

export function digestOf(job: PatchJob): string {
  return createHash('sha256').update(JSON.stringify(job)).digest('hex');
}

/** Whole or not at all, also after a power cut. */
export function writeWhole(file: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true });
  const fd = openSync(`${file}.new`, 'w', mode);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${file}.new`, file);
  syncDirectory(dirname(file));
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
