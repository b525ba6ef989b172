/** Parts of instants, counted day by day from 1970 on or back. */

export interface Parts {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly week: number;
  readonly month: number;
  readonly year: number;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number): number => (isLeap(year) ? 366 : 365);
const monthsOf = (year: number): readonly number[] => [
  31,
  isLeap(year) ? 29 : 28,
  31,
  30,
  31,
  30,
  31,
  31,
  30,
  31,
  30,
  31,
];
const sum = (numbers: readonly number[]): number => numbers.reduce((total, next) => total + next, 0);

/** UTC; undefined when the value is no instant. Numbers from 10^11 on are milliseconds, others seconds. */
export function partsOf(value: unknown): Parts | undefined {
  const minutes = minutesOf(value);
  if (minutes === undefined) return undefined;
  const days = Math.floor(minutes / 1_440);
  const { year, dayOfYear } = dateOf(days);
  let month = 1;
  let day = dayOfYear;
  for (const length of monthsOf(year)) {
    if (day <= length) break;
    day -= length;
    month += 1;
  }
  return {
    minute: minutes - Math.floor(minutes / 60) * 60,
    hour: Math.floor((minutes - days * 1_440) / 60),
    day,
    week: weekOf(days),
    month,
    year,
  };
}

/** The number of its Thursday among the Thursdays of that Thursday's year (ISO 8601). */
function weekOf(days: number): number {
  // Day 0 was a Thursday, so Mondays are 4 more than a multiple of 7.
  const monday = days - ((((days - 4) % 7) + 7) % 7);
  return Math.ceil(dateOf(monday + 3).dayOfYear / 7);
}

/** @param days since 1970-01-01 */
function dateOf(days: number): { readonly year: number; readonly dayOfYear: number } {
  let year = 1970;
  let rest = days;
  while (rest < 0) {
    year -= 1;
    rest += daysIn(year);
  }
  while (rest >= daysIn(year)) {
    rest -= daysIn(year);
    year += 1;
  }
  return { year, dayOfYear: rest + 1 };
}

function minutesOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.floor((Math.abs(value) >= 1e11 ? value / 1_000 : value) / 60);
  if (typeof value !== 'string') return undefined;
  const [, date, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+-]\d\d:?\d\d)?)?$/.exec(value) ?? [];
  if (date === undefined) return undefined;
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  const months = monthsOf(year);
  if (month < 1 || month > 12 || day < 1 || day > (months[month - 1] ?? 0)) return undefined;
  if (hour >= 24 || minute >= 60 || second >= 60) return undefined;
  let days = sum(months.slice(0, month - 1)) + day - 1;
  for (let before = year; before < 1970; before += 1) days -= daysIn(before);
  for (let before = 1970; before < year; before += 1) days += daysIn(before);
  const digits = zone.replace(':', '');
  const zoneHours = /^[zZ]/.test(digits) ? 0 : Number(digits.slice(1, 3));
  const zoneMinutes = /^[zZ]/.test(digits) ? 0 : Number(digits.slice(3));
  if (zoneHours >= 24 || zoneMinutes >= 60) return undefined;
  const shift = (digits.startsWith('-') ? -1 : 1) * (zoneHours * 60 + zoneMinutes);
  return days * 1_440 + hour * 60 + minute - shift;
}
