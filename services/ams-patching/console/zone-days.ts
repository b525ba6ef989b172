/** Days and clock times of a place as instants, in milliseconds since the epoch. Pure; the zones are those of `Intl`. */
const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-03-29T02:30` on the clock of the zone. */
export function clockIn(atMs: number, timeZone: string): string {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(timeZone, format);
  return format.format(atMs).replace(' ', 'T');
}

export const dateIn = (atMs: number, timeZone: string): string => clockIn(atMs, timeZone).slice(0, 10);

/**
 * A time that the clock shows twice is the first of the two, one that it skips is as much later as it is put forward
 * (RFC 5545, 3.3.5), as the server reads it.
 *
 * @param clock `2026-03-29T02:30`
 * @returns undefined where that is no time
 */
export function instantOf(clock: string, timeZone: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(clock)) return undefined;
  const utcMs = Date.parse(`${clock}:00.000Z`);
  if (Number.isNaN(utcMs) || !isZone(timeZone)) return undefined;
  // No zone changes its clock twice within two days.
  const [before, after] = [utcMs - DAY_MS, utcMs + DAY_MS].map((at) => utcMs - offsetOf(at, timeZone));
  if (before === undefined || after === undefined) return undefined;
  const shown = [before, after].filter((at) => clockIn(at, timeZone) === clock);
  return shown.length === 0 ? before : Math.min(...shown);
}

export function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The first instant of a day, also where midnight is skipped. @param date `2026-03-29` */
export const dayStart = (date: string, timeZone: string): number =>
  instantOf(`${date}T00:00`, timeZone) ?? Date.parse(`${date}T00:00:00.000Z`);

/** @param date `2026-03-29` */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00.000Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** The Monday on or before it. */
export function mondayOf(date: string): string {
  const weekday = new Date(`${date}T00:00:00.000Z`).getUTCDay();
  return addDays(date, -((weekday + 6) % 7));
}

function offsetOf(atMs: number, timeZone: string): number {
  const minuteMs = Math.floor(atMs / 60_000) * 60_000;
  return Date.parse(`${clockIn(minuteMs, timeZone)}:00.000Z`) - minuteMs;
}
