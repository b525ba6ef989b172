/** A line for each machine, a bar for its share of a window; only what is on the screen is in the page. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { PlannedWork, ShownFreeze, ShownPlan } from '../api.ts';
import type { Span } from './calendar-layout.ts';
import {
  barOf,
  type GanttRow,
  rowsOf,
  seenRows,
  shareOf,
  shifted,
  ticksOf,
  viewOf,
  viewText,
  zoomed,
} from './gantt-scale.ts';
import { DECISION_WORDS, instantIn, workText } from './words.ts';

const ROW_PX = 28;
const HEIGHT_PX = 420;
const DECISIONS = ['immediate', 'out-of-cycle', 'scheduled', 'defer'] as const;
const percent = (share: number): string => `${share * 100}%`;
const spanOf = (from: string, to: string): Span => ({ fromMs: Date.parse(from), toMs: Date.parse(to) });

interface GanttProps {
  readonly tools: ConsoleTools;
  readonly plan: ShownPlan;
  readonly freezes: readonly ShownFreeze[];
  readonly timeZone: string;
}

export function Gantt({ tools, plan, freezes, timeZone }: GanttProps) {
  const { Button } = tools.parts;
  const whole = spanOf(plan.from, plan.to);
  const view = viewOf(tools.search['zoom'], whole);
  const show = (next: Span): void =>
    tools.setSearch({
      zoom: next.fromMs === whole.fromMs && next.toMs === whole.toMs ? undefined : viewText(next),
    });
  const rows = useMemo(() => rowsOf(plan.work), [plan.work]);
  const [scrollTop, setScrollTop] = useState(0);
  const [focused, setFocused] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  const [first, end] = seenRows(scrollTop, HEIGHT_PX, ROW_PX, rows.length);
  if (rows.length === 0) return null;
  const instants = [view.fromMs, view.toMs].map((at) => instantIn(new Date(at).toISOString(), timeZone));
  return (
    <section className="d-section" aria-label="Gantt chart">
      <div className="d-header">
        <h2 role="status">
          {instants[0]} to {instants[1]}
        </h2>
        <div className="d-toolbar">
          <Button onClick={() => show(shifted(view, whole, -0.5))}>Earlier</Button>
          <Button onClick={() => show(shifted(view, whole, 0.5))}>Later</Button>
          <Button onClick={() => show(zoomed(view, whole, 0.5))}>Closer</Button>
          <Button onClick={() => show(zoomed(view, whole, 2))}>Wider</Button>
          <Button onClick={() => show(whole)}>All of it</Button>
        </div>
      </div>
      <Windows plan={plan} timeZone={timeZone} onShow={(span) => show(zoomed(span, whole, 1.5))} />
      <div className="d-card d-gantt">
        <div className="d-gantt-head" aria-hidden="true">
          <span className="d-gantt-name">Machine</span>
          <div className="d-gantt-track">
            {ticksOf(view, timeZone).map(({ atMs, label }) => (
              <span key={atMs} className="d-gantt-tick" style={{ left: percent(shareOf(atMs, view)) }}>
                {label}
              </span>
            ))}
          </div>
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
        <div
          className="d-gantt-scroll"
          ref={scroller}
          tabIndex={0}
          role="group"
          aria-label="Machines and their work; arrows move from bar to bar, the table below says the same"
          style={{ maxHeight: HEIGHT_PX }}
          onScroll={({ currentTarget }) => setScrollTop(currentTarget.scrollTop)}
          onKeyDown={(event) => {
            const next = nextBar(event, rows, view, focused);
            if (next === undefined) return;
            event.preventDefault();
            setFocused(next.key);
            const top = next.row * ROW_PX;
            const box = scroller.current;
            if (box === null) return;
            if (top < box.scrollTop) box.scrollTop = top;
            if (top + ROW_PX > box.scrollTop + box.clientHeight)
              box.scrollTop = top + ROW_PX - box.clientHeight;
          }}
        >
          <div style={{ height: rows.length * ROW_PX, position: 'relative' }}>
            <Bands view={view} freezes={freezes} />
            {rows.slice(first, end).map((row, index) => (
              <div
                key={row.key}
                className="d-gantt-row"
                style={{ top: (first + index) * ROW_PX, height: ROW_PX }}
              >
                {row.kind === 'group' ? (
                  <strong className="d-gantt-group">{row.title}</strong>
                ) : (
                  <>
                    <span className="d-gantt-name" title={row.name}>
                      {row.name}
                    </span>
                    <div className="d-gantt-track">
                      {row.work.map((work) => (
                        <WorkBar
                          key={keyOf(work)}
                          tools={tools}
                          work={work}
                          view={view}
                          timeZone={timeZone}
                          isFocused={focused === keyOf(work)}
                          onFocus={() => setFocused(keyOf(work))}
                        />
                      ))}
                    </div>
                  </>
                )}
              </div>
            ))}
          </div>
        </div>
      </div>
      <Legend />
    </section>
  );
}

const keyOf = ({ assetId, windowId, startsAt }: PlannedWork): string => `${assetId} ${windowId} ${startsAt}`;

function nextBar(
  { key }: KeyboardEvent,
  rows: readonly GanttRow[],
  view: Span,
  focused: string | undefined,
): { readonly key: string; readonly row: number } | undefined {
  const isBack = key === 'ArrowUp' || key === 'ArrowLeft';
  if (!isBack && key !== 'ArrowDown' && key !== 'ArrowRight') return undefined;
  const bars = rows.flatMap((row, index) =>
    row.kind === 'group'
      ? []
      : row.work
          .filter(({ startsAt, endsAt }) => barOf(spanOf(startsAt, endsAt), view) !== undefined)
          .map((work) => ({ key: keyOf(work), row: index })),
  );
  const at = bars.findIndex((bar) => bar.key === focused);
  return at < 0 ? bars[0] : bars[at + (isBack ? -1 : 1)];
}

/** A month of windows of four hours is a row of hairlines: one press brings a window closer. */
function Windows({
  plan,
  timeZone,
  onShow,
}: {
  readonly plan: ShownPlan;
  readonly timeZone: string;
  readonly onShow: (span: Span) => void;
}) {
  const opened = [
    ...new Map(plan.work.map((work) => [`${work.windowId} ${work.opensAt}`, work])).values(),
  ].toSorted((a, b) => a.opensAt.localeCompare(b.opensAt));
  const shown = opened.slice(0, 12);
  return (
    <p className="d-quiet">
      Closer to:{' '}
      {shown.map(({ windowId, windowName, opensAt, closesAt }, index) => (
        <span key={`${windowId} ${opensAt}`}>
          {index === 0 ? '' : ' · '}
          <button type="button" className="d-link" onClick={() => onShow(spanOf(opensAt, closesAt))}>
            {windowName}, {instantIn(opensAt, timeZone)}
          </button>
        </span>
      ))}
      {opened.length > shown.length ? ` and ${opened.length - shown.length} more` : ''}
    </p>
  );
}

