/** Every act with who signed, whether the chain holds, and who of the provider looked. */
import { Alert, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { get } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { AuditAccess, AuditLedger } from '../app/schemas.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Details, Empty, Facts, Failure, Instant, Json, Loading } from '../parts/parts.tsx';
import { actWords } from './audit-view.ts';
import { useTenantId } from './queries.ts';

export function LedgerTab() {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const before = search['before'];
  const ledger = useQuery({
    queryKey: ['matrix', tenantId, 'audit', 'ledger', before ?? ''],
    queryFn: () =>
      get(
        `/v1/tenants/${tenantId}/audit/ledger?limit=100${before === undefined ? '' : `&before=${before}`}`,
        AuditLedger,
      ),
  });
  if (ledger.isError) return <Failure error={ledger.error} />;
  if (ledger.data === undefined) return <Loading />;
  const { records, nextBefore, chain } = ledger.data;
  const opened = records.find(({ seq }) => String(seq) === search['act']);
  return (
    <div className="d-stack">
      <Alert
        color={chain.holds ? 'gray' : 'red'}
        variant="light"
        role="status"
        title={
          chain.holds
            ? `The chain of ${chain.checked} records holds; it was checked just now.`
            : `The chain is broken at record ${chain.brokenAt ?? 0}: it was changed after it was written.`
        }
      />
      <DataTable
        label="Ledger"
        rows={records}
        rowKey={({ seq }) => String(seq)}
        selectedKey={search['act']}
        onOpen={({ seq }) => setSearch({ act: String(seq) })}
        empty={
          <Empty title="Nothing was done yet">
            The first act is the acceptance of the responsibility schedule.
          </Empty>
        }
        columns={[
          { key: 'seq', title: 'Record', width: '5rem', render: ({ seq }) => seq },
          { key: 'act', title: 'Act', width: 'minmax(16rem, 3fr)', render: (record) => actWords(record) },
          {
            key: 'valid',
            title: 'Holds from',
            width: '8rem',
            render: ({ validAt }) => <Instant at={validAt} />,
          },
          {
            key: 'recorded',
            title: 'Recorded',
            width: '8rem',
            render: ({ recordedAt }) => <Instant at={recordedAt} />,
          },
          { key: 'actor', title: 'By', width: 'minmax(9rem, 1fr)', render: ({ actor }) => actor },
          {
            key: 'signatures',
            title: 'Signatures',
            width: 'minmax(14rem, 2fr)',
            render: ({ signatures }) => signatures.map(({ side, party }) => `${side} ${party}`).join(', '),
          },
          {
            key: 'hash',
            title: 'Hash',
            width: '10rem',
            render: ({ hash }) => <span className="d-mono">{hash.slice(0, 16)}</span>,
          },
        ]}
      />
      <div style={{ display: 'flex', gap: '0.5rem' }}>
        {before === undefined ? null : (
          <Button variant="default" size="xs" onClick={() => setSearch({ before: undefined })}>
            Newest
          </Button>
        )}
        {nextBefore === null ? null : (
          <Button variant="default" size="xs" onClick={() => setSearch({ before: String(nextBefore) })}>
            Older
          </Button>
        )}
      </div>
      {opened === undefined ? null : (
        <Details title={`Record ${opened.seq}`} onClose={() => setSearch({ act: undefined })}>
          <Facts
            facts={[
              ['Act', opened.act],
              ['Holds from', <Instant key="holds" at={opened.validAt} />],
              ['Recorded', <Instant key="recorded" at={opened.recordedAt} />],
              ['By', opened.actor],
              [
                'Hash',
                <span key="hash" className="d-mono d-break">
                  {opened.hash}
                </span>,
              ],
              [
                'Record before',
                <span key="record" className="d-mono d-break">
                  {opened.previousHash}
                </span>,
              ],
              ...opened.signatures.map(
                ({ side, party, person, at }) =>
                  [
                    `Signature, ${side}`,
                    <>
                      {person} for {party}, <Instant at={at} />
                    </>,
                  ] as const,
              ),
            ]}
          />
          <section>
            <h2>Payload</h2>
            <Json value={opened.payload} />
          </section>
        </Details>
      )}
    </div>
  );
}

export function AccessTab() {
  const tenantId = useTenantId();
  const access = useQuery({
    queryKey: ['audit', tenantId, 'access'],
    queryFn: () => get(`/v1/tenants/${tenantId}/audit/access`, AuditAccess),
  });
  if (access.isError) return <Failure error={access.error} />;
  if (access.data === undefined) return <Loading />;
  return (
    <div className="d-stack">
      <p style={{ margin: 0 }}>
        Every look of the provider’s accounts at this tenant’s data, by minute.
        {access.data.lostCount > 0
          ? ` ${access.data.lostCount} could not be written down and are missing.`
          : ''}
      </p>
      <DataTable
        label="Provider access"
        rows={access.data.entries}
        rowKey={({ at, accountId, method, route }) => `${at} ${accountId} ${method} ${route}`}
        empty={
          <Empty title="Nobody looked">No account of the provider has asked for data of this tenant.</Empty>
        }
        columns={[
          { key: 'at', title: 'When', width: '9rem', render: ({ at }) => <Instant at={at} /> },
          { key: 'name', title: 'Who', width: 'minmax(10rem, 1fr)', render: ({ name }) => name },
          { key: 'role', title: 'Role', width: '12rem', render: ({ role }) => role },
          {
            key: 'route',
            title: 'What',
            width: 'minmax(20rem, 3fr)',
            render: ({ method, route }) => `${method} ${route.replace('/v1/tenants/:tenantId', '')}`,
          },
          { key: 'count', title: 'Times', width: '5rem', render: ({ count }) => count },
          { key: 'refused', title: 'Refused', width: '5rem', render: ({ refused }) => refused },
        ]}
      />
    </div>
  );
}
