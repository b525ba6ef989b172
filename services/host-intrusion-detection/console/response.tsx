/** Orders to machines: what was done, by whom, for which party, and what became of it. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useCallback, useEffect, useState } from 'react';
import { GiveOrder, ORDERS, type OrderName, type Wanted } from './order.tsx';

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
/** How soon a change is seen: an agent answers every two seconds. */
const REFRESH_MS = 3_000;

export function ResponsePage({ tools }: { readonly tools: ConsoleTools }) {
  const { Button, DataTable, Details, Empty, Facts, Failure, Instant, Loading, PageHeader, TextField } =
    tools.parts;
  const { api, assets, search, setSearch } = tools;
  const [orders, setOrders] = useState<readonly Order[]>();
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const [wanted, setWanted] = useState<Wanted>();
  const [because, setBecause] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const load = useCallback(async () => {
    try {
      const found = await api<{ readonly orders: readonly Order[] }>('GET', 'orders');
      setOrders(found.orders);
      setFailure(undefined);
    } catch (error) {
      setFailure(error);
    }
  }, [api]);
  useEffect(() => {
    void load();
    const timer = window.setInterval(() => void load(), REFRESH_MS);
    return () => window.clearInterval(timer);
  }, [load]);
  useEffect(() => {
    assets().then(
      (all) => setNames(new Map(all.map(({ assetId, name }) => [assetId, name]))),
      () => undefined,
    );
  }, [assets]);
  const selected = orders?.find(({ id }) => id === search['open']);
  const inForce = orders?.filter((order) => order.inForce).length ?? 0;
  const takeBack = async (id: string): Promise<void> => {
    try {
      await api('POST', `orders/${id}/take-back`, { because });
      setBecause('');
      await load();
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <>
      <PageHeader
        title="Response"
        summary={
          orders === undefined
            ? 'Looking…'
            : `${inForce} ${inForce === 1 ? 'order is' : 'orders are'} in force. Each ends by itself, and only who has to respond may give one.`
        }
        actions={GIVEN.map((kind) => (
          <Button key={kind} onClick={() => setWanted({ kind, what: {} })}>
            {ORDERS[kind].title}
          </Button>
        ))}
      />
      {failure === undefined ? null : <Failure error={failure} />}
      {orders === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : null
      ) : (
        <DataTable<Order>
          label="Orders"
          rows={orders}
          rowKey={({ id }) => id}
          selectedKey={search['open']}
          onOpen={({ id }) => setSearch({ open: id })}
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
              render: ({ assetId }) => names.get(assetId) ?? assetId,
            },
            { key: 'by', title: 'By', width: '12rem', render: ({ by, party }) => `${by} (${party})` },
            { key: 'state', title: 'State', width: '9rem', render: stateOf },
            { key: 'until', title: 'Until', width: '8rem', render: ({ until }) => <Instant at={until} /> },
          ]}
        />
      )}
      {wanted === undefined ? null : (
        <GiveOrder
          tools={tools}
          wanted={wanted}
          onClose={() => setWanted(undefined)}
          onGiven={() => void load()}
        />
      )}
      {selected === undefined ? null : (
        <Details title={selected.title} onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={[
              ['On', names.get(selected.assetId) ?? selected.assetId],
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
            ]}
          />
          {selected.inForce ? (
            <>
              <TextField label="Reason to take it back" value={because} required onChange={setBecause} />
              <div className="d-toolbar">
                <Button
                  kind="main"
                  disabled={because.trim().length < 3}
                  onClick={() => void takeBack(selected.id)}
                >
                  Take it back
                </Button>
              </div>
            </>
          ) : null}
        </Details>
      )}
    </>
  );
}

function stateOf({ state, inForce, takenBack }: Order): string {
  if (takenBack !== null) return 'taken back';
  if (!inForce && state !== 'done' && state !== 'refused') return 'over';
  return state.replace('-', ' ');
}
