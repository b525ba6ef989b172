/** Lines of a stream, as bytes, without the memory of the whole of it. */
const NEWLINE = 0x0a;
/** A longer one is no event; it is counted and passed over. */
export const LINE_BYTES_MAX = 16_777_216;

/**
 * Whole lines, several at a time: the bytes of each part end with a line break, but for the last one's.
 *
 * @param onTooLong told of each line that is passed over because of its length
 */
export async function* wholeLines(
  source: AsyncIterable<Uint8Array>,
  onTooLong: () => void,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isSkipping = false;
  for await (const chunk of source) {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (isSkipping) {
      const end = bytes.indexOf(NEWLINE);
      if (end === -1) continue;
      isSkipping = false;
      bytes = bytes.subarray(end + 1);
    }
    if (rest.length > 0) bytes = Buffer.concat([rest, bytes]);
    const last = bytes.lastIndexOf(NEWLINE);
    rest = bytes.subarray(last + 1);
    if (last !== -1) yield bytes.subarray(0, last + 1);
    if (rest.length > LINE_BYTES_MAX) {
      onTooLong();
      isSkipping = true;
      rest = Buffer.alloc(0);
    }
  }
  if (rest.length > 0) yield rest;
}
