/**
 * Door: instants that recur, by RFC 5545, on the clock of a place.
 *
 * A recurrence is worked out on the wall clock and put into its zone afterwards. A time that the clock skips in spring is
 * as much later as the clock is put forward, one that it shows twice in autumn is the first of the two (RFC 5545, 3.3.5):
 * no occurrence is ever left out for it.
 */
import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import * as z from 'zod';
import { scheduleErrors } from './errors.ts';

export { scheduleErrors } from './errors.ts';

const RULE_MAX = 500;
/** What recurs more often than daily is no schedule of people. */
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
const PARTS = new Set([
  'FREQ',
  'INTERVAL',
  'COUNT',
  'UNTIL',
  'BYDAY',
  'BYMONTHDAY',
  'BYMONTH',
  'BYSETPOS',
  'BYWEEKNO',
  'BYYEARDAY',
  'WKST',
]);
const OCCURRENCES_MAX = 10_000;

export const Recurrence = z.strictObject({
  /** `FREQ=MONTHLY;BYDAY=2SU`: without DTSTART; at most daily. */
  rrule: z.string().min(1).max(RULE_MAX),
  /** `Europe/Berlin`. */
  timeZone: z.string().min(1).max(64),
  /** On the clock of the zone: `2026-11-01T02:00`. */
  startsAt: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/),
});
export type Recurrence = z.infer<typeof Recurrence>;

/**
 * Instants in `[fromMs, toMs)`, milliseconds since the epoch, ascending.
 *
 * @throws SCHEDULE_INVALID
 */
export function occurrences(
  recurrence: Recurrence,
  fromMs: number,
  toMs: number,
  countMax = OCCURRENCES_MAX,
): readonly number[] {
  const rule = ruleOf(recurrence);
  // A day more on either side: what the wall clock says is up to 14 hours from UTC.
  const [from, to] = [new Date(fromMs - 86_400_000), new Date(toMs + 86_400_000)];
  const found: number[] = [];
  let asked = 0;
  for (
    let next = nextOf(rule, from, true);
    next !== null && found.length < countMax;
    next = nextOf(rule, next, false)
  ) {
    asked += 1;
    if (next.epochMilliseconds > to.getTime() || asked > OCCURRENCES_MAX) break;
    const at = Temporal.PlainDateTime.from(next.toString().slice(0, 19)).toZonedDateTime(
      recurrence.timeZone,
      {
        disambiguation: 'compatible',
      },
    ).epochMilliseconds;
    if (at >= fromMs && at < toMs) found.push(at);
  }
  return found;
}

/** Whether it can be kept, and ever occurs. @throws SCHEDULE_INVALID */
export function checkRecurrence(recurrence: Recurrence): void {
  const rule = ruleOf(recurrence);
  if (nextOf(rule, new Date(0), true) === null)
    throw scheduleErrors.make('SCHEDULE_INVALID', { because: 'it never occurs' });
}

type Next = ReturnType<RRuleTemporal['next']>;

/** The 30th of February is sought for a while and then given up, with an error of the library's own. */
function nextOf(rule: RRuleTemporal, after: NonNullable<Next> | Date, isInclusive: boolean): Next {
  try {
    return rule.next(after, isInclusive);
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw scheduleErrors.make('SCHEDULE_INVALID', { because: `it does not occur: ${because}` });
  }
}

function ruleOf({ rrule, timeZone, startsAt }: Recurrence): RRuleTemporal {
  const no = (because: string): Error => scheduleErrors.make('SCHEDULE_INVALID', { because });
  const parts = new Map<string, string>();
  for (const part of rrule.split(';')) {
    const [name = '', value = ''] = part.toUpperCase().split('=', 2);
    if (!PARTS.has(name) || value === '') throw no(`"${part}" is no part of a rule that is known`);
    if (parts.has(name)) throw no(`${name} stands twice`);
    parts.set(name, value);
  }
  const frequency = parts.get('FREQ') ?? '';
  if (!FREQUENCIES.includes(frequency)) throw no(`FREQ is one of ${FREQUENCIES.join(', ')}`);
  const [count, interval] = [parts.get('COUNT'), parts.get('INTERVAL')].map((value) => Number(value ?? 1));
  if (!isWithin(count) || !isWithin(interval))
    throw no(`COUNT and INTERVAL are from 1 to ${OCCURRENCES_MAX}`);
  if (parts.has('COUNT') && parts.has('UNTIL')) throw no('either COUNT or UNTIL');
  if (/^[+-]/.test(timeZone)) throw no(`${timeZone} is an offset, and no zone that has a summer`);
  for (const [name, max] of BOUNDS)
    if (!numbersWithin(parts.get(name), max)) throw no(`${name} is of numbers up to ${max}`);
  const until = parts.get('UNTIL');
  try {
    Temporal.PlainDateTime.from(startsAt).toZonedDateTime(timeZone);
    const start = startsAt.replaceAll(/[-:]/g, '').padEnd(15, '0');
    // As if the wall clock were UTC: every occurrence exists there.
    return new RRuleTemporal({
      rruleString: `DTSTART;TZID=UTC:${start}\nRRULE:${withUntil(parts, until, timeZone)}`,
    });
  } catch (error) {
    throw no(error instanceof Error ? error.message : String(error));
  }
}

const BOUNDS = [
  ['BYMONTH', 12],
  ['BYMONTHDAY', 31],
  ['BYYEARDAY', 366],
  ['BYWEEKNO', 53],
  ['BYSETPOS', 366],
] as const;

function numbersWithin(list: string | undefined, max: number): boolean {
  if (list === undefined) return true;
  return list
    .split(',')
    .every((text) => /^[+-]?\d{1,3}$/.test(text) && Math.abs(Number(text)) <= max && Number(text) !== 0);
}

/** An end in UTC is one on the clock of the place, as all of the rule is worked out there. */
function withUntil(parts: ReadonlyMap<string, string>, until: string | undefined, timeZone: string): string {
  const [, date, time] = /^(\d{8})T(\d{6})Z$/.exec(until ?? '') ?? [];
  const local =
    date === undefined || time === undefined
      ? until
      : `${Temporal.Instant.from(`${date}T${time}Z`).toZonedDateTimeISO(timeZone).toPlainDateTime().toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '')}Z`;
  return [...parts].map(([name, value]) => `${name}=${name === 'UNTIL' ? local : value}`).join(';');
}

const isWithin = (value: number | undefined): boolean =>
  value !== undefined && Number.isInteger(value) && value >= 1 && value <= OCCURRENCES_MAX;
