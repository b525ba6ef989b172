/** When a line was written, wherever in the line that stands. */
import { OF_DIGITS, OF_OTHERS, type Timestamp } from './timestamp-forms.ts';

export interface FoundTimestamp {
  readonly timestamp: Timestamp;
  /** Behind it, and behind what closes it. */
  readonly end: number;
  readonly start: number;
}

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
  const usual = usualAt(line, at);
  if (usual !== undefined) return usual;
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

/**
 * `Nov 26 03:00:00 `, which nearly every line of syslog begins with, at a tenth of what the expressions cost.
 *
 * @returns undefined for whatever else it may be
 */
function usualAt(line: string, at: number): (FoundTimestamp & { isEpoch: boolean }) | undefined {
  if (
    line[at + 3] !== ' ' ||
    line[at + 6] !== ' ' ||
    line[at + 9] !== ':' ||
    line[at + 12] !== ':' ||
    line[at + 15] !== ' '
  )
    return undefined;
  // A year, or a half of the day, may follow.
  const next = line.charCodeAt(at + 16);
  if (isDigit(next) || (line[at + 17] === 'M' && line[at + 18] === ' ')) return undefined;
  const month = MONTH_NAMES.get(line.slice(at, at + 3));
  const day = twoAt(line, at + 4);
  const hour = twoAt(line, at + 7);
  const minute = twoAt(line, at + 10);
  const second = twoAt(line, at + 13);
  if (month === undefined || !(day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 60))
    return undefined;
  const timestamp = {
    year: undefined,
    month,
    day,
    hour,
    minute,
    second,
    millisecond: 0,
    offsetMinutes: undefined,
  };
  return { timestamp, start: at, end: at + 15, isEpoch: false };
}

const MONTH_NAMES = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, index) => [
    name,
    index + 1,
  ]),
);

/** Two digits, the first of which may be a space; not a number where it is none. */
function twoAt(line: string, at: number): number {
  const tens = line.charCodeAt(at);
  const ones = line.charCodeAt(at + 1);
  if (!isDigit(ones) || (tens !== 0x20 && !isDigit(tens))) return Number.NaN;
  return (tens === 0x20 ? 0 : (tens - 0x30) * 10) + ones - 0x30;
}

const MONTH_LETTERS = new Set(Array.from('jfmasond', (letter) => letter.charCodeAt(0)));
const MIDNIGHT: Timestamp = {
  year: undefined,
  month: 1,
  day: 1,
  hour: 0,
  minute: 0,
  second: 0,
  millisecond: 0,
  offsetMinutes: undefined,
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
