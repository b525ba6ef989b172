/**
 * Keeps a log within its bound while its writer has it open for appending: what is there goes to `FILE.1`, and
 * the writer goes on at the start of an empty file. A line written in between is lost; a full disk loses more.
 */
import { copyFileSync, rmSync, statSync, truncateSync } from 'node:fs';

/** Of one log; with its predecessor, twice as much. */
export const LOG_BYTES_MAX = 33_554_432; // 32 MiB

/** @returns whether it was too long */
export function boundLog(file: string, bytesMax = LOG_BYTES_MAX): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= bytesMax) return false;
  try {
    copyFileSync(file, `${file}.1`);
  } catch {
    // No room for both: half a predecessor helps nobody.
    rmSync(`${file}.1`, { force: true });
  }
  truncateSync(file, 0);
  return true;
}
