/** Who is kept out at the moment, by whom and why; and the way back. */
import type { ConsoleTools, FoundEvents } from '@demarc/platform/contract/console';
import { useMemo, useState } from 'react';
import { GiveOrder, type Wanted } from './order.tsx';
import { activeBlocks, type BlockEntry, blockEntryOf } from './views.ts';

const SEARCH = {
  filters: [
    { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-intrusion-detection' },
    { field: 'unmapped.block.range', op: 'ne' as const, value: '' },
  ],
  limit: 1_000,
};
const isBlock = (event: Readonly<Record<string, unknown>>): boolean => blockEntryOf(event) !== undefined;

export function BlocksPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Events } = tools.parts;
  return (
    <Events search={SEARCH} isFresh={isBlock}>
      {(found) => <Blocks tools={tools} found={found} />}
    </Events>
  );
}

function Blocks({ tools, found }: { readonly tools: ConsoleTools; readonly found: FoundEvents }) {
  const {
    Button,
    DataTable,
    Details,
    Empty,
    Facts,
    Failure,
    Fresh,
    Instant,
    Json,
    Loading,
    PageHeader,
    TimeRange,
  } = tools.parts;
  const { search, setSearch } = tools;
  const [wanted, setWanted] = useState<Wanted>();
  const entries = useMemo(
    () => (found.events ?? []).flatMap((event) => blockEntryOf(event) ?? []),
    [found.events],
  );
  const active = useMemo(() => activeBlocks(entries, Date.now()), [entries]);
  const selected = entries.find(({ uid }) => uid === search['open']);
  const columns = [
    { key: 'time', title: 'When', width: '8rem', render: ({ time }: BlockEntry) => <Instant at={time} /> },
    {
      key: 'range',
      title: 'Address or network',
      width: 'minmax(10rem, 1fr)',
      render: ({ range }: BlockEntry) => <span className="d-mono">{range}</span>,
    },
    { key: 'host', title: 'On', width: '9rem', render: ({ host }: BlockEntry) => host },
    { key: 'by', title: 'By', width: '10rem', render: ({ by }: BlockEntry) => by },
    { key: 'why', title: 'Why', width: 'minmax(14rem, 2fr)', render: ({ because }: BlockEntry) => because },
  ];
  return (
    <>
      <PageHeader
        title="Blocks"
        summary={
          found.events === undefined
            ? 'Looking…'
            : `${active.length} ${active.length === 1 ? 'address or network is' : 'addresses and networks are'} kept out now, of what was told in this time.`
        }
        actions={
          <>
            <Fresh count={found.freshCount} onShow={found.reload} />
            <Button kind="main" onClick={() => setWanted({ kind: 'block-address', what: { range: '' } })}>
              Block an address
            </Button>
            <TimeRange />
          </>
        }
      />
      {found.failure === undefined ? null : <Failure error={found.failure} />}
      {found.events === undefined ? (
        found.failure === undefined ? (
          <Loading />
        ) : null
      ) : (
        <>
          <h2>In force</h2>
          <DataTable<BlockEntry>
            label="Blocks in force"
            rows={active}
            rowKey={({ uid }) => `active ${uid}`}
            onOpen={({ uid }) => setSearch({ open: uid })}
            empty={
              <Empty title="Nobody is kept out">
                Attackers are blocked by themselves where the firewall of the machine is inline; or block an
                address by hand.
              </Empty>
            }
            columns={[
              ...columns,
              {
                key: 'until',
                title: 'Until',
                width: '8rem',
                render: ({ untilMs }) => <Instant at={untilMs ?? null} />,
              },
              {
                key: 'undo',
                title: 'Undo',
                width: '7rem',
                screenOnly: true,
                render: ({ range, assetId }) => (
                  <Button onClick={() => setWanted({ kind: 'unblock-address', what: { range }, assetId })}>
                    Let in
                  </Button>
                ),
              },
            ]}
          />
          <h2>What happened</h2>
          <DataTable<BlockEntry>
            label="History of blocks"
            rows={entries}
            rowKey={({ uid }) => uid}
            selectedKey={search['open']}
            onOpen={({ uid }) => setSearch({ open: uid })}
            {...(found.hasOlder
              ? { more: { label: 'Show older', busy: found.busy, bring: found.bringOlder } }
              : {})}
            empty={<Empty title="Nothing was blocked in this time">Choose a longer time.</Empty>}
            columns={[
              ...columns.slice(0, 1),
              { key: 'action', title: 'What', width: '7rem', render: ({ action }) => action },
              ...columns.slice(1),
            ]}
          />
        </>
      )}
      {wanted === undefined ? null : (
        <GiveOrder
          tools={tools}
          wanted={wanted}
          onClose={() => setWanted(undefined)}
          onGiven={found.reload}
        />
      )}
      {selected === undefined ? null : (
        <Details
          title={`${selected.range}: ${selected.action}`}
          onClose={() => setSearch({ open: undefined })}
        >
          <Facts
            facts={[
              ['Why', selected.because],
              ['By', selected.by],
              ['When', <Instant key="t" at={selected.time} />],
              ['Until', <Instant key="u" at={selected.untilMs ?? null} />],
              ['On', selected.host],
            ]}
          />
          <details>
            <summary>Raw record (OCSF)</summary>
            <Json value={selected.raw} />
          </details>
        </Details>
      )}
    </>
  );
}
