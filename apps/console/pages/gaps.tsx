/** What is mine, what is nobody's, what waits, what fails: each with its next step. */
import type { MatrixCell } from '@demarc/platform/contract/api';
import { Button, SegmentedControl } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../app/api.ts';
import { useAsOf } from '../app/as-of.ts';
import { usePageSearch } from '../app/page-search.ts';
import { Done } from '../app/schemas.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { PartyMark, StatusMark } from '../parts/marks.tsx';
import { Empty, Failure, Loading, PageHeader } from '../parts/parts.tsx';
import { Why } from './matrix.tsx';
import { useMatrix, useTenantId } from './queries.ts';

interface Line {
  readonly key: string;
  readonly cell: MatrixCell;
  readonly duty: MatrixCell['duties'][number];
}

const VIEWS: Readonly<Record<string, readonly [title: string, keep: (line: Line) => boolean]>> = {
  nobody: ['Nobody’s', ({ duty }) => duty.state !== 'owned'],
  pending: ['Waiting', ({ duty }) => duty.flags.some((flag) => flag.startsWith('pending:'))],
  failing: [
    'Failing or stale',
    ({ cell, duty }) =>
      duty.duty === 'respond' && (cell.status === 'not-satisfied' || cell.status === 'stale-evidence'),
  ],
  mine: ['Mine', ({ duty }) => duty.party?.includes('customer') === true],
};

export function GapsPage() {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  const { search, setSearch } = usePageSearch();
  const { asOf } = useAsOf();
  const matrix = useMatrix(asOf);
  const accept = useMutation({
    mutationFn: () => post(`/v1/tenants/${tenantId}/schedule/accept`, Done),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['matrix', tenantId] }),
  });
  if (matrix.isError) return <Failure error={matrix.error} />;
  if (matrix.data === undefined) return <Loading />;
  const lines = matrix.data.cells.flatMap((cell) =>
    cell.duties.map((duty) => ({ key: `${cell.controlId}@${cell.assetId}@${duty.duty}`, cell, duty })),
  );
  const view = search['view'] ?? 'nobody';
  const [, keep] = VIEWS[view] ?? VIEWS['nobody'] ?? ['', () => true];
  const shown = lines.filter((line) => keep(line));
  const unaccepted = lines.some(({ duty }) => duty.by === 'no accepted claim');
  const selected = lines.find(({ key }) => key === search['open']);
  return (
    <>
      <PageHeader
        title="Mine and nobody’s"
        summary={
          <>
            {matrix.data.unownedCount} of {lines.length} duties are nobody’s; damage is done where each side
            believes the other took care. <AsOfNote />
          </>
        }
        actions={
          unaccepted ? (
            <Button onClick={() => accept.mutate()} loading={accept.isPending}>
              Accept the responsibility schedule
            </Button>
          ) : null
        }
      />
      {accept.isError ? <Failure error={accept.error} /> : null}
      <SegmentedControl
        mb="sm"
        aria-label="Which duties"
        value={view}
        onChange={(value) => setSearch({ view: value, open: undefined })}
        data={Object.entries(VIEWS).map(([value, [label, filter]]) => ({
          value,
          label: `${label} (${lines.filter((line) => filter(line)).length})`,
        }))}
      />
      <DataTable
        label="Duties"
        rows={shown}
        rowKey={(line) => line.key}
        selectedKey={search['open']}
        onOpen={(line) => setSearch({ open: line.key })}
        empty={<Empty title="Nothing here">No duty is in this state right now.</Empty>}
        columns={[
          { key: 'control', title: 'Control', width: '6rem', render: ({ cell }) => cell.controlId },
          { key: 'title', title: 'Title', width: 'minmax(14rem, 2fr)', render: ({ cell }) => cell.title },
          { key: 'asset', title: 'Asset', width: 'minmax(8rem, 1fr)', render: ({ cell }) => cell.assetName },
          { key: 'duty', title: 'Duty', width: '7rem', render: ({ duty }) => duty.duty },
          {
            key: 'owner',
            title: 'Owner',
            width: '11rem',
            render: ({ duty }) => <PartyMark party={duty.party} state={duty.state} />,
          },
          {
            key: 'status',
            title: 'Status',
            width: '7.5rem',
            render: ({ cell }) => <StatusMark status={cell.status} />,
          },
          {
            key: 'because',
            title: 'Because',
            width: 'minmax(18rem, 3fr)',
            render: ({ duty }) => duty.because,
          },
        ]}
      />
      {selected === undefined ? null : (
        <Why cell={selected.cell} asOf={asOf} onClose={() => setSearch({ open: undefined })} />
      )}
    </>
  );
}
