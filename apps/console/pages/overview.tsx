/** Am I safe, what is mine, what is nobody's, what changed: the first ten seconds. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { post } from '../app/api.ts';
import { EventPage } from '../app/schemas.ts';
import { HealthMark, StatusMark } from '../parts/marks.tsx';
import { Empty, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { rangeOf } from '../parts/time.ts';
import { useAssets, useMatrix, useTenantId } from './queries.ts';

const SHOWN = 8;

export function OverviewPage() {
  const tenantId = useTenantId();
  const matrix = useMatrix();
  const assets = useAssets();
  const changes = useQuery({
    queryKey: ['overview-changes', tenantId],
    queryFn: () =>
      post(`/v1/tenants/${tenantId}/events/search`, EventPage, {
        ...rangeOf('24h', Date.now()),
        limit: SHOWN,
      }),
    refetchInterval: 10_000,
  });
  if (matrix.isError) return <Failure error={matrix.error} />;
  if (matrix.data === undefined || assets.data === undefined) return <Loading />;
  const { counts, cells, unownedCount } = matrix.data;
  const applicable = cells.length - (counts['not-applicable'] ?? 0);
  const bad = (counts['not-satisfied'] ?? 0) + (counts['stale-evidence'] ?? 0);
  const online = assets.data.filter(
    ({ state, rooms }) =>
      state === 'online' &&
      rooms.some(({ health }) => health.state === 'healthy' || health.state === 'degraded'),
  ).length;
  const mine = cells
    .flatMap((cell) => cell.duties)
    .filter(({ party }) => party?.includes('customer') === true).length;
  return (
    <>
      <PageHeader
        title="Overview"
        summary={
          bad === 0
            ? `${counts['satisfied'] ?? 0} of ${applicable} controls hold and ${counts['not-assessed'] ?? 0} were never assessed; nothing that was assessed fails.`
            : `${bad} of ${applicable} controls fail or have evidence that is too old.`
        }
      />
      <div className="d-tiles">
        <Tile title="Controls that hold" value={`${counts['satisfied'] ?? 0} of ${applicable}`}>
          {(['partially-satisfied', 'stale-evidence', 'not-satisfied', 'not-assessed'] as const).map(
            (status) => (
              <div key={status}>
                <StatusMark status={status} /> {counts[status] ?? 0}
              </div>
            ),
          )}
        </Tile>
        <Tile title="Duties that are nobody’s" value={`${unownedCount} of ${cells.length * 4}`}>
          <Link to="/t/$tenantId/gaps" params={{ tenantId }}>
            {unownedCount === 0 ? `See the ${mine} that are yours` : 'See which, and who can take them'}
          </Link>
        </Tile>
        <Tile title="Machines protected" value={`${online} of ${assets.data.length}`}>
          {assets.data.slice(0, 4).map((asset) => (
            <div key={asset.assetId}>
              <HealthMark state={asset.state} /> {asset.name}
            </div>
          ))}
        </Tile>
      </div>
      <section className="d-card" aria-label="Latest events">
        <header style={{ padding: '0.75rem 1rem 0' }}>
          <h2 style={{ margin: 0 }}>What changed</h2>
        </header>
        {changes.data === undefined || changes.data.events.length === 0 ? (
          <Empty title="No events in the last 24 hours">
            Buy a service for a machine under{' '}
            <Link to="/t/$tenantId/services" params={{ tenantId }}>
              Services
            </Link>
            ; its first events appear here by themselves.
          </Empty>
        ) : (
          <ul style={{ listStyle: 'none', margin: 0, padding: '0.5rem 1rem 1rem' }}>
            {changes.data.events.map((event) => (
              <li
                key={(event['metadata'] as { uid: string }).uid}
                style={{ padding: '0.3rem 0', display: 'grid', gridTemplateColumns: '7rem 1fr', gap: '1rem' }}
              >
                <span className="d-quiet">
                  <Instant at={Number(event['time'])} />
                </span>
                <span>{String(event['message'] ?? '')}</span>
              </li>
            ))}
          </ul>
        )}
      </section>
      <p>
        <Button component={Link} to={`/t/${tenantId}/search`} variant="default" size="xs">
          Search all events
        </Button>
      </p>
    </>
  );
}

function Tile({
  title,
  value,
  children,
}: {
  readonly title: string;
  readonly value: string;
  readonly children: ReactNode;
}) {
  return (
    <section className="d-card d-tile">
      <h2>{title}</h2>
      <strong>{value}</strong>
      <div className="d-quiet" style={{ marginTop: '0.4rem', fontSize: '0.875rem' }}>
        {children}
      </div>
    </section>
  );
}
