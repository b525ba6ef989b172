/** Reads blocks out of segments, while they are written or after. */
import { close, openSync, read } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Decoded, decode, HEADER_BYTES, lengthAt } from './block.ts';
import type { Segment } from './segments.ts';
import type { Position } from './spool.ts';

const closeFile = promisify(close);
const readFile = promisify(read);

const READ_BYTES = 4_194_304; // 4 MiB

export interface BlocksRead {
  readonly blocks: readonly { readonly block: Decoded; readonly end: Position }[];
  /** Where the next one begins, or will. */
  readonly next: Position | undefined;
}

export class SegmentReaders implements AsyncDisposable {
  readonly #directory: string;
  readonly #open = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whole blocks from `offset` on, as far as the segment is good; one at least, where there is one. */
  async blocks(segment: Segment, offset: number): Promise<BlocksRead> {
    const fd = this.#readerOf(segment);
    let bytes = await readAt(fd, offset, Math.min(READ_BYTES, segment.end - offset));
    const length = lengthAt(bytes, 0) ?? 0;
    if (length > bytes.length && length <= segment.end - offset) bytes = await readAt(fd, offset, length);
    const blocks: { block: Decoded; end: Position }[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const block = decode(bytes, at);
      if (block === 'short') break;
      if (block === 'damaged') throw new Error(`${segment.name} is damaged at ${offset + at}`);
      at = block.end;
      blocks.push({ block, end: { segment: segment.name, offset: offset + at } });
    }
    return { blocks, next: { segment: segment.name, offset: offset + at } };
  }

  #readerOf({ name }: Segment): number {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const fd = openSync(join(this.#directory, name), 'r');
    this.#open.set(name, fd);
    return fd;
  }

  forget(name: string): void {
    const fd = this.#open.get(name);
    this.#open.delete(name);
    if (fd !== undefined) close(fd, () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fd of this.#open.values()) await closeFile(fd);
    this.#open.clear();
  }
}

async function readAt(fd: number, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await readFile(fd, bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
