/** What attacked which machine, when, how it was seen, and what was done about it. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useMemo } from 'react';
import { type Attack, attackOf, timelineOf } from './views.ts';

const SEARCH = {
  filters: [
    { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-intrusion-detection' },
    { field: 'unmapped.detection.kind', op: 'ne' as const, value: '' },
  ],
  limit: 500,
};

export function AttacksPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Empty, EventsPage, Instant } = tools.parts;
  return (
    <EventsPage<Attack>
      title="Attacks"
      search={SEARCH}
      rowOf={attackOf}
      summary={(_, count) => `${count} ${count === 1 ? 'attack' : 'attacks'} on machines in this time`}
      renderAbove={(attacks, asked) => <AttackTimeline tools={tools} attacks={attacks} {...asked} />}
      label="Attacks"
      empty={
        <Empty title="Nobody attacked in this time">
          What is looked for is in the room’s README; the evidence of VMS-08 says whether it is looked for at
          all. Choose a longer time, or buy the service for a machine under Services.
        </Empty>
      }
      columns={[
        { key: 'time', title: 'When', width: '8rem', render: ({ time }) => <Instant at={time} /> },
        { key: 'kind', title: 'Attack', width: 'minmax(12rem, 1fr)', render: ({ title }) => title },
        {
          key: 'from',
          title: 'From',
          width: 'minmax(10rem, 1fr)',
          render: ({ sources }) => <span className="d-mono">{several(sources)}</span>,
        },
        {
          key: 'on',
          title: 'On',
          width: 'minmax(10rem, 1fr)',
          render: ({ host, targets }) => `${host} (${several(targets)})`,
        },
        { key: 'technique', title: 'ATT&CK', width: '7rem', render: ({ technique }) => technique },
      ]}
      renderDetails={(selected) => ({
        title: selected.title,
        facts: [
          ['Why', selected.because],
          ['When', <Instant key="t" at={selected.time} />],
          [
            'From',
            <span key="s" className="d-mono">
              {selected.sources.join(', ') || 'too many to name'}
            </span>,
          ],
          [
            'Its source',
            selected.proved
              ? 'proved itself by completing a handshake'
              : 'may be forged: it is blocked for a short time only',
          ],
          [
            'On',
            <span key="g" className="d-mono">
              {selected.targets.join(', ')}
            </span>,
          ],
          ['Ports', selected.ports.join(', ') || 'none'],
          [
            'ATT&CK',
            <a
              key="a"
              href={`https://attack.mitre.org/techniques/${selected.technique.replace('.', '/')}/`}
              rel="noreferrer"
              target="_blank"
            >
              {selected.technique}
            </a>,
          ],
          ...Object.entries(selected.evidence).map(([name, value]) => [name, String(value)] as const),
        ],
      })}
    />
  );
}

function AttackTimeline({
  tools,
  attacks,
  from,
  to,
}: {
  readonly tools: ConsoleTools;
  readonly attacks: readonly Attack[];
  readonly from: string;
  readonly to: string;
}) {
  const { Timeline } = tools.parts;
  const series = useMemo(() => timelineOf(attacks, Date.parse(from), Date.parse(to)), [attacks, from, to]);
  return series.length === 0 ? null : <Timeline what="attacks" series={series} from={from} to={to} />;
}

function several(all: readonly string[]): string {
  const [first = 'too many to name', ...others] = all;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
