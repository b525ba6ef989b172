/** What the firewall denied, logged and let through. */
import type { ConsoleTools, FoundEvents } from '@demarc/platform/contract/console';
import { useMemo } from 'react';
import { type Traffic, trafficOf } from './traffic.ts';

const isTraffic = (event: Readonly<Record<string, unknown>>): boolean => trafficOf(event) !== undefined;
const SHOWN = [
  { value: 'all', label: 'everything' },
  { value: 'denied', label: 'what was denied' },
  { value: 'allowed', label: 'what was let through' },
] as const;

export function TrafficPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Events } = tools.parts;
  const [text, shown] = [tools.search['text'], tools.search['shown'] ?? 'all'];
  const asked = useMemo(
    () => ({
      filters: [
        { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-firewall' },
        ...(shown === 'all'
          ? []
          : [{ field: 'action_id', op: 'eq' as const, value: shown === 'denied' ? '2' : '1' }]),
      ],
      limit: 500,
      ...(text === undefined ? {} : { text }),
    }),
    [text, shown],
  );
  return (
    <Events search={asked} isFresh={isTraffic}>
      {(found) => <Flows tools={tools} found={found} />}
    </Events>
  );
}

function Flows({ tools, found }: { readonly tools: ConsoleTools; readonly found: FoundEvents }) {
  const {
    Choice,
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
    SearchBox,
    TimeRange,
  } = tools.parts;
  const { search, setSearch } = tools;
  const shown = search['shown'] ?? 'all';
  const rows = useMemo(() => (found.events ?? []).flatMap((event) => trafficOf(event) ?? []), [found.events]);
  const selected = rows.find(({ uid }) => uid === search['open']);
  return (
    <>
      <PageHeader
        title="Flows"
        summary={
          found.events === undefined ? 'Looking…' : `${found.matchedCount} records of traffic in this time.`
        }
        actions={
          <>
            <Fresh count={found.freshCount} onShow={found.reload} />
            <SearchBox label="Search traffic" placeholder="Address, rule" name="text" />
            <Choice
              label="Show"
              value={shown}
              options={SHOWN}
              onChange={(value) => setSearch({ shown: value === 'all' ? undefined : value })}
            />
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
        <DataTable<Traffic>
          label="Flows"
          rows={rows}
          rowKey={({ uid }) => uid}
          selectedKey={search['open']}
          onOpen={({ uid }) => setSearch({ open: uid })}
          {...(found.hasOlder
            ? { more: { label: 'Show older', busy: found.busy, bring: found.bringOlder } }
            : {})}
          empty={
            <Empty title="No traffic was recorded in this time">
              Denied packets and new connections are recorded where the service is at work. Choose a longer
              time, or buy it for a machine under Services.
            </Empty>
          }
          columns={[
            { key: 'time', title: 'When', width: '8rem', render: ({ time }) => <Instant at={time} /> },
            { key: 'host', title: 'On', width: '8rem', render: ({ host }) => host },
            { key: 'outcome', title: 'What', width: '9rem', render: ({ outcome }) => outcome },
            { key: 'direction', title: 'Way', width: '4rem', render: ({ direction }) => direction },
            { key: 'protocol', title: 'Protocol', width: '6rem', render: ({ protocol }) => protocol },
            {
              key: 'from',
              title: 'From',
              width: 'minmax(10rem, 1fr)',
              render: ({ from }) => <span className="d-mono">{from}</span>,
            },
            {
              key: 'to',
              title: 'To',
              width: 'minmax(10rem, 1fr)',
              render: ({ to }) => <span className="d-mono">{to}</span>,
            },
            { key: 'count', title: 'Times', width: '5rem', render: ({ count }) => String(count) },
            { key: 'rule', title: 'By rule', width: '10rem', render: ({ rule }) => rule },
          ]}
        />
      )}
      {selected === undefined ? null : (
        <Details title={selected.message} onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={[
              ['What', selected.outcome],
              ['By rule', selected.rule || 'none: a connection that was let through'],
              ['When', <Instant key="t" at={selected.time} />],
              ['Times', String(selected.count)],
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
