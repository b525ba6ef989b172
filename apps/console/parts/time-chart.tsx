/** Events over time as stacked bars; dragging over it narrows the time range. */
import type { EventHistogram } from '@demarc/platform/contract/api';
import { useComputedColorScheme } from '@mantine/core';
import { BarChart } from 'echarts/charts';
import {
  AriaComponent,
  BrushComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
} from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { usePageSearch } from '../app/page-search.ts';

use([BarChart, GridComponent, TooltipComponent, LegendComponent, BrushComponent, AriaComponent, SVGRenderer]);

const SEVERITIES = [
  ['1', 'Informational', '#7a94b8'],
  ['2', 'Low', '#5aa0a0'],
  ['3', 'Medium', '#c79a3a'],
  ['4', 'High', '#cf6b4a'],
  ['5', 'Critical', '#b3261e'],
] as const;

export function TimeChart({
  histogram,
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
  const element = useRef<HTMLDivElement>(null);
  const { setSearch } = usePageSearch();
  const scheme = useComputedColorScheme();
  useEffect(() => {
    if (element.current === null) return;
    const colour = window.getComputedStyle(element.current).color;
    const chart = init(element.current, undefined, { renderer: 'svg' });
    chart.setOption({
      animation: false,
      aria: { enabled: true, label: { description: `Number of ${what} over time, by severity` } },
      grid: { left: 48, right: 12, top: 24, bottom: 24 },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      legend: { top: 0, right: 8, itemHeight: 8, itemWidth: 12, textStyle: { color: colour, fontSize: 11 } },
      toolbox: { show: false },
      brush: { xAxisIndex: 0, brushType: 'lineX', throttleType: 'debounce' },
      xAxis: { type: 'time', min: from, max: to, axisLabel: { color: colour, hideOverlap: true } },
      yAxis: {
        type: 'value',
        minInterval: 1,
        // The picture is low: more lines than these touch each other.
        splitNumber: 2,
        name: what,
        nameTextStyle: { color: colour },
        axisLabel: { color: colour },
        splitLine: { lineStyle: { color: colour, opacity: 0.12 } },
      },
      series: SEVERITIES.filter(([id]) =>
        histogram.buckets.some((bucket) => bucket.counts[id] !== undefined),
      ).map(([id, name, hue]) => ({
        name,
        type: 'bar',
        stack: 'events',
        barMaxWidth: 18,
        itemStyle: { color: hue },
        data: histogram.buckets.map((bucket) => [bucket.at, bucket.counts[id] ?? 0]),
      })),
    });
    chart.dispatchAction({
      type: 'takeGlobalCursor',
      key: 'brush',
      brushOption: { brushType: 'lineX', brushMode: 'single' },
    });
    chart.on('brushEnd', (event) => {
      const [start, end] =
        (event as { readonly areas?: readonly { readonly coordRange?: readonly [number, number] }[] })
          .areas?.[0]?.coordRange ?? [];
      if (start !== undefined && end !== undefined)
        setSearch({ range: `${new Date(start).toISOString()}..${new Date(end).toISOString()}` });
    });
    const resize = new ResizeObserver(() => chart.resize());
    resize.observe(element.current);
    return () => {
      resize.disconnect();
      chart.dispose();
    };
    // The colours of its texts are read when it is drawn, and the scheme decides them.
  }, [histogram, from, to, what, setSearch, scheme]);
  return <div ref={element} className="d-card d-chart" />;
}
