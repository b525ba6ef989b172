/**
 * Follows logs as they grow, are rotated, truncated and compressed, and after a time away goes on where it was.
 *
 * Nothing is read twice and nothing is left out, but for what a truncation took away before it was read; that
 * is counted. Polled: inotify says nothing of what happened while nobody listened, and a poll must see it anyway.
 */
import { closeSync, fstatSync, globSync, openSync, readSync, statSync } from 'node:fs';
import { LineBuffer } from './line-buffer.ts';
import {
  beginningOf,
  contentsOf,
  FINGERPRINT_BYTES_MAX,
  type Fingerprint,
  fingerprintOfFile,
  isSame,
  type Rotated,
  rotatedOf,
} from './rotated.ts';

/** Where reading goes on; saved by whoever keeps it, and handed back. */
export interface Position {
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  /** Behind the last whole line. */
  readonly offset: number;
  readonly fingerprint: Fingerprint;
}

export interface FollowOptions {
  /** Paths, or patterns of them. */
  readonly logs: readonly string[];
  readonly positions: readonly Position[];
  /** Of logs that are there when following begins for the first time. Those that come later are read whole. */
  readonly begin: 'start' | 'end';
  onLine(line: string, path: string): void;
}

export interface Counted {
  /** Of lines longer than is looked at. */
  cutBytes: number;
  truncations: number;
  /** Times that what was written before a truncation or a rotation was found nowhere; how much it was nobody knows. */
  gaps: number;
  rotations: number;
  /** More logs than are followed. */
  ignoredFiles: number;
  /** Logs, or rotated ones, that could not be read. */
  unreadable: number;
}

const FILES_MAX = 1_024;
const READ_BYTES = 262_144;

interface Log {
  fd: number;
  dev: number;
  ino: number;
  offset: number;
  fingerprint: Fingerprint;
  lines: LineBuffer;
}

