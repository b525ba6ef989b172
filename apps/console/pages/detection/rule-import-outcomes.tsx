/** What becomes of each rule of an import; what is refused stands first, with its line and the reason. */
import type { Column } from '@demarc/platform/contract/console';
import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import { DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/parts.tsx';
import { type Imported, type ImportedRules, inOrder } from './import-view.ts';

type Row = Imported & { readonly key: string };

const WORDS: Readonly<Record<Imported['outcome'], readonly [word: string, colour: string]>> = {
  refused: ['Refused', 'var(--d-fails)'],
  new: ['New', 'var(--d-holds)'],
  changed: ['Changed', 'var(--d-partly)'],
  unchanged: ['Unchanged', 'var(--d-unknown)'],
};

export function Outcomes({ seen, says }: { readonly seen: ImportedRules; readonly says: string }) {
  const [show, setShow] = useState('all');
  const rows = useMemo(
    () =>
      inOrder(seen.rules)
        .filter(({ outcome }) => show === 'all' || outcome === show)
        .map((rule, index) => ({ ...rule, key: String(index) })),
    [seen, show],
  );
  const counts: Readonly<Record<string, number>> = {
    refused: seen.refusedCount,
    new: seen.newCount,
    changed: seen.changedCount,
    unchanged: seen.unchangedCount,
  };
  return (
    <div className="d-stack d-short" data-testid="outcomes">
      <strong role="status">{says}</strong>
      <SegmentedControl
        aria-label="Which outcomes"
        value={show}
        onChange={setShow}
        data={[
          { value: 'all', label: `All (${seen.rules.length})` },
          ...Object.entries(WORDS).map(([value, [word]]) => ({
            value,
            label: `${word} (${counts[value] ?? 0})`,
          })),
        ]}
      />
      <DataTable<Row>
        label="What becomes of each rule"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ key }) => key}
        empty={<Empty title="None">No rule has this outcome.</Empty>}
      />
    </div>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: 'outcome',
    title: 'Outcome',
    width: '7.5rem',
    render: ({ outcome }) => <strong style={{ color: WORDS[outcome][1] }}>{WORDS[outcome][0]}</strong>,
  },
  {
    key: 'title',
    title: 'Rule',
    width: 'minmax(14rem, 1fr)',
    render: ({ title, ruleId }) => title ?? ruleId ?? 'no title',
  },
  {
    key: 'because',
    title: 'Because',
    width: 'minmax(16rem, 1.4fr)',
    render: ({ because }) => <span title={because ?? ''}>{because ?? ''}</span>,
  },
  {
    key: 'file',
    title: 'File and line',
    width: 'minmax(14rem, 1fr)',
    render: ({ file, line }) => (
      <span className="d-mono" title={`${file}:${line}`}>
        {file}:{line}
      </span>
    ),
  },
];
