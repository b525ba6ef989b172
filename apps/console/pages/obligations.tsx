/** What the provider owes over all tenants: its own breaches apart from what others have to see to, and both queues. */
import type { Obligations } from '@demarc/platform/contract/assurance/responsibility';
import { NativeSelect } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { usePageSearch } from '../app/page-search.ts';
import { DataTable } from '../parts/data-table.tsx';
import { PartyMark, StatusMark } from '../parts/marks.tsx';
import { Details, Empty, Facts, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { useObligations } from './responsibility-queries.ts';

type Problem = Obligations['breaches'][number];

const keyOf = ({ controlId, status, party, because }: Problem): string =>
  `${controlId} ${status} ${party} ${because}`;

export function ObligationsPage() {
  const { search, setSearch } = usePageSearch();
  const board = useObligations();
  if (board.isError) return <Failure error={board.error} />;
  if (board.data === undefined) return <Loading />;
  const { tenants, breaches, theirs, onboarding, offboarding, leftOut, tenantsLeftOut } = board.data;
  const only = search['of'];
  const inTenant = (row: { readonly tenantId: string }): boolean =>
    only === undefined || row.tenantId === only;
  const ofTenant = (row: Problem): boolean => row.tenants.some(inTenant);
  const machines = breaches.reduce((sum, { assetCount }) => sum + assetCount, 0);
  const selected = [...breaches, ...theirs].find((problem) => keyOf(problem) === search['open']);
  const open = (problem: Problem): void => setSearch({ open: keyOf(problem) });
  return (
    <>
      <PageHeader
        title="Obligations"
        summary={`${breaches.length === 0 ? 'No breach of ours' : `${breaches.length} causes of ours, on ${machines} assets`} over ${tenants.length} tenants; ${onboarding.length} purchases wait to be operational, ${offboarding.length} services end.`}
        actions={
          <NativeSelect
            aria-label="Tenant of the obligations"
            value={only ?? ''}
            onChange={(event) => setSearch({ of: event.currentTarget.value || undefined })}
            data={[
              { value: '', label: 'All tenants' },
              ...tenants.map(({ tenantId, name }) => ({ value: tenantId, label: name })),
            ]}
          />
        }
      />
      <Section title="Ours: fails or is stale">
        <Problems
          label="Our breaches"
          rows={breaches.filter(ofTenant)}
          selectedKey={search['open']}
          onOpen={open}
          empty={<Empty title="No breach">Everything that is ours and was assessed holds.</Empty>}
        />
      </Section>
      <Section title="Bought, not operational">
        <DataTable
          label="Onboarding"
          rows={onboarding.filter(inTenant)}
          rowKey={({ entitlementId }) => entitlementId}
          empty={<Empty title="Nobody waits">Every service that was bought is operational.</Empty>}
          columns={[
            {
              key: 'tenant',
              title: 'Tenant',
              width: 'minmax(9rem, 1fr)',
              render: ({ tenantId, tenantName }) => <TenantLink tenantId={tenantId} name={tenantName} />,
            },
            {
              key: 'service',
              title: 'Service',
              width: 'minmax(13rem, 1fr)',
              render: ({ service }) => service,
            },
            {
              key: 'waiting',
              title: 'Waits on',
              width: '7rem',
              render: ({ waitingCount, assetCount }) => `${waitingCount} of ${assetCount}`,
            },
            { key: 'days', title: 'For', width: '6rem', render: ({ waitingDays }) => `${waitingDays} days` },
            {
              key: 'party',
              title: 'Whose turn',
              width: '9.5rem',
              render: ({ party }) => <PartyMark party={party} state="owned" />,
            },
            {
              key: 'missing',
              title: 'What is missing',
              width: 'minmax(18rem, 3fr)',
              render: ({ missing }) => <span title={missing.join('\n')}>{missing.join('; ')}</span>,
            },
          ]}
        />
      </Section>
      <Section title="Ending">
        <DataTable
          label="Offboarding"
          rows={offboarding.filter(inTenant)}
          rowKey={({ entitlementId }) => entitlementId}
          empty={
            <Empty title="No service ends">Notices and cancellations appear here, with a countdown.</Empty>
          }
          columns={[
            {
              key: 'tenant',
              title: 'Tenant',
              width: 'minmax(9rem, 1fr)',
              render: ({ tenantId, tenantName }) => <TenantLink tenantId={tenantId} name={tenantName} />,
            },
            {
              key: 'service',
              title: 'Service',
              width: 'minmax(13rem, 1fr)',
              render: ({ service }) => service,
            },
            {
              key: 'remaining',
              title: 'Ends',
              width: '9rem',
              render: ({ remainingDays, endsAt }) => (
                <time dateTime={endsAt} title={endsAt}>
                  {remainingDays >= 0 ? `in ${remainingDays} days` : `${-remainingDays} days ago`}
                </time>
              ),
            },
            {
              key: 'party',
              title: 'Whose turn',
              width: '9.5rem',
              render: ({ party }) => <PartyMark party={party} state="owned" />,
            },
            {
              key: 'open',
              title: 'Still open',
              width: 'minmax(18rem, 3fr)',
              render: ({ open: items }) =>
                items.length === 0 ? (
                  'nothing'
                ) : (
                  <span title={items.join('\n')}>
                    {items.length}: {items.join('; ')}
                  </span>
                ),
            },
          ]}
        />
      </Section>
      <Section title="Theirs: for the customers and others to see to">
        <Problems
          label="Problems of others"
          rows={theirs.filter(ofTenant)}
          selectedKey={search['open']}
          onOpen={open}
          empty={<Empty title="Nothing">Nothing that others hold fails or is stale.</Empty>}
        />
      </Section>
      <Section title="Tenants">
        <DataTable
          label="Tenants"
          rows={tenants.filter(inTenant)}
          rowKey={({ tenantId }) => tenantId}
          empty={<Empty title="No tenant">None that you may read obligations of.</Empty>}
          columns={[
            {
              key: 'tenant',
              title: 'Tenant',
              width: 'minmax(12rem, 2fr)',
              render: ({ tenantId, name }) => <TenantLink tenantId={tenantId} name={name} />,
            },
            { key: 'assets', title: 'Assets', width: '6rem', render: ({ assetCount }) => assetCount },
            { key: 'duties', title: 'Our duties', width: '7rem', render: ({ dutyCount }) => dutyCount },
            {
              key: 'breaches',
              title: 'Our breaches',
              width: '8rem',
              render: ({ breachCount }) => breachCount,
            },
            { key: 'theirs', title: 'Theirs', width: '6rem', render: ({ customerCount }) => customerCount },
            {
              key: 'unknown',
              title: 'Of ours, never assessed',
              width: '12rem',
              render: ({ neverAssessedCount }) => `${neverAssessedCount} cells`,
            },
          ]}
        />
      </Section>
      {leftOut + tenantsLeftOut > 0 ? (
        <p className="d-quiet">
          {leftOut} rows and {tenantsLeftOut} tenants are left out.
        </p>
      ) : null}
      {selected === undefined ? null : (
        <ProblemDetails problem={selected} onClose={() => setSearch({ open: undefined })} />
      )}
    </>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="d-section d-short" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Problems({
  label,
  rows,
  selectedKey,
  onOpen,
  empty,
}: {
  readonly label: string;
  readonly rows: readonly Problem[];
  readonly selectedKey: string | undefined;
  readonly onOpen: (problem: Problem) => void;
  readonly empty: ReactNode;
}) {
  return (
    <DataTable
      label={label}
      rows={rows}
      rowKey={keyOf}
      selectedKey={selectedKey}
      onOpen={onOpen}
      empty={empty}
      columns={[
        {
          key: 'status',
          title: 'Status',
          width: '7.5rem',
          render: ({ status }) => <StatusMark status={status} />,
        },
        {
          key: 'control',
          title: 'Control',
          width: 'minmax(14rem, 1fr)',
          render: ({ controlId, title }) => `${controlId} ${title}`,
        },
        {
          key: 'party',
          title: 'Whose turn',
          width: '9.5rem',
          render: ({ party }) => <PartyMark party={party} state="owned" />,
        },
        {
          key: 'where',
          title: 'Where',
          width: '12rem',
          render: ({ tenants, assetCount }) =>
            `${assetCount} assets, ${tenants.length === 1 ? (tenants[0]?.name ?? '') : `${tenants.length} tenants`}`,
        },
        { key: 'since', title: 'Since', width: '8rem', render: ({ since }) => <Instant at={since} /> },
        {
          key: 'because',
          title: 'Because',
          width: 'minmax(18rem, 3fr)',
          render: ({ because }) => <span title={because}>{because}</span>,
        },
      ]}
    />
  );
}

function ProblemDetails({ problem, onClose }: { readonly problem: Problem; readonly onClose: () => void }) {
  return (
    <Details title={`${problem.controlId} ${problem.title}`} onClose={onClose}>
      <Facts
        facts={[
          ['Status', <StatusMark key="status" status={problem.status} />],
          ['Whose turn', <PartyMark key="party" party={problem.party} state="owned" />],
          ['Because', problem.because],
          ['Since', <Instant key="since" at={problem.since} />],
          ['Cells affected', String(problem.affectedCount)],
        ]}
      />
      <section>
        <h2>
          On {problem.assetCount} assets of {problem.tenants.length} tenants
        </h2>
        {problem.tenants.map(({ tenantId, name, assetCount }) => (
          <div key={tenantId} style={{ marginBottom: '0.5rem' }}>
            <TenantLink tenantId={tenantId} name={name} />{' '}
            <span className="d-quiet">{assetCount} assets</span>
            <ul style={{ margin: '0.2rem 0 0', paddingLeft: '1.1rem' }}>
              {problem.assets
                .filter((asset) => asset.tenantId === tenantId)
                .map((asset) => (
                  <li key={asset.assetId}>
                    <Link
                      to={'/t/$tenantId/matrix' as '/'}
                      params={{ tenantId } as never}
                      search={{ open: `${problem.controlId}@${asset.assetId}` } as never}
                    >
                      {asset.name}
                    </Link>
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </section>
    </Details>
  );
}

function TenantLink({ tenantId, name }: { readonly tenantId: string; readonly name: string }) {
  return (
    <Link to={'/t/$tenantId/gaps' as '/'} params={{ tenantId } as never}>
      {name}
    </Link>
  );
}
