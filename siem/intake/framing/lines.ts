/** Lines of a body that is there as a whole. */
import { BoundsList, RECORD_BYTES_MAX } from '../record.ts';

const LF = 0x0a;
const CR = 0x0d;

export interface Lines {
  readonly bounds: Uint32Array;
  /** Start and end of those that are too long. */
  readonly tooLong: readonly (readonly [number, number])[];
}

/** Empty lines are none. @param from where the first one begins */
export function linesOf(bytes: Buffer, from = 0, bytesMax: number = RECORD_BYTES_MAX): Lines {
  const bounds = new BoundsList();
  const tooLong: [number, number][] = [];
  for (let start = from; start < bytes.length; ) {
    const found = bytes.indexOf(LF, start);
    const next = found === -1 ? bytes.length : found;
    const end = next > start && bytes[next - 1] === CR ? next - 1 : next;
    if (end - start > bytesMax) tooLong.push([start, end]);
    else if (end > start) bounds.add(start, end);
    start = next + 1;
  }
  return { bounds: bounds.take(), tooLong };
}
