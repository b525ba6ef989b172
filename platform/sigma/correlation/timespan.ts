/** Milliseconds of each unit; a month and a year are the mean ones, as in the reference implementation. */
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_629_746_000,
  y: 31_556_952_000,
};
/** What must be held for a rule grows with it, and nobody answers an alert about two years. */
const TIMESPAN_MS_MAX = 366 * 86_400_000;

/**
 * `90m` as milliseconds; undefined for what is no timespan, nothing, or more than a year.
 *
 * @see https://github.com/SigmaHQ/sigma-specification "Time Selection"
 */
export function parseTimespan(text: unknown): number | undefined {
  const found = typeof text === 'string' ? /^([0-9]{1,9})([smhdwMy])$/.exec(text) : null;
  if (found === null) return undefined;
  const milliseconds = Number(found[1]) * (UNIT_MS[found[2] ?? ''] ?? 0);
  return milliseconds > 0 && milliseconds <= TIMESPAN_MS_MAX ? milliseconds : undefined;
}
