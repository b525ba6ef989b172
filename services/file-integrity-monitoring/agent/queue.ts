/**
 * Paths still to be read, shared by the workers of one scan.
 *
 * Each worker keeps its own stack and gives away the oldest of it (the largest parts of the tree) when the
 * others run short; a shared stack in a SharedArrayBuffer carries them. Nobody has to know the tree before.
 */
const LOCK = 0;
const USED = 1;
/** Directories found and not yet read, over all workers: 0 is the end of the scan. */
const PENDING = 2;
const WAKE = 3;
const SHARED = 4;
/** Workers that have nothing to do. */
const WAITING = 5;
const HEADER_BYTES = 24;
const AREA_BYTES = 1_048_576;
const LENGTH_BYTES = 4;
/** As many lie ready for others at most. */
const SHARED_MAX = 64;
/** A worker that found nothing looks again at the latest after this, in milliseconds. */
const WAIT_MS = 50;

export type DirectoryQueueBuffer = SharedArrayBuffer;

/** With `first` in it: the directories to begin with. */
export function makeQueueBuffer(first: readonly string[]): DirectoryQueueBuffer {
  const bytes = first.reduce((sum, { length }) => sum + length + LENGTH_BYTES, 0);
  const buffer = new SharedArrayBuffer(HEADER_BYTES + AREA_BYTES + bytes);
  const queue = new DirectoryQueue(buffer);
  for (const directory of first) queue.share(directory);
  return buffer;
}

export class DirectoryQueue {
  readonly #header: Int32Array;
  readonly #area: Buffer;
  readonly #own: string[] = [];
  #oldest = 0;

  constructor(buffer: DirectoryQueueBuffer) {
    this.#header = new Int32Array(buffer, 0, WAITING + 1);
    this.#area = Buffer.from(buffer, HEADER_BYTES);
  }

  /** How many are known and not yet read. */
  get pending(): number {
    return Atomics.load(this.#header, PENDING);
  }

  /** Whether somebody waits and nothing lies ready: then even single files are worth giving away. */
  get hungry(): boolean {
    return Atomics.load(this.#header, WAITING) > Atomics.load(this.#header, SHARED);
  }

  /** For others to take. */
  share(directory: string): void {
    Atomics.add(this.#header, PENDING, 1);
    if (!this.#give(directory)) this.#own.push(directory);
  }

  push(directory: string): void {
    Atomics.add(this.#header, PENDING, 1);
    this.#own.push(directory);
    if (this.#own.length - this.#oldest > 1 && Atomics.load(this.#header, SHARED) < SHARED_MAX) {
      const oldest = this.#own[this.#oldest] ?? '';
      if (this.#give(oldest)) this.#oldest += 1;
    }
  }

  /**
   * Blocks while others may still find some; undefined when all have been read. Call `done` after each.
   *
   * @param beforeWaiting what can be done meanwhile
   */
  pop(beforeWaiting: () => void): string | undefined {
    for (;;) {
      if (this.#own.length > this.#oldest) return this.#own.pop();
      this.#own.length = 0;
      this.#oldest = 0;
      const wake = Atomics.load(this.#header, WAKE);
      const taken = this.#take();
      if (taken !== undefined) return taken;
      beforeWaiting();
      if (this.pending === 0) return undefined;
      Atomics.add(this.#header, WAITING, 1);
      Atomics.wait(this.#header, WAKE, wake, WAIT_MS);
      Atomics.sub(this.#header, WAITING, 1);
    }
  }

  done(): void {
    if (Atomics.sub(this.#header, PENDING, 1) === 1) this.#wake();
  }

  /** False when it does not fit: then it stays with who found it. */
  #give(directory: string): boolean {
    return this.#locked(() => {
      const used = this.#header[USED] ?? 0;
      const { length } = directory;
      if (used + length + LENGTH_BYTES > this.#area.length) return false;
      // Each character is one byte (paths.ts). The length comes last, because the stack is read from its end.
      this.#area.write(directory, used, 'latin1');
      this.#area.writeUInt32LE(length, used + length);
      this.#header[USED] = used + length + LENGTH_BYTES;
      Atomics.add(this.#header, SHARED, 1);
      this.#wake();
      return true;
    });
  }

  #take(): string | undefined {
    return this.#locked(() => {
      const used = this.#header[USED] ?? 0;
      if (used === 0) return undefined;
      const length = this.#area.readUInt32LE(used - LENGTH_BYTES);
      const start = used - LENGTH_BYTES - length;
      this.#header[USED] = start;
      Atomics.sub(this.#header, SHARED, 1);
      return this.#area.toString('latin1', start, used - LENGTH_BYTES);
    });
  }

  #wake(): void {
    Atomics.add(this.#header, WAKE, 1);
    Atomics.notify(this.#header, WAKE);
  }

  #locked<T>(work: () => T): T {
    while (Atomics.compareExchange(this.#header, LOCK, 0, 1) !== 0) Atomics.wait(this.#header, LOCK, 1, 1);
    try {
      return work();
    } finally {
      Atomics.store(this.#header, LOCK, 0);
      Atomics.notify(this.#header, LOCK, 1);
    }
  }
}
