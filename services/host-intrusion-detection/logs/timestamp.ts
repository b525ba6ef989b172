/**
 * When a line was written, in the forms that programs write it.
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

export interface FoundTimestamp {
  readonly timestamp: Timestamp;
  /** Behind it, and behind what closes it. */
  readonly end: number;
  readonly start: number;
}

const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** As Java and the C library shorten them in French, German, Spanish and Italian, where they differ. */
const MONTHS_ELSEWHERE: Readonly<Record<string, number>> = {
  janv: 1, févr: 2, mars: 3, mär: 3, avr: 4, abr: 4, mai: 5, juin: 6, juil: 7, août: 8, ago: 8, aou: 8,
  sept: 9, okt: 10, déc: 12, dez: 12, dic: 12, ene: 1, gen: 1, mag: 5, giu: 6, lug: 7, set: 9, ott: 10,
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
    pattern: sticky(`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|[A-Z]{3,4}) )?${MONTH}[ -]+(\\d{1,2}),?(?: (\\d{4}),?)? ${CLOCK}(?: (AM|PM)(?!\\w))?(?: (?:[A-Z]{3,4} )?(\\d{4})(?!\\S*[\\w:]))?`),
    isNamed: true,
    read: (f) => ({ month: monthOf(f[1]), day: num(f[2]), year: yearOf(f[3] ?? f[9]), ...clock(f, 4), ...afternoon(f[4], f[8]) }),
  },
  // HTTP servers: 05/Mar/2007:14:39:21 +0100; kerio: 18/Jan/2014 06:41:25; named: 11-Aug-2013 03:36:11.372
  {
    pattern: sticky(`(\\d{1,2})[-/ ]([a-zà-ÿ]{3,5})\\.?[-/ ](\\d{4})[: ]${CLOCK}${ZONE}`),
    read: (f) => ({ day: num(f[1]), month: monthOf(f[2]), year: num(f[3]), ...clock(f, 4), ...zone(f[8]) }),
  },
  // RFC 5322: Thu, 26 Nov 2026 03:00:00 +0000
  {
    pattern: sticky(`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d{1,2})[-/ ]([a-zà-ÿ]{3,5})\\.?[-/ ](\\d{4})[: ]${CLOCK}${ZONE}`),
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
    read: (f) => ({ ...dayFirst(f[1], f[2], f[3]), year: num(f[4]), ...clock(f, 5), ...afternoon(f[5], f[9]), ...zone(f[10]) }),
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
  { pattern: sticky('(\\d{4})(\\d\\d)(\\d\\d)[T ](\\d\\d):?(\\d\\d):?(\\d\\d)'),
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
const OF_DIGITS = FORMS.filter(({ isNamed }) => isNamed !== true);
const OF_OTHERS = FORMS.filter(({ isNamed }) => isNamed === true);
const TAI_AHEAD_SECONDS = 10;
/** Behind which a timestamp is not looked for. */
const SEARCHED_CHARACTERS_MAX = 192;
const OPENS = new Set([' ', '[', '(', '<', '"', '|', '\t', '=', ':', '>']);
const CLOSES = new Set([']', ')', '>', '"']);

/** The first timestamp of the line; an access log has it behind the client, others behind their own codes. */
export function findTimestamp(line: string): FoundTimestamp | undefined {
  let seconds: FoundTimestamp | undefined;
  const last = Math.min(line.length, SEARCHED_CHARACTERS_MAX);
  for (let at = 0; at < last; at += 1) {
    if (at > 0 && !OPENS.has(line[at - 1] ?? '')) continue;
    const found = timestampAt(line, at);
    if (found === undefined) continue;
    if (!found.isEpoch) return seconds !== undefined && found.start > seconds.end + 4 ? seconds : found;
    // Portsentry writes both; a bare number may be anything when a date follows.
    seconds ??= found;
  }
  return seconds;
}

/** The timestamp that stands exactly there. */
export function timestampAt(line: string, at: number): (FoundTimestamp & { isEpoch: boolean }) | undefined {
  if (!mayStart(line.charCodeAt(at))) return undefined;
  const code = line.charCodeAt(at);
  for (const { pattern, read, hasEpoch } of isDigit(code) ? OF_DIGITS : OF_OTHERS) {
    pattern.lastIndex = at;
    const found = pattern.exec(line);
    if (found === null) continue;
    const part = read(found);
    if (part === undefined || !isPlausible(part)) continue;
    const timestamp: Timestamp = { ...MIDNIGHT, ...part };
    let end = pattern.lastIndex;
    if (CLOSES.has(line[end] ?? '') && at > 0) end += 1;
    return { timestamp, start: at, end, isEpoch: hasEpoch === true };
  }
  return undefined;
}

const MONTH_LETTERS = new Set(Array.from('jfmasond', (letter) => letter.charCodeAt(0)));
const MIDNIGHT: Timestamp = {
  year: undefined, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0, offsetMinutes: undefined,
};

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
function mayStart(code: number): boolean {
  if (isDigit(code)) return true;
  // The first letters of months, days, and zones before them.
  return code === 0x40 || (code >= 0x41 && code <= 0x5a) || MONTH_LETTERS.has(code);
}

function isPlausible({ month = 1, day = 1, hour = 0, minute = 0, second = 0 }: Partial<Timestamp>): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 60;
}

function monthOf(name: string | undefined): number {
  const lower = (name ?? '').toLowerCase();
  const known = MONTHS_ELSEWHERE[lower];
  return known ?? MONTHS.indexOf(lower.slice(0, 3)) + 1;
}

function yearOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : num(text);
}

/** 22-06-2014 says itself which is the day; where both fit, slashes are American and the others are not. */
function dayFirst(first: string | undefined, separator: string | undefined, second: string | undefined): Partial<Timestamp> {
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
    year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour: date.getUTCHours(),
    minute: date.getUTCMinutes(), second: date.getUTCSeconds(), millisecond: date.getUTCMilliseconds(), offsetMinutes: 0,
  };
}
