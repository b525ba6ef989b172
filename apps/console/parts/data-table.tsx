/** A table for very many rows: only those in view exist, and on paper all. Arrow keys move, Enter opens. */
import type { DataTableProps } from '@demarc/platform/contract/console';
import { Button } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, useRef } from 'react';
import { PrintTable } from './print-table.tsx';
import { usePrinting } from './printing.ts';

const ROW_PIXELS = 36;

export function DataTable<Row>({
  label,
  printLabel = label,
  rows,
  columns,
  rowKey,
  onOpen,
  selectedKey,
  empty,
  more,
}: DataTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PIXELS,
    overscan: 12,
  });
  const printing = usePrinting();
  const template = columns.map((column) => column.width).join(' ');
  // Every row must lay its tracks the same way, also when all of them together are wider than the page.
  const narrowest = `${columns.reduce((sum, { width }) => sum + Number(/([\d.]+)rem/.exec(width)?.[1] ?? 8), 0)}rem`;
  if (rows.length === 0) return <div className="d-card">{empty}</div>;
  const move = (event: KeyboardEvent<HTMLElement>, index: number): void => {
    const to = event.key === 'ArrowDown' ? index + 1 : event.key === 'ArrowUp' ? index - 1 : undefined;
    if (to === undefined || to < 0 || to >= rows.length) return;
    event.preventDefault();
    virtual.scrollToIndex(to);
    window.requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus(),
    );
  };
  if (printing) return <PrintTable label={printLabel} rows={rows} rowKey={rowKey} columns={columns} />;
  return (
    <>
      <div
        className="d-card d-table"
        ref={scroller}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        tabIndex={-1}
        style={{ '--d-min': narrowest } as CSSProperties}
      >
        <div className="d-row d-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
          {columns.map((column) => (
            <span key={column.key} role="columnheader">
              {column.title}
            </span>
          ))}
        </div>
        <div
          className="d-body"
          role="rowgroup"
          style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: narrowest }}
        >
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const key = rowKey(row);
            return (
              <div
                key={key}
                className="d-row"
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={key === selectedKey}
                data-index={item.index}
                data-opens={onOpen === undefined ? undefined : ''}
                tabIndex={0}
                style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)` }}
                onClick={(event) => {
                  if (!isForItself(event.target)) onOpen?.(row);
                }}
                onKeyDown={(event) => {
                  if (isForItself(event.target)) return;
                  if (event.key === 'Enter') onOpen?.(row);
                  else move(event, item.index);
                }}
              >
                {columns.map((column) => (
                  <span key={column.key} role="gridcell">
                    {column.render(row)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {more === undefined ? null : (
        <Button variant="default" size="xs" mt="xs" loading={more.busy} onClick={() => more.bring()}>
          {more.label}
        </Button>
      )}
    </>
  );
}

/** A button in a row does what it says, and does not open the row as well. */
function isForItself(target: EventTarget): boolean {
  return target instanceof Element && target.closest('a, button, input, select') !== null;
}
