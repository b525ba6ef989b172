/** One record of a capture file: what an interface saw, before anyone judged it. */
export interface Frame {
  /** Since the epoch, with a fraction. */
  readonly atMs: number;
  /** As registered at https://www.tcpdump.org/linktypes.html */
  readonly linkType: number;
  /** As far as captured. A view of the reader's buffer: copy what is kept. */
  readonly bytes: Uint8Array;
  /** On the wire. */
  readonly originalBytes: number;
}

/** Longest frame: libpcap's MAXIMUM_SNAPLEN, and what Wireshark takes. A longer one is a damaged length. */
export const FRAME_BYTES_MAX = 262_144;

/**
 * A part of a capture format, pushed bytes from anywhere in the file. `take` reads one record at `at` when all of
 * it is there, and answers the bytes it used.
 */
export interface CaptureFormat {
  /** Bytes that the next record needs before it can be read; a bound on what is held. */
  needs(bytes: Uint8Array, at: number, end: number): number;
  /** Reads one whole record; a frame, or undefined for records that hold none. */
  take(bytes: Uint8Array, at: number, length: number): Frame | undefined;
}

/** Why a record cannot be right; the reader adds where. */
export class Damage extends Error {
  override readonly name = 'Damage';
}
