/**
 * The forms in which programs write when it was.
 *
 * Every pattern is tried at one place (sticky), is bounded in length and takes the next character in one way
 * only; so none costs more than its own length.
 */

export interface Timestamp {
  /** Undefined where the line leaves it out, as RFC 3164 does. */
  readonly year: number | undefined;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** Minutes east of UTC; undefined where the line does not say, and the host's zone is meant. */
  readonly offsetMinutes: number | undefined;
}

const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** As Java and the C library shorten them in French, German, Spanish and Italian, where they differ. */
const MONTHS_ELSEWHERE: Readonly<Record<string, number>> = {
  janv: 1,
  févr: 2,
  mars: 3,
  mär: 3,
  avr: 4,
  abr: 4,
  mai: 5,
  juin: 6,
  juil: 7,
  août: 8,
  ago: 8,
  aou: 8,
  sept: 9,
  okt: 10,
  déc: 12,
  dez: 12,
  dic: 12,
  ene: 1,
  gen: 1,
  mag: 5,
  giu: 6,
  lug: 7,
  set: 9,
  ott: 10,
};
const CLOCK = '(\\d{1,2}):(\\d\\d):(\\d\\d)(?:[.,](\\d{1,9}))?';
const ZONE = '(?: ?(Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)(?!\\w))?';

type Groups = readonly (string | undefined)[];
interface Form {
  readonly pattern: RegExp;
  read(found: Groups): Partial<Timestamp> | undefined;
  readonly hasEpoch?: boolean;
  /** Begins with a letter, or may. */
  readonly isNamed?: boolean;
}

const sticky = (source: string): RegExp => new RegExp(source, 'iy');
const num = (text: string | undefined): number => Number(text ?? '0');
const clock = (found: Groups, from: number): Partial<Timestamp> => ({
  hour: num(found[from]),
  minute: num(found[from + 1]),
  second: num(found[from + 2]),
  millisecond: Math.trunc(Number(`0.${found[from + 3] ?? '0'}`) * 1_000),
});

