/** When evidence says nothing new of a machine any more, because its agent says nothing. */
const SILENT_SECONDS = 900;

/** @param freshSecondsMax as long as evidence is fresh here, whatever it is of: nobody is heard of longer */
export function silentAfterMs(freshSecondsMax: number): number {
  return 1_000 * Math.min(SILENT_SECONDS, freshSecondsMax);
}
