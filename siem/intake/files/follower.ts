/**
 * Follows the files of a source: what is added, what is rotated away under another name, what is begun anew.
 *
 * A file is known by device, inode and its first bytes, not by its name. How far it was read lies in the spool
 * beside its records, and in a note behind them: after a crash the later of the two holds, so that no record is
 * taken twice and none is left out.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { SourceSettings } from '@demarc/platform/contract/intake';
import { DurableNote } from '@demarc/platform/notes';
import { unfold } from '../http/body.ts';
import type { Block } from '../record.ts';
import { RECORD_BYTES_MAX } from '../record.ts';
import type { RunningSource } from '../source.ts';
import { confined, FILES_MAX, filesAt, openConfined } from './confined.ts';
import { type Cut, cutGrowing, cutWhole, isWhole, type ReadEvtx } from './formats.ts';

type FileSettings = Extract<SourceSettings, { readonly kind: 'file' }>;

const POLL_MS = 500;
const READ_BYTES = 1_048_576; // 1 MiB
const WHOLE_BYTES_MAX = 67_108_864; // 64 MiB
const HEAD_BYTES = 256;
const NOTE_BYTES = 65_536;

/** How far a file was read. */
interface Place {
  readonly offset: number;
  /** Of the first bytes, as many as were there: an inode that is used again is another file. */
  readonly head: string;
  readonly headBytes: number;
  readonly size: number;
}

export interface FollowerOptions {
  readonly source: RunningSource;
  readonly settings: FileSettings;
  /** The directory of the source's tenant. */
  readonly root: string;
  readonly notePath: string;
  readonly readEvtx?: ReadEvtx;
  readonly pollMs?: number;
  now(): number;
  log(line: string, error?: unknown): void;
}

export class FileFollower implements AsyncDisposable {
  readonly #options: FollowerOptions;
  readonly #note: DurableNote;
  #places: Map<string, Place>;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #complaint = '';

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#note = new DurableNote(options.notePath, NOTE_BYTES, 0o600);
    this.#places = new Map((this.#note.read() as [string, Place][] | undefined) ?? []);
    for (const mark of options.source.spool.marks) {
      const place = JSON.parse(mark) as [string, Place];
      this.#places.set(place[0], place[1]);
    }
    this.#done = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#options.source.definition.enabled) await this.#look();
        this.#complaint = '';
      } catch (error) {
        const says = error instanceof Error ? error.message : String(error);
        if (says !== this.#complaint)
          this.#options.log(`intake: files of ${this.#options.source.definition.sourceId}: ${says}`);
        this.#complaint = says;
      }
      await pause(this.#options.pollMs ?? POLL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { root, settings } = this.#options;
    const base = await confined(root, settings.path);
    const there = new Set<string>();
    for (const path of await filesAt(base)) {
      if (this.#stop.signal.aborted) return;
      const handle = await openConfined(base, path);
      if (handle === undefined) continue;
      try {
        there.add(await this.#follow(handle, path.slice(base.length + 1) || settings.path));
      } finally {
        await handle.close();
      }
    }
    this.#forget(there);
  }

  /** @returns the name under which the file is remembered */
  async #follow(handle: FileHandle, path: string): Promise<string> {
    const { dev, ino, size } = await handle.stat();
    const id = `${dev}:${ino}`;
    let place = this.#places.get(id);
    if (
      place !== undefined &&
      (size < place.offset || (await headOf(handle, place.headBytes)) !== place.head)
    )
      place = undefined;
    const isQuiet = place?.size === size;
    if (isWhole(this.#options.settings.format)) await this.#whole(handle, { id, path, place, size, isQuiet });
    else await this.#growing(handle, { id, path, place, size, isQuiet });
    return id;
  }

  async #growing(handle: FileHandle, file: File): Promise<void> {
    let offset = file.place?.offset ?? 0;
    while (offset < file.size && !this.#stop.signal.aborted) {
      const bytes = await bytesAt(handle, offset, Math.min(READ_BYTES, file.size - offset));
      const isLast = offset + bytes.length >= file.size;
      let cut = cutGrowing(this.#options.settings.format, bytes, isLast && file.isQuiet);
      if (cut.consumed === 0 && bytes.length > RECORD_BYTES_MAX) {
        // No record ends in all of this: none that could be taken.
        this.#lost('too-large', bytes);
        cut = { ...cut, bounds: new Uint32Array(0), consumed: bytes.length };
      }
      if (cut.consumed === 0) break;
      offset += cut.consumed;
      await this.#take(cut, file, await this.#placeAt(handle, offset, file.size));
    }
    // Seen with this size: when it has it still at the next look, nothing more is coming.
    this.#places.set(file.id, await this.#placeAt(handle, offset, file.size));
  }

  async #whole(handle: FileHandle, file: File): Promise<void> {
    if (file.place !== undefined && file.place.offset === file.size) return;
    const done = await this.#placeAt(handle, file.size, file.size);
    if (!file.isQuiet) {
      this.#places.set(file.id, { ...done, offset: 0 });
      return;
    }
    try {
      if (file.size > WHOLE_BYTES_MAX) throw new Error('it is too large');
      const raw = await bytesAt(handle, 0, file.size);
      const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? await unfold(raw, 'gzip') : raw;
      await this.#take(cutWhole(this.#options.settings.format, bytes, this.#options.readEvtx), file, done);
    } catch (error) {
      if ((error as { readonly retryable?: boolean }).retryable === true) throw error;
      this.#lost('malformed', Buffer.from(`${file.path}: ${error instanceof Error ? error.message : ''}`));
      this.#remember(file.id, done);
    }
  }

  async #take(cut: Cut, file: File, place: Place): Promise<void> {
    const { source, now } = this.#options;
    for (const sample of cut.tooLong) this.#lost('too-large', sample);
    if (cut.bounds.length > 0) {
      for (let wait = source.rate.waitMs; wait > 0; wait = source.rate.waitMs)
        await pause(wait, undefined, { signal: this.#stop.signal });
      const { format, bounds, bytes } = cut;
      const block: Block = {
        format,
        receivedAtMs: now(),
        peer: '',
        about: { path: file.path },
        bounds,
        bytes,
      };
      await source.append([block], JSON.stringify([file.id, place]));
      source.rate.spend(bounds.length / 2, bytes.length);
    }
    this.#remember(file.id, place);
  }

  #remember(id: string, place: Place): void {
    this.#places.set(id, place);
    this.#note.write([...this.#places]);
  }

  #forget(there: ReadonlySet<string>): void {
    if (this.#places.size <= FILES_MAX) return;
    for (const id of this.#places.keys()) if (!there.has(id)) this.#places.delete(id);
  }

  async #placeAt(handle: FileHandle, offset: number, size: number): Promise<Place> {
    const headBytes = Math.min(HEAD_BYTES, size);
    return { offset, size, headBytes, head: await headOf(handle, headBytes) };
  }

  #lost(reason: string, sample: Uint8Array): void {
    this.#options.source.notTaken({ outcome: 'dropped', reason, count: 1, peer: '', sample });
  }
}

interface File {
  readonly id: string;
  readonly path: string;
  readonly place: Place | undefined;
  readonly size: number;
  readonly isQuiet: boolean;
}

async function headOf(handle: FileHandle, length: number): Promise<string> {
  return createHash('sha256')
    .update(await bytesAt(handle, 0, length))
    .digest('base64url')
    .slice(0, 16);
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
