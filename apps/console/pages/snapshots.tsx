/** What both parties agreed on: snapshots of the matrix, by their digest, and who acknowledged them. */
import type { Snapshot } from '@demarc/platform/contract/assurance/responsibility';
import { Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../app/api.ts';
import { useAsOf } from '../app/as-of.ts';
import { Done } from '../app/schemas.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Empty, Failure, Instant } from '../parts/parts.tsx';
import { partyWord } from '../parts/party.ts';
import { useMay, useTenantId } from './queries.ts';
import { useParties, useSnapshots } from './responsibility-queries.ts';

const AGREEING = ['customer', 'provider'];

export function Snapshots({ names }: { readonly names: ReadonlyMap<string, string> }) {
  const tenantId = useTenantId();
  const { asOf } = useAsOf();
  const queries = useQueryClient();
  const snapshots = useSnapshots();
  const parties = useParties();
  const may = useMay('snapshot:write') && asOf === undefined;
  const refresh = { onSuccess: () => queries.invalidateQueries({ queryKey: ['matrix', tenantId] }) };
  const take = useMutation({
    mutationFn: () => post(`/v1/tenants/${tenantId}/snapshots`, Done),
    ...refresh,
  });
  const acknowledge = useMutation({
    mutationFn: ({ snapshotId, party }: { readonly snapshotId: string; readonly party: string }) =>
      post(`/v1/tenants/${tenantId}/snapshots/${encodeURIComponent(snapshotId)}/acknowledge`, Done, {
        party,
      }),
    ...refresh,
  });
  const yours = (parties.data ?? []).filter((party) => party.yours).map(({ partyId }) => partyId);
  const toSign = ({ purpose, acknowledgements }: Snapshot): readonly string[] =>
    purpose === 'record' || !may
      ? []
      : AGREEING.filter(
          (party) => yours.includes(party) && !acknowledgements.some((known) => known.party === party),
        );
  return (
    <section className="d-section d-short" aria-label="Agreed matrix">
      <Group justify="space-between" mb={6}>
        <h2 style={{ margin: 0 }}>Agreed matrix</h2>
        {may ? (
          <Button size="xs" variant="default" onClick={() => take.mutate()} loading={take.isPending}>
            Take a snapshot
          </Button>
        ) : null}
      </Group>
      {take.isError ? <Failure error={take.error} /> : null}
      {acknowledge.isError ? <Failure error={acknowledge.error} /> : null}
      <DataTable
        label="Snapshots"
        rows={snapshots.data ?? []}
        rowKey={({ snapshotId }) => snapshotId}
        empty={
          <Empty title="Nothing agreed yet">
            Take a snapshot of the matrix; once customer and provider have acknowledged it, GOV-01 has its
            proof.
          </Empty>
        }
        columns={[
          { key: 'asOf', title: 'As of', width: '9rem', render: ({ asOf: at }) => <Instant at={at} /> },
          {
            key: 'duties',
            title: 'Nobody’s, disputed',
            width: '13rem',
            render: ({ duties }) =>
              duties === null ? '' : `${duties.unowned} and ${duties.contested} of ${duties.total}`,
          },
          {
            key: 'by',
            title: 'Acknowledged by',
            width: 'minmax(14rem, 2fr)',
            render: ({ purpose, acknowledgements }) =>
              purpose === 'record'
                ? 'a record, not for agreement'
                : acknowledgements
                    .map(({ party, person }) => `${partyWord(party, 'owned', names)} (${person})`)
                    .join(', ') || 'nobody yet',
          },
          {
            key: 'digest',
            title: 'SHA-256',
            width: 'minmax(10rem, 1fr)',
            render: ({ digest }) => (
              <span className="d-mono" title={digest}>
                {digest.slice(0, 16)}…
              </span>
            ),
          },
          {
            key: 'sign',
            title: 'Your word',
            width: '15rem',
            render: (snapshot) =>
              toSign(snapshot).map((party) => (
                <Button
                  key={party}
                  size="compact-xs"
                  variant="default"
                  mr={6}
                  onClick={() => acknowledge.mutate({ snapshotId: snapshot.snapshotId, party })}
                >
                  Acknowledge for {partyWord(party, 'owned', names)}
                </Button>
              )),
          },
        ]}
      />
    </section>
  );
}
