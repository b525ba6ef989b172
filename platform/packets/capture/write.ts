/** Writes what the reader reads: for tests, and for evidence that is to be opened in Wireshark. */
import type { Frame } from './frame.ts';

const SNAP_LENGTH = 262_144;

/** A pcap file with nanoseconds. All frames are of one link type: the format has one for all. */
export function writePcap(linkType: number, frames: readonly Pick<Frame, 'atMs' | 'bytes'>[]): Uint8Array {
  const size = frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0xa1b23c4d, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, linkType, true);
  let at = 24;
  for (const { atMs, bytes } of frames) {
    const seconds = Math.floor(atMs / 1_000);
    view.setUint32(at, seconds, true);
    view.setUint32(at + 4, Math.round((atMs - seconds * 1_000) * 1e6) % 1e9, true);
    view.setUint32(at + 8, bytes.length, true);
    view.setUint32(at + 12, bytes.length, true);
    out.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return out;
}
