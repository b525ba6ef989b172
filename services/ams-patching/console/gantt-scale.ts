/** The scale of the Gantt chart: instants in milliseconds to shares of its width. Pure. */
import type { PlannedWork } from '../api.ts';
import type { Span } from './calendar-layout.ts';
import { addDays, clockIn, dateIn, dayStart } from './zone-days.ts';

const HOUR_MS = 3_600_000;
const SPAN_MS_MIN = HOUR_MS;
const TICKS_MAX = 14;

/** 0 at the left edge, 1 at the right; others lie outside. */
export const shareOf = (atMs: number, { fromMs, toMs }: Span): number => (atMs - fromMs) / (toMs - fromMs);

/** Left edge and width in shares, cut at the edges; undefined where nothing of it is seen. */
export function barOf(bar: Span, view: Span): { readonly left: number; readonly width: number } | undefined {
  if (bar.toMs <= view.fromMs || bar.fromMs >= view.toMs) return undefined;
  const left = Math.max(0, shareOf(bar.fromMs, view));
  return { left, width: Math.min(1, shareOf(bar.toMs, view)) - left };
}

/** @param factor below 1 is closer */
export function zoomed(view: Span, whole: Span, factor: number): Span {
  const middle = (view.fromMs + view.toMs) / 2;
  const wanted = Math.max(SPAN_MS_MIN, (view.toMs - view.fromMs) * factor);
  return within({ fromMs: middle - wanted / 2, toMs: middle + wanted / 2 }, whole);
}

/** @param share of what is seen, back where it is negative */
export function shifted(view: Span, whole: Span, share: number): Span {
  const byMs = (view.toMs - view.fromMs) * share;
  return within({ fromMs: view.fromMs + byMs, toMs: view.toMs + byMs }, whole);
}

function within({ fromMs, toMs }: Span, whole: Span): Span {
  const length = Math.min(toMs - fromMs, whole.toMs - whole.fromMs);
  const from = Math.min(Math.max(fromMs, whole.fromMs), whole.toMs - length);
  return { fromMs: Math.round(from), toMs: Math.round(from + length) };
}

/** `2026-12-01T00:00:00.000Z..2026-12-02T00:00:00.000Z`, of the address; anything else is the whole. */
export function viewOf(text: string | undefined, whole: Span): Span {
  const [from = '', to = ''] = (text ?? '').split('..');
  const view = { fromMs: Date.parse(from), toMs: Date.parse(to) };
  return view.toMs - view.fromMs > 0 && view.fromMs < whole.toMs && view.toMs > whole.fromMs
    ? within(view, whole)
    : whole;
}
export const viewText = ({ fromMs, toMs }: Span): string =>
  `${new Date(fromMs).toISOString()}..${new Date(toMs).toISOString()}`;

export interface Tick {
  readonly atMs: number;
  readonly label: string;
}

/** Midnights where days are seen, full hours where one is. At most 14. */
export function ticksOf(view: Span, timeZone: string): readonly Tick[] {
  const lengthMs = view.toMs - view.fromMs;
  const ticks: Tick[] = [];
  if (lengthMs > 48 * HOUR_MS) {
    const everyDays = Math.ceil(lengthMs / (24 * HOUR_MS) / TICKS_MAX);
    let date = dateIn(view.fromMs, timeZone);
    while (ticks.length < TICKS_MAX) {
      const atMs = dayStart(date, timeZone);
      if (atMs >= view.toMs) break;
      if (atMs >= view.fromMs) ticks.push({ atMs, label: dayLabel(atMs, timeZone) });
      date = addDays(date, everyDays);
    }
    return ticks;
  }
  const every = [1, 2, 3, 6].find((hours) => lengthMs / (hours * HOUR_MS) <= TICKS_MAX) ?? 6;
  // From a midnight of the place, so that the hours are even on its clock on all days but two of the year.
  let atMs = dayStart(dateIn(view.fromMs, timeZone), timeZone);
  while (atMs < view.toMs && ticks.length < TICKS_MAX) {
    if (atMs >= view.fromMs) {
      const clock = clockIn(atMs, timeZone).slice(11);
      ticks.push({ atMs, label: clock === '00:00' ? dayLabel(atMs, timeZone) : clock });
    }
    atMs += every * HOUR_MS;
  }
  return ticks;
}

const dayLabel = (atMs: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', day: 'numeric', month: 'short' }).format(
    atMs,
  );

export type GanttRow =
  | { readonly kind: 'group'; readonly key: string; readonly title: string }
  | {
      readonly kind: 'machine';
      readonly key: string;
      readonly name: string;
      readonly work: readonly PlannedWork[];
    };
const ENVIRONMENTS = ['DEV', 'QAS', 'PRD'] as const;

/** A line for each machine, below one for its environment, in the order in which patches reach them. */
export function rowsOf(work: readonly PlannedWork[]): readonly GanttRow[] {
  return ENVIRONMENTS.flatMap((environment) => {
    const machines = Map.groupBy(
      work.filter((each) => each.environment === environment),
      ({ assetId }) => assetId,
    );
    if (machines.size === 0) return [];
    const rows = [...machines].map(([assetId, of]) => ({
      kind: 'machine' as const,
      key: `${environment} ${assetId}`,
      name: of[0]?.assetName ?? assetId,
      work: of.toSorted((a, b) => a.startsAt.localeCompare(b.startsAt)),
    }));
    const title = `${environment}: ${machines.size} ${machines.size === 1 ? 'machine' : 'machines'}`;
    return [
      { kind: 'group' as const, key: environment, title },
      ...rows.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    ];
  });
}

/** Lines that are on the screen, and some more. */
export function seenRows(
  scrollTop: number,
  heightPx: number,
  rowPx: number,
  rowCount: number,
): readonly [first: number, end: number] {
  const more = 8;
  return [
    Math.max(0, Math.floor(scrollTop / rowPx) - more),
    Math.min(rowCount, Math.ceil((scrollTop + heightPx) / rowPx) + more),
  ];
}
