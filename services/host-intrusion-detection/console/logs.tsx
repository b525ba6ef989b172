/** Lines of the machines' own logs that say something of an account or of who is on the other side. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { type LogLine, logLineOf } from './views.ts';

const SEARCH = {
  filters: [
    { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-intrusion-detection' },
    { field: 'unmapped.decoder', op: 'ne' as const, value: '' },
  ],
  limit: 500,
};

export function HostLogsPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Empty, EventsPage, Instant } = tools.parts;
  return (
    <EventsPage<LogLine>
      title="Host logs"
      search={SEARCH}
      rowOf={logLineOf}
      summary={(_, count) =>
        `${count} ${count === 1 ? 'line' : 'lines'} that say who came in, who was not let in and what was asked for`
      }
      words={{ label: 'Search lines', placeholder: 'Account, address, words' }}
      label="Lines of logs"
      empty={
        <Empty title="No such line in this time">
          Lines that say nothing of accounts and addresses stay on the machine. Which logs are followed is in
          the policy; choose a longer time or other words.
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
      renderDetails={(selected) => ({
        title: `${selected.decoder}: ${selected.outcome}`,
        facts: [
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
        ],
      })}
    />
  );
}
