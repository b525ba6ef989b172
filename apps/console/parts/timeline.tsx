/** Counts over time, a colour for each kind. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useMemo } from 'react';
import { StackedBars } from './stacked-bars.tsx';

/** Apart from each other on both grounds; what is beyond shares the last one. */
const HUES = ['#2f7ebc', '#cf6b4a', '#5aa0a0', '#c79a3a', '#8a6bbf', '#b3261e', '#4d9a57'] as const;
const OTHER = '#7a94b8';

export const Timeline: ConsoleTools['parts']['Timeline'] = ({ what, series, from, to }) => {
  const coloured = useMemo(() => series.map((one, at) => ({ ...one, colour: HUES[at] ?? OTHER })), [series]);
  return <StackedBars what={what} by="kind" series={coloured} from={from} to={to} />;
};
