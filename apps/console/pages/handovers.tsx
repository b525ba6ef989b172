/** The queue of hand-overs: what is nearest first, each with what it waits for. */
import { type Handover, HandoverList } from '@demarc/platform/contract/assurance/handover';
import { Button, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Empty, Failure, Loading, PageHeader } from '../parts/parts.tsx';
import { HandoverDetails, HandoverMark } from './handover-details.tsx';
import { isOverdue, whenOf, whyOf } from './handover-view.ts';
import { useTenantId } from './queries.ts';

const waits = ({ state }: Handover): boolean => state === 'open' || state === 'ready-to-sign';
const VIEWS: Readonly<Record<string, readonly [title: string, keep: (handover: Handover) => boolean]>> = {
  waiting: ['Waiting', waits],
  leaving: ['Ending', ({ direction }) => direction === 'offboarding'],
  starting: ['Beginning', ({ direction }) => direction === 'onboarding'],
  all: ['All', () => true],
};

export function HandoversPage() {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const list = useQuery({
    queryKey: ['matrix', tenantId, 'handovers'],
    queryFn: () => get(`/v1/tenants/${tenantId}/handovers`, HandoverList),
    refetchInterval: 15_000,
  });
  if (list.isError) return <Failure error={list.error} />;
  if (list.data === undefined) return <Loading />;
  const { entitlement } = search;
  const all = list.data.handovers.filter(
    ({ entitlementId }) => entitlement === undefined || entitlementId === entitlement,
  );
  const view = search['view'] ?? (entitlement === undefined ? 'waiting' : 'all');
  const [, keep] = VIEWS[view] ?? ['', () => true];
  const nowMs = Date.parse(list.data.asOf);
  const overdue = all.filter((handover) => isOverdue(handover, nowMs)).length;
  const selected = all.find(({ handoverId }) => handoverId === search['open']);
  return (
    <>
      <PageHeader
        title="Hand-overs"
        summary={`${all.filter(waits).length} of ${all.length} wait for somebody${overdue === 0 ? '' : `, ${overdue} past the date`}. A duty is nobody’s until its taker has accepted it.`}
        actions={
          entitlement === undefined ? null : (
            <Button variant="default" onClick={() => setSearch({ entitlement: undefined })}>
              Show those of all services
            </Button>
          )
        }
      />
      <SegmentedControl
        mb="sm"
        aria-label="Which hand-overs"
        value={view}
        onChange={(value) => setSearch({ view: value, open: undefined })}
        data={Object.entries(VIEWS).map(([value, [label, filter]]) => ({
          value,
          label: `${label} (${all.filter((handover) => filter(handover)).length})`,
        }))}
      />
      <DataTable
        label="Hand-overs"
        rows={all.filter((handover) => keep(handover))}
        rowKey={({ handoverId }) => handoverId}
        selectedKey={search['open']}
        onOpen={({ handoverId }) => setSearch({ open: handoverId })}
        empty={
          <Empty title="No hand-overs here">
            One is opened when a service is bought and when notice is given for it, under Services.
          </Empty>
        }
        columns={[
          {
            key: 'state',
            title: 'State',
            width: '9.5rem',
            render: ({ state }) => <HandoverMark state={state} />,
          },
          {
            key: 'title',
            title: 'Service',
            width: 'minmax(14rem, 2fr)',
            render: ({ title, tier }) => `${title}, ${tier}`,
          },
          {
            key: 'direction',
            title: 'It',
            width: '6rem',
            render: ({ direction }) => (direction === 'onboarding' ? 'begins' : 'ends'),
          },
          {
            key: 'when',
            title: 'When',
            width: '13rem',
            render: (handover) =>
              isOverdue(handover, nowMs) ? (
                <strong>{whenOf(handover, nowMs)}, not confirmed</strong>
              ) : (
                whenOf(handover, nowMs)
              ),
          },
          {
            key: 'open',
            title: 'Duties without taker',
            width: '11rem',
            render: ({ items }) => `${items.filter(openItem).length} of ${items.length}`,
          },
          {
            key: 'checklist',
            title: 'Ticked',
            width: '6rem',
            render: ({ checklist }) =>
              `${checklist.filter(({ checkedBy }) => checkedBy !== null).length} of ${checklist.length}`,
          },
          {
            key: 'signed',
            title: 'Signed',
            width: '6rem',
            render: ({ signatures }) => `${signatures.length} of 2`,
          },
          {
            key: 'why',
            title: 'Because',
            width: 'minmax(16rem, 3fr)',
            render: (handover) => whyOf(handover),
          },
        ]}
      />
      {selected === undefined ? null : (
        <HandoverDetails
          key={selected.handoverId}
          handover={selected}
          onClose={() => setSearch({ open: undefined })}
        />
      )}
    </>
  );
}

const openItem = ({ state }: Handover['items'][number]): boolean =>
  state === 'open' || state === 'proposed' || state === 'lapsed';
