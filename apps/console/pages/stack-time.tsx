/** The stack over time, and the slider with which the whole page is turned back. */
import type { Timeline } from '@demarc/platform/contract/assurance/responsibility';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useAsOf } from '../app/as-of.ts';
import { useZone } from '../app/zone.ts';
import { Failure } from '../parts/parts.tsx';
import { lookOf, partyWord } from '../parts/party.ts';
import { formatInstant, zoneName } from '../parts/time.ts';
import { useTimeline } from './responsibility-queries.ts';
import { areasOf, asOfAt, positionOf } from './stack-view.ts';

const HEIGHT = 110;
/** So long after the last move of the slider the page is asked for. */
const SETTLE_MS = 180;

export function StackTime({ names }: { readonly names: ReadonlyMap<string, string> }) {
  const timeline = useTimeline();
  if (timeline.isError) return <Failure error={timeline.error} />;
  if (timeline.data === undefined || timeline.data.points.length < 2) return null;
  return <OverTime timeline={timeline.data} names={names} />;
}

function OverTime({
  timeline,
  names,
}: {
  readonly timeline: Timeline;
  readonly names: ReadonlyMap<string, string>;
}) {
  const zone = useZone();
  const { asOf, setAsOf } = useAsOf();
  const { ref, width } = useElementSize();
  const chosen = positionOf(timeline, asOf);
  const [position, setPosition] = useState(chosen);
  useEffect(() => setPosition(chosen), [chosen]);
  useEffect(() => {
    if (position === chosen) return undefined;
    const timer = window.setTimeout(() => setAsOf(asOfAt(timeline, position)), SETTLE_MS);
    return () => window.clearTimeout(timer);
  });
  const last = timeline.points.length - 1;
  const point = timeline.points[position];
  const at = position === last ? 'now' : formatInstant(point?.at ?? timeline.to, zone);
  const counts = timeline.owners
    .map((owner, index) => [wordOf(owner, names), point?.duties[index] ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
  return (
    <section className="d-card d-time" aria-label="Over time">
      <div ref={ref}>
        <svg
          viewBox={`0 0 ${Math.max(1, width)} ${HEIGHT}`}
          height={HEIGHT}
          role="img"
          aria-label={`Duties by party from ${formatInstant(timeline.from, zone)} to ${formatInstant(timeline.to, zone)}; ${at}: ${counts}`}
        >
          <StackPatterns />
          {areasOf(timeline, width, HEIGHT).map(({ owner, path }) => (
            <path
              key={owner}
              d={path}
              fill={`url(#d-pattern-${lookOf(...partyOf(owner)).pattern})`}
              stroke="var(--d-surface)"
              strokeWidth="1"
            />
          ))}
          <line
            x1={(position * width) / last}
            x2={(position * width) / last}
            y1="0"
            y2={HEIGHT}
            stroke="var(--d-text)"
            strokeWidth="2"
          />
        </svg>
      </div>
      <input
        type="range"
        min={0}
        max={last}
        step={1}
        value={position}
        aria-label="As of"
        aria-valuetext={`${at}: ${counts}`}
        onChange={(event) => setPosition(Number(event.currentTarget.value))}
      />
      <div className="d-ends">
        <span>{formatInstant(timeline.from, zone)}</span>
        <output data-testid="slider-at">
          <strong>{at}</strong>
          {at === 'now' ? '' : ` ${zoneName(zone)}`}
        </output>
        <span>now</span>
      </div>
      <ul className="d-legend" aria-label="Duties by party">
        {timeline.owners.map((owner, index) => (
          <li key={owner} className="d-share">
            <i style={{ background: lookOf(...partyOf(owner)).background }} aria-hidden="true" />
            {wordOf(owner, names)} {point?.duties[index] ?? 0}
          </li>
        ))}
      </ul>
    </section>
  );
}

const partyOf = (owner: string): readonly [party: string | null, state: string] =>
  owner === 'unowned' || owner === 'contested' ? [null, owner] : [owner, 'owned'];
const wordOf = (owner: string, names: ReadonlyMap<string, string>): string =>
  partyWord(...partyOf(owner), names);

/** The patterns of the parties as SVG fills, in the colours of the page. */
function StackPatterns() {
  const line = (d: string, colour: string, strokeWidth = 2) => (
    <path d={d} stroke={`var(${colour})`} strokeWidth={strokeWidth} fill="none" />
  );
  const tile = { width: 8, height: 8, patternUnits: 'userSpaceOnUse' } as const;
  return (
    <defs>
      <pattern id="d-pattern-provider" {...tile}>
        <rect width="8" height="8" fill="var(--d-provider)" />
      </pattern>
      <pattern id="d-pattern-joint" {...tile}>
        <rect width="8" height="8" fill="var(--d-customer)" />
        <rect width="8" height="4" fill="var(--d-provider)" />
      </pattern>
      <pattern id="d-pattern-customer" {...tile}>
        {line('M-2 6 6-2M0 12 12 0M2 14 14 2', '--d-customer', 3)}
      </pattern>
      <pattern id="d-pattern-ams" {...tile}>
        <circle cx="4" cy="4" r="2.2" fill="var(--d-ams)" />
      </pattern>
      <pattern id="d-pattern-third" {...tile}>
        {line('M2 0V8M6 0V8', '--d-third')}
      </pattern>
      <pattern id="d-pattern-contested" {...tile}>
        {line('M0 0 8 8M8 0 0 8', '--d-nobody', 1.2)}
      </pattern>
      <pattern id="d-pattern-unowned" {...tile}>
        {line('M0 2 6 8M2 0 8 6', '--d-nobody', 1.2)}
      </pattern>
    </defs>
  );
}
