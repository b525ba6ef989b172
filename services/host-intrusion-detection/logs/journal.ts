/**
 * The journal of systemd, in its export format, as lines that decoders read.
 *
 * `NAME=value` and a line break; a value with a line break in it, or that is no text, stands behind its length
 * in 8 bytes. An empty line ends an entry. @see https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */
import { spawn } from 'node:child_process';
import { hidsErrors } from '../errors.ts';

/** Of one value; what is longer is cut, as lines of files are. */
const VALUE_BYTES_MAX = 65_536;
const NAME_BYTES_MAX = 64;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const LENGTH_BYTES = 8;
const WANTED = new Set([
  'MESSAGE',
  'SYSLOG_IDENTIFIER',
  'SYSLOG_PID',
  '_COMM',
  '_PID',
  '_HOSTNAME',
  '_SYSTEMD_UNIT',
  '__REALTIME_TIMESTAMP',
  '__CURSOR',
]);

export interface JournalEntry {
  /** Where to go on behind it. */
  readonly cursor: string;
  readonly unit: string | undefined;
  /** With a header as syslog would write it; several where the message has several. */
  readonly lines: readonly string[];
}

/** Pieces of a stream become entries. Bounded: at most one value of the largest size waits for its end. */
export class JournalExport {
  /** Bytes of values longer than is looked at. */
  cutBytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  #fields = new Map<string, string>();
  /** Of a long value, what is still to come and is passed over. */
  #skip = 0;

  push(bytes: Buffer, onEntry: (entry: JournalEntry) => void): void {
    let all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, all.length);
      this.#skip -= skipped;
      all = all.subarray(skipped);
    }
    let at = 0;
    for (let next = this.#take(all, at, onEntry); next !== at; next = this.#take(all, at, onEntry)) at = next;
    // A copy: who hands the bytes over may write into them again.
    this.#rest = Buffer.from(all.subarray(at));
    if (this.#rest.length > VALUE_BYTES_MAX + NAME_BYTES_MAX + LENGTH_BYTES + 2) this.#cutRest();
  }

  /** @returns behind what was taken, or `at` when more must come first */
  #take(all: Buffer, at: number, onEntry: (entry: JournalEntry) => void): number {
    const end = all.indexOf(NEWLINE, at);
    if (end === -1) return at;
    if (end === at) {
      this.#end(onEntry);
      return end + 1;
    }
    const equals = all.indexOf(EQUALS, at);
    if (equals !== -1 && equals < end) {
      this.#set(all.toString('latin1', at, equals), all.subarray(equals + 1, end));
      return end + 1;
    }
    if (end + 1 + LENGTH_BYTES > all.length) return at;
    const length = Number(all.readBigUInt64LE(end + 1));
    const from = end + 1 + LENGTH_BYTES;
    if (from + length < all.length) {
      this.#set(all.toString('latin1', at, end), all.subarray(from, from + length));
      return from + length + 1;
    }
    if (length <= VALUE_BYTES_MAX || all.length - from < VALUE_BYTES_MAX) return at;
    this.#set(all.toString('latin1', at, end), all.subarray(from, from + VALUE_BYTES_MAX));
    this.cutBytes += length - VALUE_BYTES_MAX;
    this.#skip = from + length + 1 - all.length;
    return all.length;
  }

  /** A text without an end: its beginning is kept as the value, the rest up to the line break goes. */
  #cutRest(): void {
    const equals = this.#rest.indexOf(EQUALS);
    const kept = this.#rest.subarray(0, (equals === -1 ? 0 : equals + 1) + VALUE_BYTES_MAX);
    this.cutBytes += this.#rest.length - kept.length;
    this.#rest = Buffer.from(kept);
  }

  #set(name: string, value: Buffer): void {
    if (!WANTED.has(name) || this.#fields.has(name)) return;
    if (value.length > VALUE_BYTES_MAX) this.cutBytes += value.length - VALUE_BYTES_MAX;
    this.#fields.set(name, value.toString('utf8', 0, Math.min(value.length, VALUE_BYTES_MAX)));
  }

  #end(onEntry: (entry: JournalEntry) => void): void {
    const fields = this.#fields;
    this.#fields = new Map();
    const message = fields.get('MESSAGE');
    const microseconds = Number(fields.get('__REALTIME_TIMESTAMP'));
    if (message === undefined || !Number.isFinite(microseconds)) return;
    const program = fields.get('SYSLOG_IDENTIFIER') ?? fields.get('_COMM') ?? 'unknown';
    const pid = fields.get('SYSLOG_PID') ?? fields.get('_PID');
    const time = new Date(microseconds / 1_000).toISOString();
    const header = `${time} ${fields.get('_HOSTNAME') ?? 'localhost'} ${program}${pid === undefined ? '' : `[${pid}]`}: `;
    onEntry({
      cursor: fields.get('__CURSOR') ?? '',
      unit: fields.get('_SYSTEMD_UNIT'),
      lines: message
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => header + line),
    });
  }
}

export interface JournalSource {
  /** Of files (`--file`), or none for the journal of the host. */
  readonly files: readonly string[];
  /** Behind this entry; undefined is from the first one. */
  readonly afterCursor: string | undefined;
  readonly isFollowed: boolean;
  readonly signal: AbortSignal;
  onEntry(entry: JournalEntry): void;
  /** Asked after each piece of at most 64 KiB; until it is so, journalctl waits with the rest. */
  mayGoOn?(): Promise<void>;
}

/** @returns the bytes that were cut, when the journal ends or the signal says so */
export async function readJournal({
  files,
  afterCursor,
  isFollowed,
  signal,
  onEntry,
  mayGoOn,
}: JournalSource): Promise<number> {
  const args = [
    '--output=export',
    '--no-pager',
    '--quiet',
    '--all',
    '--lines=all',
    ...files.map((file) => `--file=${file}`),
  ];
  if (isFollowed) args.push('--follow');
  if (afterCursor !== undefined) args.push(`--after-cursor=${afterCursor}`);
  const child = spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const reader = new JournalExport();
  try {
    for await (const bytes of child.stdout as AsyncIterable<Buffer>) {
      reader.push(bytes, onEntry);
      await mayGoOn?.();
    }
    const code = await exited;
    if (code !== 0 && !signal.aborted)
      throw hidsErrors.make('HIDS_JOURNAL_UNREADABLE', { because: `journalctl ended with ${code}` });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw hidsErrors.make(
        'HIDS_JOURNAL_UNREADABLE',
        { because: 'there is no journalctl' },
        { cause: error },
      );
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  return reader.cutBytes;
}