export class Follower implements Disposable {
  readonly counted: Counted = {
    cutBytes: 0,
    truncations: 0,
    gaps: 0,
    rotations: 0,
    ignoredFiles: 0,
    unreadable: 0,
  };
  readonly #options: FollowOptions;
  readonly #logs = new Map<string, Log>();
  readonly #saved: Map<string, Position>;
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES);
  #isFirst = true;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#saved = new Map(options.positions.map((position) => [position.path, position]));
  }

  /**
   * Reads what there is to read, of all logs. Comes back after each piece, so that what was told of it can be put away
   * before there is more; a day's logs at once are too much. Where reading goes on (`positions`) is known at its end.
   */
  *look(): Generator<void, void, void> {
    const paths = [...new Set(this.#options.logs.flatMap((pattern) => globSync(pattern)))].sort();
    this.counted.ignoredFiles = Math.max(0, paths.length - FILES_MAX);
    for (const path of paths.slice(0, FILES_MAX)) {
      try {
        yield* this.#follow(path);
      } catch {
        // Gone between the look and the read, or not ours to read; looked at again the next time.
        this.counted.unreadable += 1;
      }
    }
    // A log that has gone is read to its end: its program may write on.
    for (const [path, log] of this.#logs) if (!paths.includes(path)) yield* this.#drain(path, log);
    this.#isFirst = false;
  }

  positions(): readonly Position[] {
    return [...this.#logs].map(([path, { dev, ino, offset, fingerprint, lines }]) => ({
      path,
      dev,
      ino,
      offset: offset - lines.pending,
      fingerprint,
    }));
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#logs.values()) closeSync(fd);
    this.#logs.clear();
  }

  *#follow(path: string): Generator<void, void, void> {
    let log = this.#logs.get(path) ?? (yield* this.#begin(path));
    const { dev, ino, size } = statSync(path);
    if (dev !== log.dev || ino !== log.ino) log = yield* this.#rotated(path, log);
    else if (size < log.offset || (size > 0 && !this.#isStill(log))) yield* this.#truncated(path, log);
    yield* this.#drain(path, log);
  }

  /** First seen: where it was left, at its end, or at its start. */
  *#begin(path: string): Generator<void, Log, void> {
    const saved = this.#saved.get(path);
    this.#saved.delete(path);
    const log = this.#open(path, 0);
    this.#logs.set(path, log);
    if (saved === undefined) {
      if (this.#isFirst && this.#options.begin === 'end') log.offset = fstatSync(log.fd).size;
      return log;
    }
    const { size } = fstatSync(log.fd);
    const isHere = log.dev === saved.dev && log.ino === saved.ino && size >= saved.offset;
    const beginning = Buffer.alloc(saved.fingerprint.bytes);
    readSync(log.fd, beginning, 0, beginning.length, 0);
    if (isHere && (saved.offset === 0 || isSame(saved.fingerprint, beginning))) log.offset = saved.offset;
    else yield* this.#missed(path, saved, log.ino);
    return log;
  }

  /** Under the name is another file: the old one is read to its end first. */
  *#rotated(path: string, old: Log): Generator<void, Log, void> {
    this.counted.rotations += 1;
    yield* this.#drain(path, old);
    old.lines.end((line) => this.#options.onLine(line, path));
    closeSync(old.fd);
    const log = this.#open(path, 0);
    this.#logs.set(path, log);
    // It may have been rotated more than once since the last look.
    yield* this.#missed(path, { ...old, path }, log.ino);
    return log;
  }

  /** The same file begins anew. What was copied before (copytruncate) is read from the copy. */
  *#truncated(path: string, log: Log): Generator<void, void, void> {
    this.counted.truncations += 1;
    const position = {
      path,
      dev: log.dev,
      ino: log.ino,
      offset: log.offset - log.lines.pending,
      fingerprint: log.fingerprint,
    };
    log.lines = new LineBuffer();
    log.offset = 0;
    log.fingerprint = fingerprintOfFile(log.fd);
    yield* this.#missed(path, position, log.ino);
  }

  /** What was written into files that have another name by now: the rest of the one, and all of those after it. */
  *#missed(
    path: string,
    { ino, offset, fingerprint }: Position,
    currentIno: number,
  ): Generator<void, void, void> {
    const rotated = rotatedOf(path).filter((other) => other.ino !== currentIno);
    const at = rotated.findIndex((other) => this.#isIt(other, ino, offset, fingerprint));
    if (at === -1) {
      if (offset > 0) this.counted.gaps += 1;
      return;
    }
    // All of them now: under their names may be others by the time it is their turn.
    const opened = rotated.slice(at).map((other) => ({ ...other, fd: this.#tryOpen(other.path) }));
    try {
      for (const [index, { fd, isCompressed }] of opened.entries())
        if (fd !== undefined)
          yield* this.#tellAll(path, this.#contentsOf(fd, isCompressed), index === 0 ? offset : 0);
    } finally {
      for (const { fd } of opened) if (fd !== undefined) closeSync(fd);
    }
  }

  *#tellAll(path: string, bytes: Buffer, offset: number): Generator<void, void, void> {
    const lines = new LineBuffer();
    const tell = (line: string): void => this.#options.onLine(line, path);
    for (let at = offset; at < bytes.length; at += READ_BYTES) {
      lines.push(bytes.subarray(at, at + READ_BYTES), tell);
      yield;
    }
    lines.end(tell);
    this.counted.cutBytes += lines.cutBytes;
  }

  #tryOpen(path: string): number | undefined {
    try {
      return openSync(path, 'r');
    } catch {
      this.counted.unreadable += 1;
      return undefined;
    }
  }

  #contentsOf(fd: number, isCompressed: boolean): Buffer {
    try {
      return contentsOf(fd, isCompressed);
    } catch {
      this.counted.unreadable += 1;
      return Buffer.alloc(0);
    }
  }

  #isIt(other: Rotated, ino: number, offset: number, fingerprint: Fingerprint): boolean {
    try {
      if (other.ino !== ino && fingerprint.bytes === 0) return false;
      if (!other.isCompressed && other.size < offset) return false;
      return isSame(fingerprint, beginningOf(other)) || (other.ino === ino && fingerprint.bytes === 0);
    } catch {
      this.counted.unreadable += 1;
      return false;
    }
  }

  #open(path: string, offset: number): Log {
    const fd = openSync(path, 'r');
    const { dev, ino } = fstatSync(fd);
    return { fd, dev, ino, offset, fingerprint: fingerprintOfFile(fd), lines: new LineBuffer() };
  }

  /** Truncated and written again to more than it was: its beginning is another. */
  #isStill(log: Log): boolean {
    const { fingerprint } = log;
    if (fingerprint.bytes === 0) return true;
    return fingerprintOfFile(log.fd, fingerprint.bytes).sha256 === fingerprint.sha256;
  }

  *#drain(path: string, log: Log): Generator<void, void, void> {
    const cut = log.lines.cutBytes;
    for (;;) {
      const read = readSync(log.fd, this.#buffer, 0, READ_BYTES, log.offset);
      if (read === 0) break;
      log.offset += read;
      log.lines.push(this.#buffer.subarray(0, read), (line) => this.#options.onLine(line, path));
      if (read === READ_BYTES) yield;
    }
    this.counted.cutBytes += log.lines.cutBytes - cut;
    // A short beginning has grown.
    if (log.fingerprint.bytes < Math.min(log.offset, FINGERPRINT_BYTES_MAX))
      log.fingerprint = fingerprintOfFile(log.fd);
  }
}
