/** Counts over time as stacked bars; dragging over them narrows the time range. */
import type { Series } from '@demarc/platform/contract/console';
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

export interface ColouredSeries extends Series {
  readonly colour: string;
}

export function StackedBars({
  what,
  by,
  series,
  from,
  to,
}: {
  /** What is counted, many of them. */
  readonly what: string;
  /** What the colours tell apart. */
  readonly by: string;
  /** The same object for the same counts: another one is drawn anew. */
  readonly series: readonly ColouredSeries[];
  readonly from: string;
  readonly to: string;
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
      aria: { enabled: true, label: { description: `Number of ${what} over time, by ${by}` } },
      grid: { left: 48, right: 12, top: 30, bottom: 24 },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      legend: {
        type: 'scroll',
        top: 0,
        // Beside the name of the axis, not on it.
        left: 96,
        right: 8,
        itemHeight: 8,
        itemWidth: 12,
        textStyle: { color: colour, fontSize: 11 },
      },
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
      series: series.map((one) => ({
        name: one.name,
        type: 'bar',
        stack: 'all',
        barMaxWidth: 18,
        itemStyle: { color: one.colour },
        data: one.points.map(([at, count]) => [at, count]),
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
  }, [series, from, to, what, by, setSearch, scheme]);
  return <div ref={element} className="d-card d-chart" />;
}
