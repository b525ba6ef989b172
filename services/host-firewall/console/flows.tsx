/** What the firewall denied, logged and let through. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useMemo } from 'react';
import { type Traffic, trafficOf } from './traffic.ts';

const SHOWN = [
  { value: 'all', label: 'everything' },
  { value: 'denied', label: 'what was denied' },
  { value: 'allowed', label: 'what was let through' },
] as const;

export function TrafficPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Choice, Empty, EventsPage, Instant } = tools.parts;
  const shown = tools.search['shown'] ?? 'all';
  const asked = useMemo(
    () => ({
      filters: [
        { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-firewall' },
        ...(shown === 'all'
          ? []
          : [{ field: 'action_id', op: 'eq' as const, value: shown === 'denied' ? '2' : '1' }]),
      ],
      limit: 500,
    }),
    [shown],
  );
  return (
    <EventsPage<Traffic>
      title="Flows"
      search={asked}
      rowOf={trafficOf}
      summary={(_, count) => `${count} ${count === 1 ? 'record' : 'records'} of traffic in this time`}
      words={{ label: 'Search traffic', placeholder: 'Address, rule' }}
      actions={
        <Choice
          label="Show"
          value={shown}
          options={SHOWN}
          onChange={(value) => tools.setSearch({ shown: value === 'all' ? undefined : value })}
        />
      }
      label="Flows"
      empty={
        <Empty title="No traffic was recorded in this time">
          Denied packets and new connections are recorded where the service is at work. Choose a longer time,
          or buy it for a machine under Services.
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
      renderDetails={(selected) => ({
        title: selected.message,
        facts: [
          ['What', selected.outcome],
          ['By rule', selected.rule || 'none: a connection that was let through'],
          ['When', <Instant key="t" at={selected.time} />],
          ['Times', String(selected.count)],
        ],
      })}
    />
  );
}
