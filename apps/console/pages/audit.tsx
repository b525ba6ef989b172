/** The auditor's page: population first, then status, then evidence down to the raw record. Nothing here changes anything. */
import type { AuditPopulation as Population } from '@demarc/platform/contract/assurance/evidence';
import { NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { AuditPopulation } from '../app/schemas.ts';
import { DataTable } from '../parts/data-table.tsx';
import { StatusMark } from '../parts/marks.tsx';
import { Empty, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { EvidenceDrawer } from './audit-evidence.tsx';
import { AccessTab, LedgerTab } from './audit-ledger.tsx';
import { SampleTab } from './audit-sample.tsx';
import { choiceLabel, controlChoices } from './audit-view.ts';
import { useMatrix, useTenantId } from './queries.ts';

const TABS = [
  { value: 'population', label: 'Population and status' },
  { value: 'sample', label: 'Sample' },
  { value: 'ledger', label: 'Ledger' },
  { value: 'access', label: 'Provider access' },
];

export function AuditPage() {
  const { search, setSearch } = usePageSearch();
  const matrix = useMatrix(search['asOf']);
  const choices = controlChoices(matrix.data?.cells ?? []);
  const controlId = search['control'] ?? choices[0]?.controlId;
  const tab = search['tab'] ?? 'population';
  const ofControls = tab === 'population' || tab === 'sample';
  return (
    <>
      <PageHeader
        title="Audit"
        summary="Which assets a control is about, how each stands, and the signed record behind it. Read only."
        actions={
          ofControls ? (
            <>
              <NativeSelect
                aria-label="Control"
                w={400}
                value={controlId ?? ''}
                onChange={(event) =>
                  setSearch({ control: event.currentTarget.value, open: undefined, record: undefined })
                }
                data={choices.map((choice) => ({ value: choice.controlId, label: choiceLabel(choice) }))}
              />
              <TextInput
                aria-label="As of"
                type="datetime-local"
                onChange={(event) => {
                  const { value } = event.currentTarget;
                  setSearch({ asOf: value === '' ? undefined : new Date(value).toISOString() });
                }}
              />
            </>
          ) : null
        }
      />
      <SegmentedControl
        mb="sm"
        style={{ flexWrap: 'wrap' }}
        aria-label="What to look at"
        value={tab}
        onChange={(value) => setSearch({ tab: value, open: undefined, record: undefined })}
        data={TABS}
      />
      {matrix.isError ? <Failure error={matrix.error} /> : null}
      {tab === 'ledger' ? <LedgerTab /> : null}
      {tab === 'access' ? <AccessTab /> : null}
      {ofControls && controlId === undefined && !matrix.isError ? <Loading /> : null}
      {tab === 'population' && controlId !== undefined ? <PopulationTab controlId={controlId} /> : null}
      {tab === 'sample' && controlId !== undefined ? <SampleTab controlId={controlId} /> : null}
      {controlId !== undefined && (search['open'] !== undefined || search['record'] !== undefined) ? (
        <EvidenceDrawer controlId={controlId} />
      ) : null}
    </>
  );
}

/** Worst first: what an auditor came for stands on top. */
const ORDER = [
  'not-satisfied',
  'stale-evidence',
  'not-assessed',
  'partially-satisfied',
  'satisfied',
  'not-applicable',
];

function PopulationTab({ controlId }: { readonly controlId: string }) {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const query = new URLSearchParams({ controlId });
  if (search['asOf'] !== undefined) query.set('asOf', search['asOf']);
  const population = useQuery({
    queryKey: ['matrix', tenantId, 'audit', 'population', query.toString()],
    queryFn: () => get(`/v1/tenants/${tenantId}/audit/population?${query}`, AuditPopulation),
  });
  if (population.isError) return <Failure error={population.error} />;
  if (population.data === undefined) return <Loading />;
  const { included, excluded, digest, asOf, knownAt } = population.data;
  const sorted = included.toSorted(
    (a, b) => ORDER.indexOf(a.status ?? '') - ORDER.indexOf(b.status ?? '') || (a.name < b.name ? -1 : 1),
  );
  return (
    <div className="d-stack">
      <section aria-label="The question">
        <p style={{ margin: 0 }}>Asked: {population.data.query}.</p>
        <p className="d-quiet" style={{ margin: '0.3rem 0 0' }}>
          {included.length} included, {excluded.length} excluded · as of <Instant at={asOf} />, as known{' '}
          <Instant at={knownAt} /> · digest <span className="d-mono">{digest.slice(0, 16)}</span>
        </p>
      </section>
      <DataTable
        label="Included assets"
        rows={sorted}
        rowKey={(asset) => asset.assetId}
        selectedKey={search['open']}
        onOpen={(asset) => setSearch({ open: asset.assetId, record: undefined })}
        empty={
          <Empty title="Nothing is in it">
            No asset of this tenant is of a type that this control is about.
          </Empty>
        }
        columns={[
          { key: 'name', title: 'Asset', width: 'minmax(12rem, 2fr)', render: (asset) => asset.name },
          { key: 'type', title: 'Type', width: '7rem', render: (asset) => asset.type },
          {
            key: 'status',
            title: 'Status',
            width: '8rem',
            render: ({ status }) => (status === null ? null : <StatusMark status={status} />),
          },
          {
            key: 'own',
            title: 'By itself',
            width: '8rem',
            render: ({ ownStatus }) => (ownStatus === null ? null : <StatusMark status={ownStatus} />),
          },
          {
            key: 'id',
            title: 'Id',
            width: 'minmax(14rem, 2fr)',
            render: ({ assetId }) => <span className="d-mono">{assetId}</span>,
          },
        ]}
      />
      <h2 style={{ margin: '0.5rem 0 0' }}>Excluded, and why</h2>
      <Excluded rows={excluded} />
    </div>
  );
}

function Excluded({ rows }: { readonly rows: Population['excluded'] }) {
  return (
    <DataTable
      label="Excluded assets"
      rows={rows}
      rowKey={(asset) => asset.assetId}
      empty={<Empty title="Nothing is excluded">Every asset of this tenant is in the population.</Empty>}
      columns={[
        { key: 'name', title: 'Asset', width: 'minmax(12rem, 1fr)', render: (asset) => asset.name },
        { key: 'type', title: 'Type', width: '7rem', render: (asset) => asset.type },
        { key: 'because', title: 'Because', width: 'minmax(24rem, 4fr)', render: (asset) => asset.because },
      ]}
    />
  );
}
