/** The gaps board: what is nobody's, disputed, waiting, failing, stale or running out; each with one party whose turn it is. */
import { GAP_KINDS, type Gap } from '@demarc/platform/contract/assurance/responsibility';
import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../app/api.ts';
import { useAsOf } from '../app/as-of.ts';
import { usePageSearch } from '../app/page-search.ts';
import { Done } from '../app/schemas.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { GapMark, gapWord, PartyMark } from '../parts/marks.tsx';
import { Details, Empty, Facts, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { partyWord } from '../parts/party.ts';
import { OpenCell } from './mine.tsx';
import { useMay, useTenantId } from './queries.ts';
import { useGaps, useParties } from './responsibility-queries.ts';

const ASSETS_NAMED = 3;

export function GapsPage() {
  const { search, setSearch } = usePageSearch();
  const { asOf } = useAsOf();
  const gaps = useGaps();
  const parties = useParties();
  if (gaps.isError) return <Failure error={gaps.error} />;
  if (gaps.data === undefined) return <Loading />;
  const { data } = gaps;
  const names = new Map((parties.data ?? []).map(({ partyId, name }) => [partyId, name]));
  const rows = data.rows.filter(
    (gap) =>
      (search['kind'] === undefined || gap.kind === search['kind']) &&
      (search['party'] === undefined || gap.party === search['party']),
  );
  const turns = [...Map.groupBy(data.rows, ({ party }) => party)];
  const selected = data.rows.find(({ key }) => key === search['gap']);
  return (
    <>
      <PageHeader
        title="Gaps"
        summary={
          <>
            {data.rows.length === 0
              ? 'No gap: every duty has one owner, and nothing that was assessed fails.'
              : `${data.rows.length + data.leftOut} gaps, each counted once at its root: ${turns
                  .map(([party, theirs]) => `${partyWord(party, 'owned', names)} ${theirs.length}`)
                  .join(', ')}.`}{' '}
            {data.neverAssessedCount} cells were never assessed. <AsOfNote />
          </>
        }
        actions={
          <>
            {data.scheduleAccepted || asOf !== undefined ? null : <AcceptSchedule />}
            <NativeSelect
              aria-label="Kind of gap"
              value={search['kind'] ?? ''}
              onChange={(event) => setSearch({ kind: event.currentTarget.value || undefined })}
              data={[
                { value: '', label: 'Any gap' },
                ...GAP_KINDS.map((kind) => ({
                  value: kind,
                  label: `${gapWord(kind)} (${data.counts[kind] ?? 0})`,
                })),
              ]}
            />
            <NativeSelect
              aria-label="Whose turn"
              value={search['party'] ?? ''}
              onChange={(event) => setSearch({ party: event.currentTarget.value || undefined })}
              data={[
                { value: '', label: 'Anybody’s turn' },
                ...turns.map(([party]) => ({ value: party, label: partyWord(party, 'owned', names) })),
              ]}
            />
          </>
        }
      />
      <DataTable
        label="Gaps"
        rows={rows}
        rowKey={({ key }) => key}
        selectedKey={search['gap']}
        onOpen={({ key }) => setSearch({ gap: key })}
        empty={
          <Empty title="No gap here">
            {data.rows.length === 0
              ? `Nothing is nobody’s, disputed, failing or stale, and nothing waits longer than ${data.pendingDays} days.`
              : 'Take a filter away to see the others.'}
          </Empty>
        }
        columns={[
          { key: 'kind', title: 'Gap', width: '9rem', render: ({ kind }) => <GapMark kind={kind} /> },
          {
            key: 'party',
            title: 'Whose turn',
            width: '9.5rem',
            render: ({ party }) => <PartyMark party={party} state="owned" />,
          },
          { key: 'title', title: 'What', width: 'minmax(14rem, 2fr)', render: whatOf },
          { key: 'assets', title: 'Where', width: 'minmax(9rem, 1fr)', render: whereOf },
          {
            key: 'since',
            title: 'Since, or until',
            width: '8.5rem',
            render: ({ since, until }) =>
              since === null && until === null ? '' : <Instant at={since ?? until} />,
          },
          {
            key: 'because',
            title: 'Because',
            width: 'minmax(20rem, 4fr)',
            render: ({ because }) => <span title={because}>{because}</span>,
          },
        ]}
      />
      {selected === undefined || search['open'] !== undefined ? null : (
        <GapDetails gap={selected} onClose={() => setSearch({ gap: undefined })} />
      )}
      <OpenCell open={search['open']} onClose={() => setSearch({ open: undefined })} />
    </>
  );
}

function whatOf({ controls, title }: Gap): string {
  const [only] = controls;
  return controls.length === 1 ? `${only ?? ''} ${title}` : title;
}

function whereOf({ assets, assetCount }: Gap): string {
  if (assetCount === 0) return '';
  return assetCount > ASSETS_NAMED ? `${assetCount} assets` : assets.map(({ name }) => name).join(', ');
}

function GapDetails({ gap, onClose }: { readonly gap: Gap; readonly onClose: () => void }) {
  const { setSearch } = usePageSearch();
  const { open } = gap;
  return (
    <Details title={`${gapWord(gap.kind)}: ${gap.title}`} onClose={onClose}>
      <Facts
        facts={[
          ['Whose turn', <PartyMark key="party" party={gap.party} state="owned" />],
          ['Next step', gap.step],
          ['Because', gap.because],
          ...(gap.since === null ? [] : [['Since', <Instant key="since" at={gap.since} />] as const]),
          ...(gap.until === null ? [] : [['Until', <Instant key="until" at={gap.until} />] as const]),
          ['Cells affected', String(gap.affectedCount)],
          ['Controls', gap.controls.join(', ')],
          [
            'Assets',
            `${gap.assets.map(({ name }) => name).join(', ')}${gap.assetCount > gap.assets.length ? ` and ${gap.assetCount - gap.assets.length} more` : ''}`,
          ],
        ]}
      />
      {open === null ? null : (
        <Button variant="default" onClick={() => setSearch({ open: `${open.controlId}@${open.assetId}` })}>
          Why: {open.controlId} on{' '}
          {gap.assets.find(({ assetId }) => assetId === open.assetId)?.name ?? open.assetId}
        </Button>
      )}
      {gap.kind === 'contested' || gap.key.startsWith('pending claim') ? <ToDecisions /> : null}
    </Details>
  );
}

function ToDecisions() {
  const tenantId = useTenantId();
  return (
    <Button component="a" variant="default" href={`/t/${tenantId}/decisions`}>
      See the claims
    </Button>
  );
}

function AcceptSchedule() {
  const tenantId = useTenantId();
  const queries = useQueryClient();
  const may = useMay('service:buy');
  const accept = useMutation({
    mutationFn: () => post(`/v1/tenants/${tenantId}/schedule/accept`, Done),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['matrix', tenantId] }),
  });
  if (!may) return null;
  return (
    <>
      {accept.isError ? <Failure error={accept.error} /> : null}
      <Button onClick={() => accept.mutate()} loading={accept.isPending}>
        Accept the responsibility schedule
      </Button>
    </>
  );
}
