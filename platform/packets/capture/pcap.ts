/**
 * The classic capture format.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
 */
import { type CaptureFormat, Damage, FRAME_BYTES_MAX, type Frame } from './frame.ts';

export const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** As a little-endian reader sees the first four bytes: whether it is little-endian, and fractions per millisecond. */
const MAGICS: ReadonlyMap<number, readonly [little: boolean, perMs: number]> = new Map([
  [0xa1b2c3d4, [true, 1_000]],
  [0xd4c3b2a1, [false, 1_000]],
  [0xa1b23c4d, [true, 1_000_000]],
  [0x4d3cb2a1, [false, 1_000_000]],
]);

export function isPcap(magic: number): boolean {
  return MAGICS.has(magic);
}

export class Pcap implements CaptureFormat {
  readonly #little: boolean;
  readonly #fractionsPerMs: number;
  readonly #linkType: number;

  /** @param header the first 24 bytes */
  constructor(header: Uint8Array) {
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const [little, perMs] = MAGICS.get(view.getUint32(0, true)) ?? [true, 1_000];
    this.#little = little;
    this.#fractionsPerMs = perMs;
    // The upper half says how long the frame check sequence is.
    this.#linkType = view.getUint32(20, little) & 0xffff;
  }

  needs(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < RECORD_HEADER_BYTES) return RECORD_HEADER_BYTES;
    const captured = this.#uint32(bytes, at + 8);
    if (captured > FRAME_BYTES_MAX)
      throw new Damage(`a packet claims ${captured} bytes (at most ${FRAME_BYTES_MAX})`);
    return RECORD_HEADER_BYTES + captured;
  }

  take(bytes: Uint8Array, at: number, length: number): Frame {
    const captured = length - RECORD_HEADER_BYTES;
    const from = at + RECORD_HEADER_BYTES;
    return {
      atMs: this.#uint32(bytes, at) * 1_000 + this.#uint32(bytes, at + 4) / this.#fractionsPerMs,
      linkType: this.#linkType,
      bytes: bytes.subarray(from, from + captured),
      originalBytes: Math.max(captured, this.#uint32(bytes, at + 12)),
    };
  }

  #uint32(bytes: Uint8Array, at: number): number {
    return this.#little ? little32(bytes, at) : big32(bytes, at);
  }
}

export function big32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) * 0x1000000 +
      (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))) >>>
    0
  );
}

export function little32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at + 3] ?? 0) * 0x1000000 +
      (((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0))) >>>
    0
  );
}
