/** What a party still has to do: the duties it holds, by the risk that hangs on them, each with its next step. */
import type { MineRow } from '@demarc/platform/contract/assurance/responsibility';
import { NativeSelect, SegmentedControl } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { usePageSearch } from '../app/page-search.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { StatusMark } from '../parts/marks.tsx';
import { Empty, Failure, Loading, PageHeader, SearchBox } from '../parts/parts.tsx';
import { partyWord } from '../parts/party.ts';
import { OpenCell } from './open-cell.tsx';
import { useTenantId } from './queries.ts';
import { useMine, useParties } from './responsibility-queries.ts';

const keyOf = ({ controlId, assetId }: Pick<MineRow, 'controlId' | 'assetId'>): string =>
  `${controlId}@${assetId}`;

export function MinePage() {
  const { search, setSearch } = usePageSearch();
  const party = search['party'] ?? 'customer';
  const tenantId = useTenantId();
  const mine = useMine(party);
  const parties = useParties();
  if (mine.isError) return <Failure error={mine.error} />;
  if (mine.data === undefined) return <Loading />;
  const { data } = mine;
  const names = new Map((parties.data ?? []).map(({ partyId, name }) => [partyId, name]));
  const word = partyWord(party, 'owned', names);
  const onlyTurn = search['turn'] !== 'all';
  const words = (search['text'] ?? '').toLowerCase();
  const rows = data.rows.filter(
    (row) =>
      (!onlyTurn || row.next?.party === party) &&
      `${row.controlId} ${row.title} ${row.assetName} ${row.layer}`.toLowerCase().includes(words),
  );
  const choices = [...new Set([party, ...data.holders.map((holder) => holder.party)])].sort();
  return (
    <>
      <PageHeader
        title="What is still mine"
        summary={
          <>
            {word} holds {data.dutyCount} duties in {data.rows.length + data.leftOut} cells; in{' '}
            {data.todoCount} of them it is their turn. {data.unownedCount} duties are nobody’s. What hangs on
            the greatest risk is first. <AsOfNote />
          </>
        }
        actions={
          <>
            <SearchBox label="Filter duties" placeholder="Control, title, asset, layer" name="text" />
            <NativeSelect
              aria-label="Party"
              value={party}
              data={choices.map((value) => ({ value, label: partyWord(value, 'owned', names) }))}
              onChange={(event) => setSearch({ party: event.currentTarget.value, open: undefined })}
            />
          </>
        }
      />
      <SegmentedControl
        mb="sm"
        aria-label="Which duties"
        value={onlyTurn ? 'turn' : 'all'}
        onChange={(value) => setSearch({ turn: value === 'all' ? 'all' : undefined, open: undefined })}
        data={[
          { value: 'turn', label: `To do (${data.todoCount})` },
          { value: 'all', label: `All they hold (${data.rows.length + data.leftOut})` },
        ]}
      />
      <DataTable
        label="Duties"
        rows={rows}
        rowKey={(row: MineRow) => keyOf(row)}
        selectedKey={search['open']}
        onOpen={(row) => setSearch({ open: keyOf(row) })}
        empty={
          <Empty
            title={
              data.dutyCount > 0 && onlyTurn ? `Nothing is to be done by ${word}` : `${word} holds nothing`
            }
          >
            {data.dutyCount > 0 && onlyTurn
              ? 'What they hold is taken care of, or waits for somebody else.'
              : 'Duties come with the schedule, with a decision, or with a service.'}{' '}
            {data.unownedCount > 0 ? (
              <Link to="/t/$tenantId/gaps" params={{ tenantId }}>
                {data.unownedCount} duties are nobody’s: see the gaps
              </Link>
            ) : null}
          </Empty>
        }
        columns={[
          { key: 'risk', title: 'Risk', width: '9rem', render: (row) => <RiskOf row={row} /> },
          { key: 'control', title: 'Control', width: '6rem', render: (row) => row.controlId },
          { key: 'title', title: 'Title', width: 'minmax(12rem, 2fr)', render: (row) => row.title },
          { key: 'asset', title: 'Asset', width: 'minmax(8rem, 1fr)', render: (row) => row.assetName },
          {
            key: 'duties',
            title: 'Duties',
            width: 'minmax(9rem, 1fr)',
            render: (row) => row.duties.join(', '),
          },
          {
            key: 'status',
            title: 'Status',
            width: '8.5rem',
            render: (row) => <StatusMark status={row.status} />,
          },
          {
            key: 'next',
            title: 'Next step',
            width: 'minmax(20rem, 4fr)',
            render: (row) => (
              <NextStep row={row} party={party} word={(one) => partyWord(one, 'owned', names)} />
            ),
          },
        ]}
      />
      {data.leftOut > 0 ? <p className="d-quiet">{data.leftOut} more are left out.</p> : null}
      <OpenCell open={search['open']} onClose={() => setSearch({ open: undefined })} />
    </>
  );
}

/** The greatest risk that the control mitigates: what is left of what it was. */
function RiskOf({ row }: { readonly row: MineRow }) {
  const [first] = row.risks;
  if (first === undefined) return <span className="d-quiet">no risk named</span>;
  return (
    <span
      title={row.risks
        .map(
          ({ riskId, title, residual, inherent }) =>
            `${riskId} ${title}: ${inherent.score} → ${residual.score}`,
        )
        .join('\n')}
    >
      <strong>{first.residual.score}</strong>{' '}
      <span className="d-quiet">
        of {first.inherent.score} · {first.riskId}
        {row.risks.length > 1 ? ` +${row.risks.length - 1}` : ''}
      </span>
    </span>
  );
}

function NextStep({
  row: { next },
  party,
  word,
}: {
  readonly row: MineRow;
  readonly party: string;
  readonly word: (party: string) => string;
}) {
  if (next === null) return <span className="d-quiet">Nothing: it holds.</span>;
  if (next.party === party) return <span title={next.step}>{next.step}</span>;
  return (
    <span className="d-quiet" title={next.step}>
      Waits for {word(next.party)}: {next.step}
    </span>
  );
}
