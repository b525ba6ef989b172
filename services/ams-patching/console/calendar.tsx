/** Windows as bars and freezes as hatched bands, by month or by week, on the clock of the chosen zone. */
import { useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import type { Calendar } from '../api.ts';
import {
  type Day,
  daysOf,
  middleOf,
  moved,
  placeInDay,
  placeInWeek,
  rangeAround,
  type Span,
  type View,
} from './calendar-layout.ts';
import { jobsText, spanIn } from './words.ts';
import { clockIn, dateIn } from './zone-days.ts';

const WEEK_MS = 8 * 86_400_000;
const HOURS = [0, 4, 8, 12, 16, 20];

interface Bar extends Span {
  readonly key: string;
  readonly kind: 'window' | 'freeze';
  readonly name: string;
  readonly says: string;
  readonly opens: string;
  readonly isFrozen: boolean;
  readonly hasFailed: boolean;
}

export function CalendarView({
  tools,
  timeZone,
}: {
  readonly tools: ConsoleTools;
  readonly timeZone: string;
}) {
  const { Button, Choice, Failure, Loading } = tools.parts;
  const { search, setSearch } = tools;
  const nowMs = Date.now();
  const asked = { fromMs: Date.parse(search['from'] ?? ''), toMs: Date.parse(search['to'] ?? '') };
  const isAsked = asked.toMs > asked.fromMs;
  const view: View = isAsked && asked.toMs - asked.fromMs <= WEEK_MS ? 'week' : 'month';
  const date = isAsked ? middleOf(asked, timeZone) : dateIn(nowMs, timeZone);
  const range = rangeAround(view, date, timeZone);
  const [from, to] = [range.fromMs, range.toMs].map((at) => new Date(at).toISOString());
  const { found, failure } = useReply<Calendar>(tools, `patching/calendar?from=${from}&to=${to}`);
  const show = (next: View, of: string): void => {
    const { fromMs, toMs } = rangeAround(next, of, timeZone);
    setSearch({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
  };
  const days = daysOf(range, timeZone);
  const bars = found === undefined ? [] : barsOf(found, timeZone);
  const open = (bar: Bar): void => setSearch({ open: bar.opens });
  return (
    <section className="d-section" aria-label="Calendar">
      <div className="d-header">
        <h2 role="status">{titleOf(view, date, days)}</h2>
        <div className="d-toolbar">
          <Button onClick={() => show(view, moved(view, date, -1))}>Earlier</Button>
          <Button onClick={() => show(view, dateIn(nowMs, timeZone))}>Today</Button>
          <Button onClick={() => show(view, moved(view, date, 1))}>Later</Button>
          <Choice
            label="Show"
            value={view}
            options={[
              { value: 'month', label: 'a month' },
              { value: 'week', label: 'a week' },
            ]}
            onChange={(value) => show(value === 'week' ? 'week' : 'month', date)}
          />
        </div>
      </div>
      {failure === undefined ? null : <Failure error={failure} />}
      {found === undefined && failure === undefined ? <Loading /> : null}
      {found?.more === true ? <p role="status">More windows than can be shown: choose a week.</p> : null}
      {view === 'month' ? (
        <Month
          days={days}
          bars={bars}
          month={date.slice(0, 7)}
          today={dateIn(nowMs, timeZone)}
          onOpen={open}
        />
      ) : (
        <Week days={days} bars={bars} timeZone={timeZone} nowMs={nowMs} onOpen={open} />
      )}
    </section>
  );
}

function titleOf(view: View, date: string, days: readonly Day[]): string {
  const format = (text: string, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options }).format(Date.parse(text));
  if (view === 'month') return format(date, { month: 'long', year: 'numeric' });
  const whole = { day: 'numeric', month: 'short', year: 'numeric' } as const;
  return `${format(days[0]?.date ?? date, whole)} to ${format(days.at(-1)?.date ?? date, whole)}`;
}

function barsOf({ occurrences, freezes }: Calendar, timeZone: string): readonly Bar[] {
  return [
    ...freezes
      .filter(({ removed }) => removed === null)
      .map(
        ({ id, from, to, reason }): Bar => ({
          key: id,
          kind: 'freeze',
          fromMs: Date.parse(from),
          toMs: Date.parse(to),
          name: `Freeze: ${reason}`,
          says: `Freeze, ${spanIn(from, to, timeZone)}: ${reason}`,
          opens: id,
          isFrozen: false,
          hasFailed: false,
        }),
      ),
    ...occurrences.map((occurrence): Bar => {
      const { windowId, name, opensAt, closesAt, frozenBecause, jobs } = occurrence;
      const total = jobs.planned + jobs.approved + jobs.ended + jobs.failed;
      const clock = clockIn(Date.parse(opensAt), timeZone).slice(11);
      return {
        key: `${windowId} ${opensAt}`,
        kind: 'window',
        fromMs: Date.parse(opensAt),
        toMs: Date.parse(closesAt),
        name: `${clock} ${name}${total === 0 ? '' : ` · ${total}`}`,
        says: `${name}, ${spanIn(opensAt, closesAt, timeZone)}: ${jobsText(occurrence)}${frozenBecause === null ? '' : `; frozen: ${frozenBecause}`}`,
        opens: windowId,
        isFrozen: frozenBecause !== null,
        hasFailed: jobs.failed > 0,
      };
    }),
  ];
}

interface BarProps {
  readonly bar: Bar;
  readonly style: React.CSSProperties;
  readonly onOpen: (bar: Bar) => void;
}

function BarButton({ bar, style, onOpen }: BarProps) {
  return (
    <button
      type="button"
      className="d-cal-bar"
      data-kind={bar.kind}
      data-frozen={bar.isFrozen || undefined}
      data-failed={bar.hasFailed || undefined}
      title={bar.says}
      style={style}
      onClick={() => onOpen(bar)}
    >
      <span>
        {bar.isFrozen ? '❄ frozen ' : ''}
        {bar.hasFailed ? '■ ' : ''}
        {bar.name}
      </span>
      <span className="d-visually-hidden">. {bar.says}</span>
    </button>
  );
}

const WEEKDAY = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short' });
const LANE_REM = 1.5;

function Month({
  days,
  bars,
  month,
  today,
  onOpen,
}: {
  readonly days: readonly Day[];
  readonly bars: readonly Bar[];
  readonly month: string;
  readonly today: string;
  readonly onOpen: (bar: Bar) => void;
}) {
  const weeks = Array.from({ length: Math.ceil(days.length / 7) }, (_, index) =>
    days.slice(index * 7, index * 7 + 7),
  );
  return (
    <div className="d-card d-cal" role="region" aria-label="Calendar of the month" tabIndex={0}>
      <div className="d-cal-names" aria-hidden="true">
        {days.slice(0, 7).map(({ date }) => (
          <span key={date}>{WEEKDAY.format(Date.parse(date))}</span>
        ))}
      </div>
      {weeks.map((week) => {
        const placed = placeInWeek(week, bars);
        const laneCount = Math.max(2, ...placed.map(({ lane }) => lane + 1));
        return (
          <div
            key={week[0]?.date}
            className="d-cal-week"
            style={{ minHeight: `${2.1 + laneCount * LANE_REM}rem` }}
          >
            {week.map(({ date }) => (
              <div
                key={date}
                className="d-cal-day"
                data-other={date.startsWith(month) ? undefined : true}
                data-today={date === today || undefined}
              >
                <time dateTime={date}>{Number(date.slice(8))}</time>
                {date === today ? <span className="d-tag">today</span> : null}
              </div>
            ))}
            {placed.map(({ item, first, last, lane }) => (
              <BarButton
                key={item.key}
                bar={item}
                onOpen={onOpen}
                style={{
                  left: `calc(${(first * 100) / 7}% + 2px)`,
                  width: `calc(${((last - first + 1) * 100) / 7}% - 4px)`,
                  top: `${1.7 + lane * LANE_REM}rem`,
                  height: `${LANE_REM - 0.15}rem`,
                }}
              />
            ))}
          </div>
        );
      })}
    </div>
  );
}

function Week({
  days,
  bars,
  timeZone,
  nowMs,
  onOpen,
}: {
  readonly days: readonly Day[];
  readonly bars: readonly Bar[];
  readonly timeZone: string;
  readonly nowMs: number;
  readonly onOpen: (bar: Bar) => void;
}) {
  return (
    <div className="d-card d-cal" role="region" aria-label="Calendar of the week" tabIndex={0}>
      <div className="d-cal-hours">
        {days.map((day) => (
          <div key={day.date} className="d-cal-column">
            <h3>
              {WEEKDAY.format(Date.parse(day.date))} {Number(day.date.slice(8))}
              <HoursOf day={day} />
            </h3>
            <div className="d-cal-lane">
              {HOURS.map((hours) => {
                const atMs = day.fromMs + hours * 3_600_000;
                return (
                  <span
                    key={hours}
                    className="d-cal-hour"
                    aria-hidden="true"
                    style={{ top: `${((atMs - day.fromMs) / (day.toMs - day.fromMs)) * 100}%` }}
                  >
                    {clockIn(atMs, timeZone).slice(11)}
                  </span>
                );
              })}
              {nowMs >= day.fromMs && nowMs < day.toMs ? (
                <span
                  className="d-cal-now"
                  role="img"
                  aria-label="now"
                  style={{ top: `${((nowMs - day.fromMs) / (day.toMs - day.fromMs)) * 100}%` }}
                />
              ) : null}
              {placeInDay(day, bars).map(({ item, top, height, lane, laneCount }) => (
                <BarButton
                  key={item.key}
                  bar={item}
                  onOpen={onOpen}
                  style={{
                    top: `${top * 100}%`,
                    height: `max(1.5rem, ${height * 100}%)`,
                    left: `calc(2.4rem + (100% - 2.4rem) * ${lane / laneCount})`,
                    width: `calc((100% - 2.4rem) / ${laneCount} - 2px)`,
                  }}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

/** Where the clock is changed a day is not 24 hours long, and says so. */
function HoursOf({ day }: { readonly day: Day }) {
  const hours = (day.toMs - day.fromMs) / 3_600_000;
  return hours === 24 ? null : <span className="d-tag">{hours} hours</span>;
}
