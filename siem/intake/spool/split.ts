/** A request may hold more than is good to carry at once: blocks of a size that one batch can take. */
import type { Block } from '../record.ts';

/** As an agent's batch (`platform/link`). */
export const BLOCK_RECORDS_MAX = 5_000;
export const BLOCK_PAYLOAD_BYTES = 4_194_304; // 4 MiB

export function split(block: Block): readonly Block[] {
  const { bounds, bytes } = block;
  if (bounds.length <= BLOCK_RECORDS_MAX * 2 && bytes.length <= BLOCK_PAYLOAD_BYTES) return [block];
  const blocks: Block[] = [];
  for (let from = 0; from < bounds.length; ) {
    const start = bounds[from] ?? 0;
    let to = from;
    while (
      to < bounds.length &&
      to - from < BLOCK_RECORDS_MAX * 2 &&
      (to === from || (bounds[to + 1] ?? 0) - start <= BLOCK_PAYLOAD_BYTES)
    )
      to += 2;
    const end = bounds[to - 1] ?? 0;
    blocks.push({
      ...block,
      bounds: bounds.slice(from, to).map((place) => place - start),
      bytes: bytes.subarray(start, end),
    });
    from = to;
  }
  return blocks;
}
