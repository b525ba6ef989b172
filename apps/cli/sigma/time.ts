/** When an event happened, from the fields that sources tell it in. */
import type { SigmaEvent } from '@demarc/platform/sigma';

const FIELDS = [
  'time',
  'TimeCreated_SystemTime',
  'TimeCreated',
  '@timestamp',
  'timestamp',
  'eventTime',
  'requestReceivedTimestamp',
  'UtcTime',
  'ts',
] as const;
/** Numbers below are seconds. */
const SECONDS_MAX = 100_000_000_000;

/** Milliseconds since the epoch. */
export function timeOf({ fields }: SigmaEvent): number | undefined {
  for (const name of FIELDS) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (typeof value === 'number') return value < SECONDS_MAX ? value * 1_000 : value;
    if (typeof value !== 'string') continue;
    // Sysmon's UtcTime has a space and no zone.
    const milliseconds = Date.parse(
      /^\d{4}-\d\d-\d\d \d\d:\d\d/.test(value) ? `${value.replace(' ', 'T')}Z` : value,
    );
    if (Number.isFinite(milliseconds)) return milliseconds;
  }
  return undefined;
}