function Bands({ view, freezes }: { readonly view: Span; readonly freezes: readonly ShownFreeze[] }) {
  const now = shareOf(Date.now(), view);
  return (
    <div className="d-gantt-bands">
      {freezes.map(({ id, from, to, reason }) => {
        const bar = barOf(spanOf(from, to), view);
        return bar === undefined ? null : (
          <span
            key={id}
            role="img"
            className="d-gantt-freeze"
            title={`Freeze: ${reason}`}
            aria-label={`Freeze: ${reason}`}
            style={{ left: percent(bar.left), width: percent(bar.width) }}
          />
        );
      })}
      {now < 0 || now > 1 ? null : (
        <span role="img" aria-label="now" className="d-gantt-now" style={{ left: percent(now) }} />
      )}
    </div>
  );
}

function WorkBar({
  tools,
  work,
  view,
  timeZone,
  isFocused,
  onFocus,
}: {
  readonly tools: ConsoleTools;
  readonly work: PlannedWork;
  readonly view: Span;
  readonly timeZone: string;
  readonly isFocused: boolean;
  readonly onFocus: () => void;
}) {
  const button = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (isFocused) button.current?.focus({ preventScroll: true });
  }, [isFocused]);
  const band = barOf(spanOf(work.opensAt, work.closesAt), view);
  const bar = barOf(spanOf(work.startsAt, work.endsAt), view);
  const due = shareOf(Date.parse(work.dueAt), view);
  const says = workText(work, timeZone);
  const { jobId } = work;
  return (
    <>
      {band === undefined ? null : (
        <span
          className="d-gantt-window"
          style={{ left: percent(band.left), width: percent(band.width) }}
          aria-hidden="true"
        />
      )}
      {due < 0 || due > 1 ? null : (
        <span className="d-gantt-due" style={{ left: percent(due) }} aria-hidden="true" />
      )}
      {bar === undefined ? null : (
        <a
          ref={button}
          className="d-gantt-bar"
          data-decision={work.decision}
          data-late={work.isLate || undefined}
          href={
            jobId === null
              ? `/t/${tools.tenantId}/scanned-machines?open=${work.assetId}`
              : `/t/${tools.tenantId}/patch-jobs?job=${jobId}`
          }
          title={says}
          aria-label={says}
          style={{ left: percent(bar.left), width: percent(bar.width) }}
          onFocus={onFocus}
        >
          <span aria-hidden="true">
            {work.isLate ? '!' : ''}
            {work.reboots ? '↻' : ''}
          </span>
        </a>
      )}
    </>
  );
}

function Legend() {
  return (
    <ul className="d-legend d-gantt-legend">
      {DECISIONS.map((decision) => (
        <li key={decision} className="d-share">
          <i className="d-gantt-key" data-decision={decision} />
          {DECISION_WORDS[decision]}
        </li>
      ))}
      <li className="d-share">↻ reboots</li>
      <li className="d-share">! late</li>
      <li className="d-share">
        <i className="d-gantt-key" data-what="window" /> the window
      </li>
      <li className="d-share">
        <i className="d-gantt-key" data-what="due" /> due
      </li>
      <li className="d-share">
        <i className="d-gantt-key" data-what="freeze" /> freeze
      </li>
      <li className="d-share">
        <i className="d-gantt-key" data-what="now" /> now
      </li>
    </ul>
  );
}
