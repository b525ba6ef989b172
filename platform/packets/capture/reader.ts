/** Capture files of any size as frames: pushed bytes in, records out, nothing held but an incomplete record. */
import type { DemarcError } from '../../errors/errors.ts';
import { packetErrors } from '../errors.ts';
import { type CaptureFormat, Damage, type Frame } from './frame.ts';
import { isPcap, little32, PCAP_HEADER_BYTES, Pcap } from './pcap.ts';
import { Pcapng, SECTION_HEADER } from './pcapng.ts';

const NOTHING = new Uint8Array(0);

/**
 * Reads pcap (either byte order, micro- or nanoseconds) and pcapng.
 *
 * Push pieces of any size, then `end`. After damage nothing more is read: what follows it cannot be told apart from
 * its payload. Holds at most one record, 16 MiB.
 */
export class CaptureReader {
  #format: CaptureFormat | undefined;
  #rest: Uint8Array = NOTHING;
  /** Came after `#rest`, and not yet enough for its record: joined once, however small the pieces are. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #needed = 0;
  #problem: DemarcError | undefined;
  /** Of the file, where `#rest` starts. */
  #offset = 0;
  #frames = 0;

  get frames(): number {
    return this.#frames;
  }

  /** What stopped the reading, if anything did. */
  get problem(): DemarcError | undefined {
    return this.#problem;
  }

  /** Frames are views of `piece` or of a copy of it: valid until it is written to. */
  push(piece: Uint8Array, onFrame: (frame: Frame) => void): void {
    if (this.#problem !== undefined) return;
    if (this.#rest.length + this.#waitingBytes + piece.length < this.#needed) {
      this.#waiting.push(piece.slice());
      this.#waitingBytes += piece.length;
      return;
    }
    const bytes = this.#joined(piece);
    let at = 0;
    try {
      if (this.#format === undefined) {
        const opened = open(bytes);
        if (opened === undefined) {
          this.#keep(bytes, PCAP_HEADER_BYTES);
          return;
        }
        this.#format = opened.format;
        at = opened.headerBytes;
      }
      for (;;) {
        const length = this.#format.needs(bytes, at, bytes.length);
        if (at + length > bytes.length) {
          this.#keep(bytes.subarray(at), length);
          break;
        }
        const frame = this.#format.take(bytes, at, length);
        at += length;
        if (frame === undefined) continue;
        this.#frames += 1;
        onFrame(frame);
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.#problem =
        this.#format === undefined
          ? packetErrors.make('PACKETS_NOT_A_CAPTURE', { because: error.message })
          : packetErrors.make('PACKETS_CAPTURE_DAMAGED', {
              because: error.message,
              atByte: this.#offset + at,
              frames: this.#frames,
            });
      this.#rest = NOTHING;
      return;
    }
    this.#offset += at;
  }

  /** No more will come. @returns why not all of it could be read: PACKETS_… */
  end(): DemarcError | undefined {
    if (this.#problem !== undefined) return this.#problem;
    this.#rest = this.#joined(NOTHING);
    if (this.#format === undefined)
      this.#problem = packetErrors.make('PACKETS_NOT_A_CAPTURE', {
        because: this.#rest.length === 0 ? 'it is empty' : `it has ${this.#rest.length} bytes`,
      });
    else if (this.#rest.length > 0)
      this.#problem = packetErrors.make('PACKETS_CAPTURE_TRUNCATED', {
        missingBytes: this.#format.needs(this.#rest, 0, this.#rest.length) - this.#rest.length,
        atByte: this.#offset,
        frames: this.#frames,
      });
    return this.#problem;
  }

  #keep(bytes: Uint8Array, needed: number): void {
    this.#rest = bytes.length === 0 ? NOTHING : bytes.slice();
    this.#needed = needed;
  }

  /** What was held, and `piece` after it; nothing is held afterwards. */
  #joined(piece: Uint8Array): Uint8Array {
    const parts = [this.#rest, ...this.#waiting, piece].filter((part) => part.length > 0);
    this.#rest = NOTHING;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const [only] = parts;
    if (parts.length <= 1) return only ?? NOTHING;
    const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/**
 * Frames of a capture as they are read, a piece of the file at a time.
 *
 * @throws PACKETS_NOT_A_CAPTURE, PACKETS_CAPTURE_DAMAGED, PACKETS_CAPTURE_TRUNCATED, each after all that could be read
 */
export async function* readFrames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Frame[]> {
  const reader = new CaptureReader();
  for await (const piece of pieces) {
    const frames: Frame[] = [];
    reader.push(piece, (frame) => frames.push(frame));
    if (frames.length > 0) yield frames;
    if (reader.problem !== undefined) break;
  }
  const problem = reader.end();
  if (problem !== undefined) throw problem;
}

/** The format by its magic, when enough is there to say. */
function open(
  bytes: Uint8Array,
): { readonly format: CaptureFormat; readonly headerBytes: number } | undefined {
  if (bytes.length < 4) return undefined;
  const magic = little32(bytes, 0);
  if (magic === SECTION_HEADER) return { format: new Pcapng(), headerBytes: 0 };
  if (!isPcap(magic)) throw new Damage(`its first bytes are ${hex(bytes.subarray(0, 4))}`);
  if (bytes.length < PCAP_HEADER_BYTES) return undefined;
  return { format: new Pcap(bytes.subarray(0, PCAP_HEADER_BYTES)), headerBytes: PCAP_HEADER_BYTES };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
