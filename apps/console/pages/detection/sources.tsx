/** Sources: what sends records to the intake, what became of each, what was refused and why. */
import type { Column } from '@demarc/platform/contract/console';
import type { MadeSource, Source } from '@demarc/platform/contract/intake';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { usePageSearch } from '../../app/page-search.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Empty, Failure, Instant, Loading, PageHeader } from '../../parts/parts.tsx';
import { useMay } from '../queries.ts';
import { FilterField } from './filter-field.tsx';
import { CreateSource } from './source-create.tsx';
import { SourceDetails } from './source-details.tsx';
import { PlacesBar, SourceMark } from './source-marks.tsx';
import { useSources } from './source-queries.ts';
import { ShownOnce } from './source-secret.tsx';
import { figure, KIND_SHORT, lostOf, sourcesOf, summaryOf } from './sources-view.ts';

export function SourcesPage() {
  const { search, setSearch } = usePageSearch();
  const sources = useSources();
  const mayWrite = useMay('source:write');
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<MadeSource>();
  const open = search['open'];
  const create = (): void => setCreating(true);
  return (
    <>
      <PageHeader
        title="Sources"
        summary={sources.data === undefined ? 'Looking…' : summaryOf(sources.data)}
        actions={mayWrite ? <Button onClick={create}>Add a source</Button> : null}
      />
      {sources.isError ? <Failure error={sources.error} /> : null}
      {sources.data === undefined ? (
        sources.isError ? null : (
          <Loading />
        )
      ) : (
        <>
          {sources.data.length === 0 ? null : (
            <search className="d-filters d-screen" aria-label="Filter sources">
              <FilterField
                name="text"
                label="Words in name, kind or state"
                placeholder="Name, kind, reason"
              />
            </search>
          )}
          <DataTable<Source>
            label="Sources"
            printLabel={`Sources, as of ${new Date(sources.dataUpdatedAt).toISOString()}`}
            rows={sourcesOf(sources.data, search)}
            columns={COLUMNS}
            rowKey={({ sourceId }) => sourceId}
            selectedKey={open}
            onOpen={({ sourceId }) => setSearch({ open: sourceId })}
            empty={<NoSource isFiltered={sources.data.length > 0} mayWrite={mayWrite} onCreate={create} />}
          />
        </>
      )}
      {open === undefined ? null : (
        <SourceDetails
          key={open}
          sourceId={open}
          mayWrite={mayWrite}
          onMade={setMade}
          onClose={() => setSearch({ open: undefined })}
        />
      )}
      {creating ? (
        <CreateSource
          onMade={(source) => {
            setMade(source);
            setCreating(false);
          }}
          onClose={() => setCreating(false)}
        />
      ) : null}
      {made === undefined ? null : <ShownOnce made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

function NoSource({
  isFiltered,
  mayWrite,
  onCreate,
}: {
  readonly isFiltered: boolean;
  readonly mayWrite: boolean;
  readonly onCreate: () => void;
}) {
  if (isFiltered) return <Empty title="No source like that">Take words away.</Empty>;
  return (
    <Empty title="Nothing sends here yet">
      Syslog, HTTP (JSON, Elasticsearch bulk, Splunk HEC, OTLP), webhooks and files come in through a source
      of their own, which says what became of every record.{' '}
      {mayWrite ? (
        <button type="button" className="d-link" onClick={onCreate}>
          Add the first one
        </button>
      ) : (
        'Somebody who may change sources can add one here.'
      )}
    </Empty>
  );
}

const COLUMNS: readonly Column<Source>[] = [
  { key: 'name', title: 'Source', width: 'minmax(9rem, 1.2fr)', render: ({ name }) => name },
  { key: 'kind', title: 'Kind', width: '8.5rem', render: ({ settings }) => KIND_SHORT[settings.kind] },
  { key: 'state', title: 'State', width: '8.5rem', render: ({ state }) => <SourceMark state={state} /> },
  {
    key: 'received',
    title: 'Received',
    width: '6.5rem',
    render: ({ accounting }) => figure(accounting.received),
  },
  {
    key: 'where',
    title: 'Where they are',
    width: 'minmax(8rem, 1fr)',
    screenOnly: true,
    render: ({ accounting }) => <PlacesBar accounting={accounting} />,
  },
  { key: 'stored', title: 'Stored', width: '6.5rem', render: ({ accounting }) => figure(accounting.stored) },
  {
    key: 'unparsed',
    title: 'Unparsed',
    width: '6.5rem',
    render: ({ accounting }) => figure(accounting.unparsed),
  },
  {
    key: 'waiting',
    title: 'Waiting',
    width: '5.5rem',
    render: ({ accounting }) => figure(accounting.waiting),
  },
  {
    key: 'lost',
    title: 'Not taken',
    width: '6.5rem',
    render: ({ accounting }) => {
      const lost = lostOf(accounting);
      return lost === 0 ? '0' : <span className="d-late">{figure(lost)}</span>;
    },
  },
  {
    key: 'last',
    title: 'Last received',
    width: '7.5rem',
    render: ({ lastReceivedAt }) => <Instant at={lastReceivedAt} />,
  },
];
