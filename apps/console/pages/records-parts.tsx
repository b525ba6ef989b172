/** Parts of the pages about workbook, risks, exceptions and standards. */
import type { RecordScope } from '@demarc/platform/contract/assurance/workbook';
import type { Column } from '@demarc/platform/contract/console';
import { Modal, NativeSelect } from '@mantine/core';
import type { ReactNode } from 'react';
import { useZone } from '../app/zone.ts';
import { DataTable } from '../parts/data-table.tsx';
import { formatInstant, zoneName } from '../parts/time.ts';
import { useStandards } from './records.ts';

/** On the screen a table for many rows, on paper every row. */
export function Register<Row>(props: {
  readonly label: string;
  /** The instant of what is shown: on paper it must be said. */
  readonly at: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  rowKey(row: Row): string;
  onOpen(row: Row): void;
  readonly selectedKey: string | undefined;
  readonly empty: ReactNode;
  /** Only on the screen: ticks. */
  readonly before?: readonly Column<Row>[];
}) {
  const { before = [], columns, at, ...rest } = props;
  const ticks = before.map((column) => ({ ...column, screenOnly: true as const }));
  return <DataTable {...rest} printLabel={`${props.label}, as of ${at}`} columns={[...ticks, ...columns]} />;
}

/** A window that first says what will happen. */
export function Decision({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
      transitionProps={{ duration: 0 }}
    >
      <div className="d-stack">{children}</div>
    </Modal>
  );
}

/** What it is to be about: everything, or one asset. */
export function ScopeField({
  value,
  onChange,
  everything = true,
}: {
  readonly value: string;
  readonly onChange: (assetId: string) => void;
  readonly everything?: boolean;
}) {
  const standards = useStandards();
  return (
    <NativeSelect
      label="For"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      data={[
        ...(everything ? [{ value: '', label: 'everything it applies to' }] : []),
        ...(standards.data?.assets ?? []).map(({ assetId, assetName, type }) => ({
          value: assetId,
          label: type === 'tenant' ? assetName : `${assetName} (${type})`,
        })),
      ]}
    />
  );
}

export const scopeOf = (assetId: string): RecordScope =>
  assetId === '' ? { kind: 'tenant' } : { kind: 'asset', assetId };

/** `VMS-09 Software integrity`, in a list of many. */
export function ControlList({ ids }: { readonly ids: readonly string[] }) {
  return (
    <p style={{ margin: 0 }}>
      <strong>
        {ids.length} control{ids.length === 1 ? '' : 's'}
      </strong>{' '}
      <span className="d-quiet">{ids.join(', ')}</span>
    </p>
  );
}

export function Day({ at, late = false }: { readonly at: string | null; readonly late?: boolean }) {
  const zone = useZone();
  if (at === null) return <span className="d-quiet">none</span>;
  return (
    <time
      dateTime={at}
      title={`${formatInstant(at, zone)} ${zoneName(zone)}`}
      className={late ? 'd-late' : ''}
    >
      {at.slice(0, 10)}
      {late ? ' overdue' : ''}
    </time>
  );
}
