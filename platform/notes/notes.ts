/**
 * Small files that can still be written when the disk is full: their room is taken once, and later writes go
 * over it in place. A new file, or a longer one, would need blocks that are no longer there; and the state of a
 * platform matters most on the day its disk is full.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const READ_TRIES = 5;

interface Note {
  readonly turn: number;
  readonly value: unknown;
  /** As `turn`, at the other end: what was read while it was written has two different ones, or is no JSON. */
  readonly end: number;
}

/** @param bytes the room it takes; a longer value takes more, where there is more */
export function writeNote(path: string, value: unknown, bytes: number, mode: number): void {
  write(path, value, { bytes, mode, turn: Date.now() + Math.random(), durable: false });
}

/** Undefined when there is none, or none that was written whole. */
export function readNote(path: string): unknown {
  return read(path)?.value;
}

/**
 * A note that also outlives a crash in the middle of a write: two places that take turns, so that there is always
 * one that was written whole. What `write` returned from is on disk.
 */
export class DurableNote {
  readonly #paths: readonly [string, string];
  readonly #room: { readonly bytes: number; readonly mode: number };
  #turn = 0;

  /** Takes the room for both. @throws what the file system says when there is none */
  constructor(path: string, bytes: number, mode: number) {
    this.#paths = [`${path}.0`, `${path}.1`];
    this.#room = { bytes, mode };
    this.#turn = this.#newest()?.turn ?? 0;
    for (const place of this.#paths)
      if (read(place) === undefined) write(place, undefined, { ...this.#room, turn: 0, durable: true });
  }

  read(): unknown {
    return this.#newest()?.value;
  }

  write(value: unknown): void {
    const turn = this.#turn + 1;
    const place = this.#paths[turn % 2] ?? this.#paths[0];
    write(place, value, { ...this.#room, turn, durable: true });
    this.#turn = turn;
  }

  #newest(): Note | undefined {
    const [a, b] = this.#paths.map(read);
    if (a === undefined || b === undefined) return a ?? b;
    return a.turn > b.turn ? a : b;
  }
}

function write(
  path: string,
  value: unknown,
  options: {
    readonly bytes: number;
    readonly mode: number;
    readonly turn: number;
    readonly durable: boolean;
  },
): void {
  const { bytes, mode, turn, durable } = options;
  const text = JSON.stringify({ turn, value, end: turn } satisfies Note);
  const fd = openExisting(path) ?? openSync(path, 'w', mode);
  try {
    const padded = Buffer.from(text);
    const room = Buffer.alloc(Math.max(bytes, padded.length), ' ');
    padded.copy(room);
    for (let at = 0; at < room.length; ) at += writeSync(fd, room, at, room.length - at, at);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function read(path: string): Note | undefined {
  for (let tries = 0; tries < READ_TRIES; tries += 1) {
    try {
      const note = JSON.parse(readFileSync(path, 'utf8')) as Partial<Note>;
      if (note.turn !== undefined && note.turn === note.end)
        return { turn: note.turn, value: note.value, end: note.end };
    } catch (error) {
      if (!(error instanceof SyntaxError)) return undefined;
    }
  }
  return undefined;
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch {
    return undefined;
  }
}
