/** Orders to machines: what was done, by whom, for which party, and what became of it. */
import { useMachineNames, useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import { GiveOrder, ORDERS, type OrderName, type Wanted } from './order.tsx';
import { REFRESH_MS } from './refresh.ts';

interface Order {
  readonly id: string;
  readonly assetId: string;
  readonly title: string;
  readonly what: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly party: string;
  readonly because: string;
  readonly givenAt: string;
  readonly until: string;
  readonly takenBack: { readonly at: string; readonly by: string; readonly because: string } | null;
  readonly state: string;
  readonly stateBecause: string;
  readonly inForce: boolean;
}

const GIVEN: readonly OrderName[] = ['isolate-host', 'kill-process-tree', 'disable-account', 'block-address'];

export function ResponsePage({ tools }: { readonly tools: ConsoleTools }) {
  const { ActWithReason, Button, Empty, Instant, ListPage } = tools.parts;
  const nameOf = useMachineNames(tools);
  const { found, failure, reload } = useReply<{ readonly orders: readonly Order[] }>(
    tools,
    'orders',
    REFRESH_MS,
  );
  const [wanted, setWanted] = useState<Wanted>();
  const inForce = found?.orders.filter((order) => order.inForce).length ?? 0;
  return (
    <>
      <ListPage<Order>
        title="Response"
        summary={
          found === undefined
            ? 'Looking…'
            : `${inForce} ${inForce === 1 ? 'order is' : 'orders are'} in force. Each ends by itself, and only who has to respond may give one.`
        }
        actions={GIVEN.map((kind) => (
          <Button key={kind} onClick={() => setWanted({ kind, what: {} })}>
            {ORDERS[kind].title}
          </Button>
        ))}
        failure={failure}
        rows={found?.orders}
        label="Orders"
        rowKey={({ id }) => id}
        empty={
          <Empty title="Nothing was ordered yet">
            Isolate a machine, end a process, lock an account or block an address: what would happen is said
            before anything does.
          </Empty>
        }
        columns={[
          {
            key: 'given',
            title: 'Given',
            width: '8rem',
            render: ({ givenAt }) => <Instant at={givenAt} />,
          },
          { key: 'title', title: 'Order', width: 'minmax(11rem, 1fr)', render: ({ title }) => title },
          {
            key: 'what',
            title: 'What',
            width: 'minmax(10rem, 1fr)',
            render: ({ what }) => <span className="d-mono">{Object.values(what).join(' ')}</span>,
          },
          {
            key: 'asset',
            title: 'On',
            width: '9rem',
            render: ({ assetId }) => nameOf(assetId),
          },
          { key: 'by', title: 'By', width: '12rem', render: ({ by, party }) => `${by} (${party})` },
          { key: 'state', title: 'State', width: '9rem', render: stateOf },
          { key: 'until', title: 'Until', width: '8rem', render: ({ until }) => <Instant at={until} /> },
        ]}
        renderDetails={(selected) => ({
          title: selected.title,
          facts: [
            ['On', nameOf(selected.assetId)],
            [
              'What',
              <span key="w" className="d-mono">
                {JSON.stringify(selected.what)}
              </span>,
            ],
            ['By', `${selected.by}, for ${selected.party}`],
            ['Why', selected.because],
            ['Given', <Instant key="g" at={selected.givenAt} />],
            ['Until', <Instant key="u" at={selected.until} />],
            ['State', `${stateOf(selected)}: ${selected.stateBecause}`],
            ...(selected.takenBack === null
              ? []
              : ([['Taken back', `by ${selected.takenBack.by}: ${selected.takenBack.because}`]] as const)),
          ],
          more: selected.inForce ? (
            <ActWithReason
              key={selected.id}
              label="Reason to take it back"
              acts={[
                {
                  title: 'Take it back',
                  says: 'what it did is undone where that can be done.',
                  kind: 'main',
                  path: `orders/${selected.id}/take-back`,
                },
              ]}
              onDone={reload}
            />
          ) : null,
        })}
      />
      {wanted === undefined ? null : (
        <GiveOrder
          tools={tools}
          wanted={wanted}
          onClose={() => setWanted(undefined)}
          onGiven={() => void reload()}
        />
      )}
    </>
  );
}

function stateOf({ state, inForce, takenBack }: Order): string {
  if (takenBack !== null) return 'taken back';
  if (!inForce && state !== 'done' && state !== 'refused') return 'over';
  return state.replace('-', ' ');
}
