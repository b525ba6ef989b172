/** Every part of the platform, its health and why. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../app/api.ts';
import { PlatformStatus } from '../app/schemas.ts';
import { DataTable } from '../parts/data-table.tsx';
import { HealthMark } from '../parts/marks.tsx';
import { Empty, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';

export function PlatformPage() {
  const status = useQuery({
    queryKey: ['platform'],
    queryFn: () => get('/v1/status', PlatformStatus),
    refetchInterval: 5_000,
  });
  if (status.isError) return <Failure error={status.error} />;
  if (status.data === undefined) return <Loading />;
  return (
    <>
      <PageHeader
        title="Platform"
        summary={
          <>
            Version {status.data.version}, running since <Instant at={status.data.startedAt} />.
          </>
        }
      />
      <DataTable
        label="Parts"
        rows={status.data.parts}
        rowKey={(part) => part.name}
        empty={<Empty title="No parts">The server was started by hand.</Empty>}
        columns={[
          { key: 'name', title: 'Part', width: '9rem', render: (part) => part.name },
          {
            key: 'state',
            title: 'State',
            width: '8rem',
            render: (part) => <HealthMark state={part.health.state} />,
          },
          { key: 'why', title: 'Why', width: 'minmax(14rem, 1fr)', render: (part) => part.health.because },
          { key: 'restarts', title: 'Restarts', width: '6rem', render: (part) => part.restartCount },
          {
            key: 'figures',
            title: 'Figures',
            width: 'minmax(24rem, 2fr)',
            render: (part) =>
              Object.entries(part.health.figures ?? {})
                .map(([name, value]) => `${name} ${value}`)
                .join(' · '),
          },
        ]}
      />
    </>
  );
}
