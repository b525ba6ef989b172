/** Where the bars of a calendar lie: pure, so that days of 23 and 25 hours are tested without a browser. */
import { addDays, dateIn, dayStart, mondayOf } from './zone-days.ts';

export const VIEWS = ['month', 'week'] as const;
export type View = (typeof VIEWS)[number];

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Whole weeks around a day, or around its month. @param date `2026-03-29` */
export function rangeAround(view: View, date: string, timeZone: string): Span {
  const first = mondayOf(view === 'week' ? date : `${date.slice(0, 8)}01`);
  const end = view === 'week' ? addDays(first, 7) : addDays(mondayOf(addDays(nextMonth(date, 1), -1)), 7);
  return { fromMs: dayStart(first, timeZone), toMs: dayStart(end, timeZone) };
}

/** @param steps months or weeks, back where it is negative */
export function moved(view: View, date: string, steps: number): string {
  return view === 'week' ? addDays(date, 7 * steps) : nextMonth(date, steps);
}

/** The day that stands for a range: one of its month, or its week. */
export const middleOf = ({ fromMs, toMs }: Span, timeZone: string): string =>
  dateIn((fromMs + toMs) / 2, timeZone);

/** The first day of the month that is so many later. */
function nextMonth(date: string, months: number): string {
  const count = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}-01`;
}

export interface Day extends Span {
  readonly date: string;
}

/** At most 100, as the route has them. */
const DAYS_MAX = 100;
export function daysOf({ fromMs, toMs }: Span, timeZone: string): readonly Day[] {
  const days: Day[] = [];
  let date = dateIn(fromMs, timeZone);
  while (days.length < DAYS_MAX) {
    const from = dayStart(date, timeZone);
    if (from >= toMs) break;
    const next = addDays(date, 1);
    days.push({ date, fromMs: from, toMs: dayStart(next, timeZone) });
    date = next;
  }
  return days;
}

export interface Placed<Item> {
  readonly item: Item;
  /** Columns of the week, both included. */
  readonly first: number;
  readonly last: number;
  readonly lane: number;
}

/** Bars of one week of the month, one below the other where they share a day. */
export function placeInWeek<Item extends Span>(
  days: readonly Day[],
  items: readonly Item[],
): readonly Placed<Item>[] {
  const ends: number[] = [];
  const placed: Placed<Item>[] = [];
  for (const item of items.toSorted((a, b) => a.fromMs - b.fromMs || b.toMs - a.toMs)) {
    const first = days.findIndex((day) => touches(item, day));
    if (first < 0) continue;
    const last = days.findLastIndex((day) => touches(item, day));
    const free = ends.findIndex((end) => end < first);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = last;
    placed.push({ item, first, last, lane });
  }
  return placed;
}

export interface PlacedInDay<Item> {
  readonly item: Item;
  /** Shares of the day, 0 to 1. */
  readonly top: number;
  readonly height: number;
  readonly lane: number;
  readonly laneCount: number;
}

/** Bars of one day, side by side where they share an instant. */
export function placeInDay<Item extends Span>(
  day: Day,
  items: readonly Item[],
): readonly PlacedInDay<Item>[] {
  const ends: number[] = [];
  const lanes: { readonly item: Item; readonly lane: number }[] = [];
  for (const item of items.filter((each) => touches(each, day)).toSorted((a, b) => a.fromMs - b.fromMs)) {
    const free = ends.findIndex((end) => end <= item.fromMs);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = item.toMs;
    lanes.push({ item, lane });
  }
  const lengthMs = day.toMs - day.fromMs;
  return lanes.map(({ item, lane }) => {
    const [from, to] = [Math.max(item.fromMs, day.fromMs), Math.min(item.toMs, day.toMs)];
    return {
      item,
      top: (from - day.fromMs) / lengthMs,
      height: (to - from) / lengthMs,
      lane,
      laneCount: ends.length,
    };
  });
}

const touches = (item: Span, day: Span): boolean => item.fromMs < day.toMs && item.toMs > day.fromMs;
