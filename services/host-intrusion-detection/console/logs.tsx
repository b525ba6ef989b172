/** Lines of the machines' own logs that say something of an account or of who is on the other side. */
import type { ConsoleTools, FoundEvents } from '@demarc/platform/contract/console';
import { useMemo } from 'react';
import { type LogLine, logLineOf } from './views.ts';

const isLine = (event: Readonly<Record<string, unknown>>): boolean => logLineOf(event) !== undefined;

export function HostLogsPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Events } = tools.parts;
  const text = tools.search['text'];
  const asked = useMemo(
    () => ({
      filters: [
        { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-intrusion-detection' },
        { field: 'unmapped.decoder', op: 'ne' as const, value: '' },
      ],
      limit: 500,
      ...(text === undefined ? {} : { text }),
    }),
    [text],
  );
  return (
    <Events search={asked} isFresh={isLine}>
      {(found) => <HostLogs tools={tools} found={found} />}
    </Events>
  );
}

function HostLogs({ tools, found }: { readonly tools: ConsoleTools; readonly found: FoundEvents }) {
  const {
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
  const lines = useMemo(
    () => (found.events ?? []).flatMap((event) => logLineOf(event) ?? []),
    [found.events],
  );
  const selected = lines.find(({ uid }) => uid === search['open']);
  return (
    <>
      <PageHeader
        title="Host logs"
        summary={
          found.events === undefined
            ? 'Looking…'
            : `${found.matchedCount} ${found.matchedCount === 1 ? 'line' : 'lines'} that say who came in, who was not let in and what was asked for.`
        }
        actions={
          <>
            <Fresh count={found.freshCount} onShow={found.reload} />
            <SearchBox label="Search lines" placeholder="Account, address, words" name="text" />
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
        <DataTable<LogLine>
          label="Lines of logs"
          rows={lines}
          rowKey={({ uid }) => uid}
          selectedKey={search['open']}
          onOpen={({ uid }) => setSearch({ open: uid })}
          {...(found.hasOlder
            ? { more: { label: 'Show older', busy: found.busy, bring: found.bringOlder } }
            : {})}
          empty={
            <Empty title="No such line in this time">
              Lines that say nothing of accounts and addresses stay on the machine. Which logs are followed is
              in the policy; choose a longer time or other words.
            </Empty>
          }
          columns={[
            { key: 'time', title: 'When', width: '8rem', render: ({ time }) => <Instant at={time} /> },
            { key: 'host', title: 'On', width: '8rem', render: ({ host }) => host },
            { key: 'decoder', title: 'Program', width: '8rem', render: ({ decoder }) => decoder },
            { key: 'outcome', title: 'Outcome', width: '12rem', render: ({ outcome }) => outcome },
            { key: 'user', title: 'Account', width: '8rem', render: ({ user }) => user },
            {
              key: 'from',
              title: 'From',
              width: '10rem',
              render: ({ from }) => <span className="d-mono">{from}</span>,
            },
            {
              key: 'message',
              title: 'Line',
              width: 'minmax(14rem, 2fr)',
              render: ({ message }) => <span className="d-mono">{message}</span>,
            },
          ]}
        />
      )}
      {selected === undefined ? null : (
        <Details
          title={`${selected.decoder}: ${selected.outcome}`}
          onClose={() => setSearch({ open: undefined })}
        >
          <Facts
            facts={[
              [
                'Line',
                <span key="l" className="d-mono">
                  {selected.message}
                </span>,
              ],
              [
                'Log',
                <span key="g" className="d-mono">
                  {selected.log || 'the journal'}
                </span>,
              ],
              ['When', <Instant key="t" at={selected.time} />],
              ['Account', selected.user || 'none'],
              ['From', selected.from || 'nobody on the network'],
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
