/** The security controls workbook: each control over all assets, what evidence says and what people wrote. */
import type { ControlStatus } from '@demarc/platform/contract/api';
import { CONTROL_STATUSES } from '@demarc/platform/contract/api';
import type { Workbook, WorkbookRow } from '@demarc/platform/contract/assurance/workbook';
import type { Column } from '@demarc/platform/contract/console';
import { Button, Checkbox, Group, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { usePageSearch } from '../app/page-search.ts';
import { PartyMark, StatusMark, statusWord } from '../parts/marks.tsx';
import { Empty, Failure, Instant, Loading, PageHeader, SearchBox } from '../parts/parts.tsx';
import { useMay, useStandards, useWorkbook } from './records.ts';
import { AsOf, Day, PastNotice, Register } from './records-parts.tsx';
import { Annotate, AskException, NotApplicable } from './workbook-decide.tsx';
import { ControlDetails } from './workbook-details.tsx';
import {
  chosenOf,
  countsText,
  operators,
  percent,
  rowsOf,
  SORTS,
  textOfChosen,
  toggled,
  WRITTEN,
} from './workbook-view.ts';

type Deciding = 'annotate' | 'not-applicable' | 'exception';

export function WorkbookPage() {
  const { search, setSearch } = usePageSearch();
  const asOf = search['asOf'];
  const book = useWorkbook(asOf, search['asset']);
  const may = useMay();
  const [deciding, setDeciding] = useState<Deciding>();
  if (book.isError) return <Failure error={book.error} />;
  if (book.data === undefined) return <Loading />;
  const rows = rowsOf(book.data.rows, search);
  const chosen = chosenOf(search);
  const ids = [...chosen];
  const open = book.data.rows.find(({ controlId }) => controlId === search['open']);
  const decide = asOf === undefined && may('workbook:write');
  return (
    <>
      <PageHeader
        title="Workbook"
        summary={
          <>
            Score {percent(book.data.total.score)} with {percent(book.data.total.coverage)} ever assessed:{' '}
            {countsText(book.data.total.counts)}, over {book.data.assetCount} asset
            {book.data.assetCount === 1 ? '' : 's'}.
          </>
        }
        actions={<AsOf />}
      />
      <PastNotice asOf={asOf} />
      <Areas book={book.data} />
      <Filters rows={book.data.rows} />
      {decide ? (
        <Group gap="xs" mb="sm" className="d-screen">
          <Button
            variant="default"
            size="xs"
            onClick={() => setSearch({ chosen: textOfChosen(rows.map(({ controlId }) => controlId)) })}
          >
            Choose all {rows.length} shown
          </Button>
          {ids.length === 0 ? (
            <span className="d-quiet">Tick controls to decide about many at once.</span>
          ) : (
            <>
              <strong data-testid="chosen">{ids.length} chosen</strong>
              <Button size="xs" onClick={() => setDeciding('annotate')}>
                Annotate
              </Button>
              <Button size="xs" variant="default" onClick={() => setDeciding('not-applicable')}>
                Not applicable
              </Button>
              <Button size="xs" variant="default" onClick={() => setDeciding('exception')}>
                Ask for an exception
              </Button>
              <Button size="xs" variant="subtle" onClick={() => setSearch({ chosen: undefined })}>
                Choose none
              </Button>
            </>
          )}
        </Group>
      ) : null}
      <Register
        label="Workbook"
        rows={rows}
        rowKey={(row) => row.controlId}
        selectedKey={search['open']}
        onOpen={(row) => setSearch({ open: row.controlId })}
        empty={
          <Empty title="No control matches">
            Take a filter away to see more of the {book.data.rows.length}.
          </Empty>
        }
        before={
          decide ? [tick(chosen, (controlId) => setSearch({ chosen: toggled(chosen, controlId) }))] : []
        }
        columns={COLUMNS}
      />
      {open === undefined ? null : (
        <ControlDetails
          controlId={open.controlId}
          asOf={asOf}
          assetId={search['asset']}
          onClose={() => setSearch({ open: undefined })}
        />
      )}
      {deciding === 'annotate' ? <Annotate controls={ids} onClose={() => setDeciding(undefined)} /> : null}
      {deciding === 'not-applicable' ? (
        <NotApplicable controls={ids} onClose={() => setDeciding(undefined)} />
      ) : null}
      {deciding === 'exception' ? (
        <AskException controls={ids} onClose={() => setDeciding(undefined)} />
      ) : null}
    </>
  );
}

/** Score and coverage of each area, side by side: one without the other flatters. A click filters. */
function Areas({ book }: { readonly book: Workbook }) {
  const { search, setSearch } = usePageSearch();
  return (
    <section className="d-card d-areas" aria-label="Score and coverage by area">
      {book.areas.map(({ area, score }) => {
        const active = search['area'] === area;
        return (
          <button
            key={area}
            type="button"
            className="d-area"
            aria-pressed={active}
            onClick={() => setSearch({ area: active ? undefined : area })}
          >
            <span>{area}</span>
            <span className="d-bar" aria-hidden="true">
              <i style={{ width: `${(score.coverage ?? 0) * 100}%` }} data-what="coverage" />
              <i style={{ width: `${(score.score ?? 0) * 100}%` }} data-what="score" />
            </span>
            <span>
              <strong>{percent(score.score)}</strong>{' '}
              <span className="d-quiet">of {percent(score.coverage)} assessed</span>
            </span>
          </button>
        );
      })}
      <p className="d-quiet d-legend">
        <i className="d-swatch" data-what="score" aria-hidden="true" /> score{' '}
        <i className="d-swatch" data-what="coverage" aria-hidden="true" /> ever assessed
      </p>
    </section>
  );
}

function Filters({ rows }: { readonly rows: readonly WorkbookRow[] }) {
  const { search, setSearch } = usePageSearch();
  const standards = useStandards(search['asOf']);
  const select = (
    name: string,
    label: string,
    any: string,
    options: readonly (readonly [string, string])[],
  ) => (
    <NativeSelect
      aria-label={label}
      value={search[name] ?? ''}
      onChange={(event) => setSearch({ [name]: event.currentTarget.value || undefined })}
      data={[{ value: '', label: any }, ...options.map(([value, text]) => ({ value, label: text }))]}
    />
  );
  const owners = [...new Set(rows.flatMap((row) => operators(row)))].sort();
  return (
    <div className="d-toolbar d-screen" style={{ marginBottom: '0.75rem' }}>
      <SearchBox label="Filter the workbook" placeholder="Control, title, text" name="text" />
      {select(
        'status',
        'Status',
        'Any status',
        CONTROL_STATUSES.map((status): readonly [string, string] => [
          status,
          statusWord(status as ControlStatus),
        ]),
      )}
      {select(
        'owner',
        'Operated by',
        'Operated by anybody',
        owners.map((owner): readonly [string, string] => [owner, owner]),
      )}
      {select(
        'asset',
        'Asset',
        'Every asset',
        (standards.data?.assets ?? []).map(({ assetId, assetName }): readonly [string, string] => [
          assetId,
          assetName,
        ]),
      )}
      {select(
        'written',
        'What is written',
        'Whatever is written',
        Object.entries(WRITTEN).map(([key, [text]]): readonly [string, string] => [key, text]),
      )}
      {select('sort', 'Order', 'By area', SORTS.slice(1))}
    </div>
  );
}

function tick(chosen: ReadonlySet<string>, onToggle: (controlId: string) => void): Column<WorkbookRow> {
  return {
    key: 'tick',
    title: '',
    width: '2.75rem',
    render: (row) => (
      // The row opens the drawer; its box does not.
      // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- it only keeps events from the row
      <span onClick={(event) => event.stopPropagation()} onKeyDown={(event) => event.stopPropagation()}>
        <Checkbox
          size="xs"
          aria-label={`Choose ${row.controlId}`}
          checked={chosen.has(row.controlId)}
          onChange={() => onToggle(row.controlId)}
        />
      </span>
    ),
  };
}

const COLUMNS: readonly Column<WorkbookRow>[] = [
  { key: 'control', title: 'Control', width: '5.5rem', render: (row) => row.controlId },
  { key: 'title', title: 'Title', width: 'minmax(15rem, 2fr)', render: (row) => row.title },
  {
    key: 'capability',
    title: 'Capability',
    width: 'minmax(10rem, 1fr)',
    render: (row) => row.capability,
  },
  {
    key: 'status',
    title: 'Status',
    width: '9rem',
    render: (row) => <StatusMark status={row.status} />,
  },
  {
    key: 'holds',
    title: 'Holds on',
    width: '6rem',
    render: (row) => (
      <span title={countsText(row.score.counts)}>
        {row.score.counts.satisfied} of {row.score.applicable}
      </span>
    ),
  },
  { key: 'coverage', title: 'Assessed', width: '6rem', render: (row) => percent(row.score.coverage) },
  { key: 'worth', title: 'Worth', width: '4.5rem', render: (row) => row.worth },
  { key: 'score', title: 'Score', width: '6rem', render: (row) => percent(row.score.score) },
  {
    key: 'applied',
    title: 'Applied',
    width: '7.5rem',
    render: (row) =>
      row.applied === null ? (
        <span className="d-quiet">not said</span>
      ) : row.contradicted ? (
        <span className="d-late">yes, unproven</span>
      ) : row.applied ? (
        'yes'
      ) : (
        'no'
      ),
  },
  {
    key: 'owner',
    title: 'Operated by',
    width: '12rem',
    render: (row) => {
      const shares = row.owners.find(({ duty }) => duty === 'operate')?.shares ?? [];
      const [first] = shares;
      if (first === undefined) return null;
      return (
        <>
          <PartyMark party={first.party} state={first.state} />
          {shares.length > 1 ? <span className="d-quiet"> +{shares.length - 1}</span> : null}
        </>
      );
    },
  },
  {
    key: 'evidence',
    title: 'Oldest evidence',
    width: '8.5rem',
    render: (row) => <Instant at={row.evidenceOldestAt} />,
  },
  {
    key: 'standards',
    title: 'Standards',
    width: 'minmax(9rem, 1fr)',
    render: (row) => row.standards.map(({ standardId, version }) => `${standardId}@${version}`).join(', '),
  },
  {
    key: 'rationale',
    title: 'Rationale',
    width: 'minmax(12rem, 2fr)',
    render: (row) => row.rationale,
  },
  {
    key: 'design',
    title: 'HLD / LLD',
    width: 'minmax(8rem, 1fr)',
    render: (row) => [...row.hld, ...row.lld].map(({ document }) => document).join(', '),
  },
  {
    key: 'review',
    title: 'Review',
    width: '10.5rem',
    render: (row) => <Day at={row.reviewAt} late={row.reviewOverdue} />,
  },
  {
    key: 'comment',
    title: 'Comments',
    width: 'minmax(9rem, 1fr)',
    render: (row) => (row.commentCount === 0 ? '' : `${row.commentCount}: ${row.lastComment ?? ''}`),
  },
];
