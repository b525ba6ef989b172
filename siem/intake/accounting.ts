/**
 * What became of every record of a source. Two sums hold at any moment, also after `kill -9`:
 *
 *   received = refused + dropped + waiting + parsed + unparsed
 *   parsed + unparsed = stored + duplicates + quarantined
 *
 * `received` and `waiting` are never written down: a record counts as received once it is in the spool, or once
 * it is counted as refused or dropped. So nothing can be counted on one side only. What the machine held in
 * memory and nobody had an answer for when it died was never received: it is not in any of the numbers.
 *
 * Increments of refused and dropped lie in the spool between the records (`spool/block.ts`); what became of
 * records that left it is in the same durable note as the place up to which they left (`progress.ts`).
 */
export interface Counts {
  readonly refused: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
}

/** Of records that left the spool. */
export interface Carried {
  readonly parsed: number;
  readonly unparsed: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly quarantined: Readonly<Record<string, number>>;
}

export const NO_COUNTS: Counts = { refused: {}, dropped: {} };
export const NONE_CARRIED: Carried = { parsed: 0, unparsed: 0, stored: 0, duplicates: 0, quarantined: {} };

export function plus(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...a };
  for (const [reason, count] of Object.entries(b)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}

export function plusCounts(a: Counts, b: Counts): Counts {
  return { refused: plus(a.refused, b.refused), dropped: plus(a.dropped, b.dropped) };
}

export function plusCarried(a: Carried, b: Carried): Carried {
  return {
    parsed: a.parsed + b.parsed,
    unparsed: a.unparsed + b.unparsed,
    stored: a.stored + b.stored,
    duplicates: a.duplicates + b.duplicates,
    quarantined: plus(a.quarantined, b.quarantined),
  };
}

export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
