/** The instant that a timestamp means: its year where it leaves it out, its zone where it does not say. */
import type { Timestamp } from './timestamp-forms.ts';

export interface Clock {
  /** A line without a year is of the latest year in which it is not later than this. Milliseconds since the epoch. */
  readonly referenceMs: number;
  /** An IANA name; of lines that say no offset. */
  readonly timeZone: string;
}

/** Clocks of two machines differ, and so may their zones: this much later is still not the future. */
const AHEAD_MS_MAX = 86_400_000;
/** A leap day needs a year that has one. */
const YEARS_BACK_MAX = 8;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** @returns milliseconds since the epoch; undefined when there is no such day */
export function instantOf(timestamp: Timestamp, clock: Clock): number | undefined {
  const { year, month, day, offsetMinutes } = timestamp;
  if (
    offsetMinutes === undefined &&
    clock === last.clock &&
    year === last.year &&
    month === last.month &&
    day === last.day
  )
    return last.startMs + msOfDay(timestamp);
  const instant = resolved(timestamp, clock);
  if (instant !== undefined && offsetMinutes === undefined) remember(timestamp, clock, instant);
  return instant;
}

/** Lines come by the thousand for each day: the day before is the day after. */
let last: {
  clock: Clock | undefined;
  year: number | undefined;
  month: number;
  day: number;
  startMs: number;
} = {
  clock: undefined,
  year: undefined,
  month: 0,
  day: 0,
  startMs: 0,
};

/** Only of days in which the zone keeps its offset, and that are over or will be within what is not the future. */
function remember(timestamp: Timestamp, clock: Clock, instant: number): void {
  const startMs = instant - msOfDay(timestamp);
  const endMs = startMs + DAY_MS - 1;
  const isUniform = offsetMinutesAt(startMs, clock.timeZone) === offsetMinutesAt(endMs, clock.timeZone);
  if (!isUniform || endMs > clock.referenceMs + AHEAD_MS_MAX) return;
  const { year, month, day } = timestamp;
  last = { clock, year, month, day, startMs };
}

function msOfDay({ hour, minute, second, millisecond }: Timestamp): number {
  return ((hour * 60 + minute) * 60 + second) * 1_000 + millisecond;
}

function resolved(timestamp: Timestamp, clock: Clock): number | undefined {
  if (timestamp.year !== undefined) return inYear(timestamp, timestamp.year, clock.timeZone);
  const latest = new Date(clock.referenceMs + AHEAD_MS_MAX).getUTCFullYear();
  for (let year = latest; year > latest - YEARS_BACK_MAX; year -= 1) {
    const instant = inYear(timestamp, year, clock.timeZone);
    if (instant !== undefined && instant <= clock.referenceMs + AHEAD_MS_MAX) return instant;
  }
  return undefined;
}

/** RFC 3339 in the zone, to the second. */
export function toText(instant: number, timeZone: string): string {
  const offset = offsetMinutesAt(instant, timeZone);
  const local = new Date(instant + offset * MINUTE_MS).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${local}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
}

function inYear(timestamp: Timestamp, year: number, timeZone: string): number | undefined {
  const { month, day, offsetMinutes } = timestamp;
  const day0 = Date.UTC(year, month - 1, day);
  if (new Date(day0).getUTCDate() !== day) return undefined;
  const asUtc = day0 + msOfDay(timestamp);
  if (offsetMinutes !== undefined) return asUtc - offsetMinutes * MINUTE_MS;
  // The offset of about then, and then of exactly then: it may have changed in between.
  const about = asUtc - offsetMinutesAt(asUtc, timeZone) * MINUTE_MS;
  return asUtc - offsetMinutesAt(about, timeZone) * MINUTE_MS;
}

/** Offsets change on quarters of an hour; asking Intl costs a hundred times what remembering does. */
const QUARTER_MS = 900_000;
const OFFSETS_MAX = 4_096;
interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
}
const zones = new Map<string, Zone>();

function offsetMinutesAt(instant: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  const quarter = Math.floor(instant / QUARTER_MS);
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    zone = {
      format: new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }),
      offsets: new Map(),
    };
    zones.set(timeZone, zone);
  }
  const { format, offsets } = zone;
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const found = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name);
  const minutes = Number(found?.[2] ?? 0) * 60 + Number(found?.[3] ?? 0);
  const offset = found?.[1] === '-' ? -minutes : minutes;
  if (offsets.size >= OFFSETS_MAX) offsets.clear();
  offsets.set(quarter, offset);
  return offset;
}

const two = (value: number): string => String(value).padStart(2, '0');