/** The more particular before the more general: the first that fits is taken. */
const FORMS: readonly Form[] = [
  // RFC 3339 and its relatives: 2024-08-31 02:11:22.129+0800, 2015/01/20 19:53:28, 2014:07:02-00:17:45
  {
    pattern: sticky(`(\\d{4})[-/.:](\\d\\d)[-/.:](\\d\\d)(?:[T_-]| {1,2})${CLOCK}${ZONE}`),
    read: (f) => ({ year: num(f[1]), month: num(f[2]), day: num(f[3]), ...clock(f, 4), ...zone(f[8]) }),
  },
  // RFC 3164, with a fraction, with the year before or behind the time: Oct 27 2015 09:24:46
  {
    pattern: sticky(
      `(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|[A-Z]{3,4}) )?${MONTH}[ -]+(\\d{1,2}),?(?: (\\d{4}),?)? ${CLOCK}(?: (AM|PM)(?!\\w))?(?: (?:[A-Z]{3,4} )?(\\d{4})(?!\\S*[\\w:]))?`,
    ),
    isNamed: true,
    read: (f) => ({
      month: monthOf(f[1]),
      day: num(f[2]),
      year: yearOf(f[3] ?? f[9]),
      ...clock(f, 4),
      ...afternoon(f[4], f[8]),
    }),
  },
  // HTTP servers: 05/Mar/2007:14:39:21 +0100; kerio: 18/Jan/2014 06:41:25; named: 11-Aug-2013 03:36:11.372
  {
    pattern: sticky(`(\\d{1,2})[-/ ]([a-zà-ÿ]{3,5})\\.?[-/ ](\\d{4})[: ]${CLOCK}${ZONE}`),
    read: (f) => ({ day: num(f[1]), month: monthOf(f[2]), year: num(f[3]), ...clock(f, 4), ...zone(f[8]) }),
  },
  // RFC 5322: Thu, 26 Nov 2026 03:00:00 +0000
  {
    pattern: sticky(
      `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d{1,2})[-/ ]([a-zà-ÿ]{3,5})\\.?[-/ ](\\d{4})[: ]${CLOCK}${ZONE}`,
    ),
    isNamed: true,
    read: (f) => ({ day: num(f[1]), month: monthOf(f[2]), year: num(f[3]), ...clock(f, 4), ...zone(f[8]) }),
  },
  // Assp: Apr-27-13 02:33:09
  {
    pattern: sticky(`${MONTH}-(\\d\\d)-(\\d\\d) ${CLOCK}`),
    isNamed: true,
    read: (f) => ({ month: monthOf(f[1]), day: num(f[2]), year: 2_000 + num(f[3]), ...clock(f, 4) }),
  },
  // 10/06/2013 15:50:41, 22-06-2014 09:56:12, 01/01/2014 - 01:25:17
  {
    pattern: sticky(`(\\d\\d)([-/.])(\\d\\d)\\2(\\d{4}),?(?: -)? ${CLOCK}(?: (AM|PM))?${ZONE}`),
    read: (f) => ({
      ...dayFirst(f[1], f[2], f[3]),
      year: num(f[4]),
      ...clock(f, 5),
      ...afternoon(f[5], f[9]),
      ...zone(f[10]),
    }),
  },
  // FreeSWITCH may leave the year out: 08-03 07:56:53.026292
  {
    pattern: sticky(`(\\d\\d)[-/](\\d\\d) ${CLOCK}`),
    read: (f) => ({ month: num(f[1]), day: num(f[2]), ...clock(f, 3) }),
  },
  // MySQL before 5.6: 130324  0:04:00
  {
    pattern: sticky(`(\\d\\d)(\\d\\d)(\\d\\d) {1,2}${CLOCK}`),
    read: (f) => ({ year: 2_000 + num(f[1]), month: num(f[2]), day: num(f[3]), ...clock(f, 4) }),
  },
  {
    pattern: sticky('(\\d{4})(\\d\\d)(\\d\\d)[T ](\\d\\d):?(\\d\\d):?(\\d\\d)'),
    read: (f) => ({ year: num(f[1]), month: num(f[2]), day: num(f[3]), ...clock([f[4], f[5], f[6]], 0) }),
  },
  // TAI64N as multilog writes it; the leap seconds since 1970 are 10 ahead of what the label holds.
  {
    pattern: sticky('@(4[0-9a-f]{15})(?:[0-9a-f]{8})?(?![0-9a-f])'),
    isNamed: true,
    read: (f) => epoch(Number.parseInt((f[1] ?? '').slice(1), 16) - TAI_AHEAD_SECONDS),
  },
  // Seconds since the epoch, 2001 to 2286.
  {
    pattern: sticky('([1-9]\\d{9})(?:\\.(\\d{1,6}))?(?![\\w.-])'),
    read: (f) => epoch(Number(`${f[1] ?? '0'}.${f[2] ?? '0'}`)),
    hasEpoch: true,
  },
];
export const OF_DIGITS = FORMS.filter(({ isNamed }) => isNamed !== true);
export const OF_OTHERS = FORMS.filter(({ isNamed }) => isNamed === true);
/** TAI64 starts 10 seconds before the epoch. @see https://cr.yp.to/libtai/tai64.html */
const TAI_AHEAD_SECONDS = 10;

function monthOf(name: string | undefined): number {
  const lower = (name ?? '').toLowerCase();
  const known = MONTHS_ELSEWHERE[lower];
  return known ?? MONTHS.indexOf(lower.slice(0, 3)) + 1;
}

function yearOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : num(text);
}

/** 22-06-2014 says itself which is the day; where both fit, slashes are American and the others are not. */
function dayFirst(
  first: string | undefined,
  separator: string | undefined,
  second: string | undefined,
): Partial<Timestamp> {
  const [a, b] = [num(first), num(second)];
  const isDayFirst = a > 12 || (separator !== '/' && b <= 12);
  return isDayFirst ? { day: a, month: b } : { day: b, month: a };
}

function afternoon(hour: string | undefined, half: string | undefined): Partial<Timestamp> {
  if (half === undefined) return {};
  return { hour: (num(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0) };
}

function zone(text: string | undefined): Partial<Timestamp> {
  if (text === undefined) return {};
  if (/^[A-Z]/i.test(text)) return { offsetMinutes: 0 };
  const minutes = num(text.slice(1, 3)) * 60 + num(text.slice(-2));
  return { offsetMinutes: text.startsWith('-') ? -minutes : minutes };
}

function epoch(seconds: number): Partial<Timestamp> | undefined {
  if (!Number.isFinite(seconds) || seconds > 0x1_ffff_ffff) return undefined;
  const date = new Date(seconds * 1_000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    offsetMinutes: 0,
  };
}
