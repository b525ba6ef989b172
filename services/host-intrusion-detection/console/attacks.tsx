/** What attacked which machine, when, how it was seen, and what was done about it. */
import type { ConsoleTools, FoundEvents } from '@demarc/platform/contract/console';
import { useEffect, useMemo, useState } from 'react';
import { type Attack, attackOf, timelineOf } from './views.ts';

const SEARCH = {
  filters: [
    { field: 'metadata.product.feature.name', op: 'eq' as const, value: 'host-intrusion-detection' },
    { field: 'unmapped.detection.kind', op: 'ne' as const, value: '' },
  ],
  limit: 500,
};
const isAttack = (event: Readonly<Record<string, unknown>>): boolean => attackOf(event) !== undefined;

export function AttacksPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Events } = tools.parts;
  return (
    <Events search={SEARCH} isFresh={isAttack}>
      {(found) => <Attacks tools={tools} found={found} />}
    </Events>
  );
}

function Attacks({ tools, found }: { readonly tools: ConsoleTools; readonly found: FoundEvents }) {
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
    TimeRange,
    Timeline,
  } = tools.parts;
  const { search, setSearch, range } = tools;
  const attacks = useMemo(
    () => (found.events ?? []).flatMap((event) => attackOf(event) ?? []),
    [found.events],
  );
  // Of a relative time, as it was when the events came.
  const [{ from, to }, setAsked] = useState(range);
  useEffect(() => {
    if (found.events !== undefined) setAsked(range());
  }, [found.events, range]);
  const series = useMemo(() => timelineOf(attacks, Date.parse(from), Date.parse(to)), [attacks, from, to]);
  const selected = attacks.find(({ uid }) => uid === search['open']);
  return (
    <>
      <PageHeader
        title="Attacks"
        summary={
          found.events === undefined
            ? 'Looking…'
            : `${found.matchedCount} ${found.matchedCount === 1 ? 'attack' : 'attacks'} on machines in this time.`
        }
        actions={
          <>
            <Fresh count={found.freshCount} onShow={found.reload} />
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
          {series.length === 0 ? null : <Timeline what="attacks" series={series} from={from} to={to} />}
          <DataTable<Attack>
            label="Attacks"
            rows={attacks}
            rowKey={({ uid }) => uid}
            selectedKey={search['open']}
            onOpen={({ uid }) => setSearch({ open: uid })}
            {...(found.hasOlder
              ? { more: { label: 'Show older', busy: found.busy, bring: found.bringOlder } }
              : {})}
            empty={
              <Empty title="Nobody attacked in this time">
                What is looked for is in the room’s README; the evidence of VMS-08 says whether it is looked
                for at all. Choose a longer time, or buy the service for a machine under Services.
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
          />
        </>
      )}
      {selected === undefined ? null : (
        <Details title={selected.title} onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={[
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

function several(all: readonly string[]): string {
  const [first = 'too many to name', ...others] = all;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
