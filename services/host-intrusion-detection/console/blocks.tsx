/** Who is kept out at the moment, by whom and why; and the way back. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import { GiveOrder, type Wanted } from './order.tsx';
import { activeBlocks, type BlockEntry, blockEntryOf } from './views.ts';

const SEARCH = {
  filters: [
    { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-intrusion-detection' },
    { field: 'unmapped.block.range', op: 'ne' as const, value: '' },
  ],
  limit: 1_000,
};
const activeNow = (entries: readonly BlockEntry[]) => activeBlocks(entries, Date.now());

export function BlocksPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Button, Empty, EventsPage, Instant } = tools.parts;
  const [wanted, setWanted] = useState<Wanted>();
  const [time, ...others] = columnsOf(tools);
  return (
    <>
      <EventsPage<BlockEntry>
        title="Blocks"
        search={SEARCH}
        rowOf={blockEntryOf}
        summary={(entries) => summaryOf(activeNow(entries).length)}
        actions={
          <Button kind="main" onClick={() => setWanted({ kind: 'block-address', what: { range: '' } })}>
            Block an address
          </Button>
        }
        renderAbove={(entries) => (
          <>
            <h2>In force</h2>
            <InForce tools={tools} active={activeNow(entries)} onLetIn={setWanted} />
            <h2>What happened</h2>
          </>
        )}
        label="History of blocks"
        empty={<Empty title="Nothing was blocked in this time">Choose a longer time.</Empty>}
        columns={[
          time,
          { key: 'action', title: 'What', width: '7rem', render: ({ action }) => action },
          ...others,
        ]}
        renderDetails={(selected) => ({
          title: `${selected.range}: ${selected.action}`,
          facts: [
            ['Why', selected.because],
            ['By', selected.by],
            ['When', <Instant key="t" at={selected.time} />],
            ['Until', <Instant key="u" at={selected.untilMs ?? null} />],
            ['On', selected.host],
          ],
        })}
      />
      {wanted === undefined ? null : (
        <GiveOrder tools={tools} wanted={wanted} onClose={() => setWanted(undefined)} />
      )}
    </>
  );
}

function InForce({
  tools,
  active,
  onLetIn,
}: {
  readonly tools: ConsoleTools;
  readonly active: readonly BlockEntry[];
  readonly onLetIn: (wanted: Wanted) => void;
}) {
  const { Button, DataTable, Empty, Instant } = tools.parts;
  return (
    <DataTable<BlockEntry>
      label="Blocks in force"
      rows={active}
      rowKey={({ uid }) => `active ${uid}`}
      onOpen={({ uid }) => tools.setSearch({ open: uid })}
      empty={
        <Empty title="Nobody is kept out">
          Attackers are blocked by themselves where the firewall of the machine is inline; or block an address
          by hand.
        </Empty>
      }
      columns={[
        ...columnsOf(tools),
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
            <Button onClick={() => onLetIn({ kind: 'unblock-address', what: { range }, assetId })}>
              Let in
            </Button>
          ),
        },
      ]}
    />
  );
}

function columnsOf({ parts: { Instant } }: ConsoleTools) {
  return [
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
  ] as const;
}

function summaryOf(active: number): string {
  const are = active === 1 ? 'address or network is' : 'addresses and networks are';
  return `${active} ${are} kept out now, of what was told in this time`;
}
