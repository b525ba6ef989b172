/** Counts over time, a colour for each kind; dragging over it narrows the time range. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
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

/** Apart from each other on both grounds; what is beyond shares the last one. */
const HUES = ['#2f7ebc', '#cf6b4a', '#5aa0a0', '#c79a3a', '#8a6bbf', '#b3261e', '#4d9a57', '#7a94b8'];

export const Timeline: ConsoleTools['parts']['Timeline'] = ({ what, series, from, to }) => {
  const element = useRef<HTMLDivElement>(null);
  const { setSearch } = usePageSearch();
  const scheme = useComputedColorScheme();
  useEffect(() => {
    if (element.current === null) return;
    const colour = window.getComputedStyle(element.current).color;
    const chart = init(element.current, undefined, { renderer: 'svg' });
    chart.setOption({
      animation: false,
      aria: { enabled: true, label: { description: `Number of ${what} over time, by kind` } },
      grid: { left: 48, right: 12, top: 30, bottom: 24 },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      legend: {
        type: 'scroll',
        top: 0,
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
        splitNumber: 2,
        axisLabel: { color: colour },
        splitLine: { lineStyle: { color: colour, opacity: 0.12 } },
      },
      series: series.map(({ name, points }, at) => ({
        name,
        type: 'bar',
        stack: 'all',
        barMaxWidth: 18,
        itemStyle: { color: HUES[Math.min(at, HUES.length - 1)] },
        data: points.map(([instant, count]) => [instant, count]),
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
  }, [series, from, to, what, setSearch, scheme]);
  return <div ref={element} className="d-card d-chart" />;
};
