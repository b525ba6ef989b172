/** Events over time, by severity. */
import type { EventHistogram } from '@demarc/platform/contract/api';
import { useMemo } from 'react';
import { StackedBars } from './stacked-bars.tsx';

const SEVERITIES = [
  ['1', 'Informational', '#7a94b8'],
  ['2', 'Low', '#5aa0a0'],
  ['3', 'Medium', '#c79a3a'],
  ['4', 'High', '#cf6b4a'],
  ['5', 'Critical', '#b3261e'],
] as const;

export function TimeChart({
  histogram: { buckets },
  from,
  to,
  what = 'events',
}: {
  readonly histogram: EventHistogram;
  readonly from: string;
  readonly to: string;
  /** What is counted, many of them. */
  readonly what?: string;
}) {
  const series = useMemo(
    () =>
      SEVERITIES.filter(([id]) => buckets.some(({ counts }) => counts[id] !== undefined)).map(
        ([id, name, colour]) => ({
          name,
          colour,
          points: buckets.map(({ at, counts }) => [at, counts[id] ?? 0] as const),
        }),
      ),
    [buckets],
  );
  return <StackedBars what={what} by="severity" series={series} from={from} to={to} />;
}
