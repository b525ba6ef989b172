import type { FieldValue } from '../event.ts';
import type { TimePart } from '../ir.ts';

const DAY_MS = 86_400_000;
/** Numbers from here on are milliseconds since the epoch, below it seconds: as seconds it is the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000;
/** What a Date can hold (ECMAScript, time values). */
const INSTANT_MS_MAX = 8_640_000_000_000_000;
const TEXT_CHARACTERS_MAX = 40;

/** RFC 3339, and as Windows and Sysmon write it: a space for the `T`, any number of decimals, no zone. */
const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))?)?$/;

/**
 * The instant that a value says, in milliseconds since the epoch, rounded down; undefined when it says none.
 * Without a zone it is UTC: Sigma's time modifiers convert nothing.
 */
export function instantOf(value: FieldValue): number | undefined {
  if (typeof value === 'number') {
    const ms = Math.floor(Math.abs(value) >= MILLISECONDS_FROM ? value : value * 1_000);
    return Math.abs(ms) <= INSTANT_MS_MAX ? ms : undefined;
  }
  if (typeof value !== 'string' || value.length > TEXT_CHARACTERS_MAX) return undefined;
  const found = RFC_3339.exec(value);
  if (found === null) return undefined;
  const part = (at: number): number => Number(found[at] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  if (hour > 23 || minute > 59 || second > 59 || part(9) > 23 || part(10) > 59) return undefined;
  const date = new Date(0);
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const offsetMinutes = (found[8] === '-' ? -1 : 1) * (part(9) * 60 + part(10));
  const milliseconds = Number((found[7] ?? '').slice(0, 3).padEnd(3, '0'));
  return date.getTime() + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1_000 + milliseconds;
}

/** A part of the value's instant in UTC; weeks as ISO 8601 counts them, 1 to 53. */
export function timePartOf(value: FieldValue, part: TimePart): number | undefined {
  const instant = instantOf(value);
  if (instant === undefined) return undefined;
  const date = new Date(instant);
  switch (part) {
    case 'minute':
      return date.getUTCMinutes();
    case 'hour':
      return date.getUTCHours();
    case 'day':
      return date.getUTCDate();
    case 'week':
      return isoWeek(instant);
    case 'month':
      return date.getUTCMonth() + 1;
    case 'year':
      return date.getUTCFullYear();
  }
}

/** A week belongs to the year of its Thursday. */
function isoWeek(instant: number): number {
  const days = Math.floor(instant / DAY_MS);
  // The epoch's day was a Thursday; Monday is 0.
  const weekday = (((days + 3) % 7) + 7) % 7;
  const thursday = days - weekday + 3;
  const year = new Date(thursday * DAY_MS).getUTCFullYear();
  const start = new Date(0);
  start.setUTCFullYear(year, 0, 1);
  return Math.floor((thursday - start.getTime() / DAY_MS) / 7) + 1;
}
