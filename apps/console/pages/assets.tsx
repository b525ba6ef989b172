/** Machines, their agents, and how to add one. */
import { healthText } from '@demarc/platform/contract/health';
import { Button, Code, CopyButton, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { post } from '../app/api.ts';
import { usePageSearch } from '../app/page-search.ts';
import { EnrollmentToken } from '../app/schemas.ts';
import { DataTable } from '../parts/data-table.tsx';
import { HealthMark } from '../parts/marks.tsx';
import { Details, Empty, Facts, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { useAssets, useTenantId } from './queries.ts';

export function AssetsPage() {
  const tenantId = useTenantId();
  const { search, setSearch } = usePageSearch();
  const assets = useAssets();
  const enroll = useMutation({
    mutationFn: () => post(`/v1/tenants/${tenantId}/enrollment-tokens`, EnrollmentToken),
  });
  if (assets.isError) return <Failure error={assets.error} />;
  if (assets.data === undefined) return <Loading />;
  const selected = assets.data.find(({ assetId }) => assetId === search['open']);
  return (
    <>
      <PageHeader
        title="Assets"
        summary={`${assets.data.filter(({ state }) => state === 'online').length} of ${assets.data.length} machines are online.`}
        actions={
          <Button onClick={() => enroll.mutate()} loading={enroll.isPending}>
            Enrol a machine
          </Button>
        }
      />
      {enroll.isError ? <Failure error={enroll.error} /> : null}
      <DataTable
        label="Assets"
        rows={assets.data}
        rowKey={(asset) => asset.assetId}
        selectedKey={search['open']}
        onOpen={(asset) => setSearch({ open: asset.assetId })}
        empty={<Empty title="No machine yet">Press “Enrol a machine” for the one line to run on it.</Empty>}
        columns={[
          { key: 'name', title: 'Name', width: 'minmax(10rem, 1fr)', render: (asset) => asset.name },
          {
            key: 'state',
            title: 'State',
            width: '8rem',
            render: (asset) => <HealthMark state={asset.state} />,
          },
          {
            key: 'seen',
            title: 'Last seen',
            width: '9rem',
            render: (asset) => <Instant at={asset.lastSeenAt} />,
          },
          { key: 'os', title: 'System', width: '12rem', render: (asset) => asset.os },
          {
            key: 'rooms',
            title: 'Services',
            width: 'minmax(20rem, 3fr)',
            render: (asset) =>
              asset.rooms.map((room) => `${room.serviceId}: ${healthText(room.health)}`).join('; '),
          },
        ]}
      />
      {selected === undefined ? null : (
        <Details title={selected.name} onClose={() => setSearch({ open: undefined })}>
          <Facts
            facts={[
              ['State', <HealthMark key="s" state={selected.state} />],
              ['Last seen', <Instant key="l" at={selected.lastSeenAt} />],
              ['Enrolled', <Instant key="e" at={selected.enrolledAt} />],
              ['Address', selected.address],
              ['System', selected.os],
              ['Agent', selected.agentVersion],
              ['Certificate until', <Instant key="c" at={selected.certificateExpiresAt} />],
              ['Clock offset', selected.clockOffsetMs === null ? 'unknown' : `${selected.clockOffsetMs} ms`],
              ['Dropped records', String(selected.droppedCount)],
              [
                'Id',
                <span key="i" className="d-mono">
                  {selected.assetId}
                </span>,
              ],
            ]}
          />
          {selected.rooms.map((room) => (
            <section key={room.serviceId}>
              <h2>{room.serviceId}</h2>
              <HealthMark state={room.health.state} /> {healthText(room.health)}
              {room.health.progress === undefined ? null : (
                <progress
                  className="d-progress"
                  value={room.health.progress.done}
                  aria-label={room.health.progress.what}
                />
              )}
              <Facts
                facts={Object.entries(room.health.figures ?? {}).map(
                  ([name, value]) => [name, String(value)] as const,
                )}
              />
            </section>
          ))}
        </Details>
      )}
      <Modal
        opened={enroll.data !== undefined}
        onClose={() => enroll.reset()}
        title="Enrol a machine"
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
        transitionProps={{ duration: 0 }}
      >
        {enroll.data === undefined ? null : (
          <div className="d-stack">
            <span>
              Run this line as root on the machine. It works once, until{' '}
              <Instant at={enroll.data.expiresAt} />.
            </span>
            <Code block tabIndex={0}>
              {enroll.data.command}
            </Code>
            <CopyButton value={enroll.data.command}>
              {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
            </CopyButton>
          </div>
        )}
      </Modal>
    </>
  );
}
