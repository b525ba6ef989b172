/**
 * How records lie in a segment: 4 bytes length, 4 bytes CRC-32 of the payload (both little-endian), payload.
 */
import { crc32 } from 'node:zlib';
import { RECORD_BYTES_MAX } from '@demarc/platform/link';

export const FRAME_HEADER_BYTES = 8;

export function frame(payload: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  framed.writeUInt32LE(payload.length, 0);
  framed.writeUInt32LE(crc32(payload), 4);
  payload.copy(framed, FRAME_HEADER_BYTES);
  return framed;
}

export interface ReadFrames {
  readonly payloads: readonly Buffer[];
  /** Where the next frame starts. */
  readonly end: number;
  /** Frames whose checksum does not hold; they are skipped. */
  readonly damaged: number;
  /** Why reading stopped before the end of the bytes, if it did. */
  readonly stopped: 'limit' | 'torn' | undefined;
}

/**
 * Reads frames from `from`. A damaged payload is skipped and counted; a length that cannot be ends the
 * reading (`torn`), because nothing after it can be found again.
 */
export function readFrames(
  bytes: Buffer,
  from: number,
  limits: { readonly records: number; readonly bytes: number },
): ReadFrames {
  const payloads: Buffer[] = [];
  let at = from;
  let taken = 0;
  let damaged = 0;
  while (at < bytes.length) {
    if (at + FRAME_HEADER_BYTES > bytes.length) return { payloads, end: at, damaged, stopped: 'torn' };
    const length = bytes.readUInt32LE(at);
    const end = at + FRAME_HEADER_BYTES + length;
    if (length === 0 || length > RECORD_BYTES_MAX || end > bytes.length)
      return { payloads, end: at, damaged, stopped: 'torn' };
    if (payloads.length >= limits.records || (taken + length + 1 > limits.bytes && payloads.length > 0)) {
      return { payloads, end: at, damaged, stopped: 'limit' };
    }
    const payload = bytes.subarray(at + FRAME_HEADER_BYTES, end);
    if (crc32(payload) === bytes.readUInt32LE(at + 4)) {
      payloads.push(payload);
      taken += length + 1;
    } else damaged += 1;
    at = end;
  }
  return { payloads, end: at, damaged, stopped: undefined };
}
