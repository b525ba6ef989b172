/** Who owns each duty of each control on each asset, whether it holds, and why. */
import { DUTIES, type MatrixCell } from '@demarc/platform/contract/api';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { get } from '../app/api.ts';
import { useAsOf } from '../app/as-of.ts';
import { usePageSearch } from '../app/page-search.ts';
import { MatrixWhy } from '../app/schemas.ts';
import { AsOfNote } from '../parts/as-of.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { PartyMark, StatusMark, statusWord } from '../parts/marks.tsx';
import {
  Details,
  Empty,
  Facts,
  Failure,
  Instant,
  Json,
  Loading,
  PageHeader,
  SearchBox,
} from '../parts/parts.tsx';
import { flagWords, overlayText, ownershipWords, statusReasons } from './matrix-words.ts';
import { useMatrix, useTenantId } from './queries.ts';

const keyOf = (cell: MatrixCell): string => `${cell.controlId}@${cell.assetId}`;

export function MatrixPage() {
  const { search, setSearch } = usePageSearch();
  const { asOf } = useAsOf();
  const matrix = useMatrix(asOf);
  if (matrix.isError) return <Failure error={matrix.error} />;
  if (matrix.data === undefined) return <Loading />;
  const words = (search['text'] ?? '').toLowerCase();
  const cells = matrix.data.cells.filter(
    (cell) =>
      (search['status'] === undefined || cell.status === search['status']) &&
      (search['asset'] === undefined || cell.assetId === search['asset']) &&
      `${cell.controlId} ${cell.title} ${cell.area} ${cell.assetName}`.toLowerCase().includes(words),
  );
  const assets = [...new Map(matrix.data.cells.map((cell) => [cell.assetId, cell.assetName]))];
  const selected = matrix.data.cells.find((cell) => keyOf(cell) === search['open']);
  const { counts } = matrix.data;
  return (
    <>
      <PageHeader
        title="Responsibility matrix"
        summary={
          <>
            {counts['satisfied'] ?? 0} of {matrix.data.cells.length} controls hold,{' '}
            {counts['not-assessed'] ?? 0} were never assessed; {matrix.data.unownedCount} duties are nobody’s.{' '}
            <AsOfNote />
          </>
        }
        actions={
          <>
            <SearchBox label="Filter controls" placeholder="Control, title, area, asset" name="text" />
            <NativeSelect
              aria-label="Status"
              value={search['status'] ?? ''}
              onChange={(event) => setSearch({ status: event.currentTarget.value || undefined })}
              data={[
                { value: '', label: 'Any status' },
                ...Object.keys(counts).map((status) => ({
                  value: status,
                  label: statusWord(status as MatrixCell['status']),
                })),
              ]}
            />
            <NativeSelect
              aria-label="Asset"
              value={search['asset'] ?? ''}
              onChange={(event) => setSearch({ asset: event.currentTarget.value || undefined })}
              data={[
                { value: '', label: 'Any asset' },
                ...assets.map(([value, label]) => ({ value, label })),
              ]}
            />
          </>
        }
      />
      <DataTable
        label="Controls"
        rows={cells}
        rowKey={keyOf}
        selectedKey={search['open']}
        onOpen={(cell) => setSearch({ open: keyOf(cell) })}
        empty={
          <Empty title="No control matches">
            Take a filter away to see more of the {matrix.data.cells.length}.
          </Empty>
        }
        columns={[
          { key: 'control', title: 'Control', width: '6rem', render: (cell) => cell.controlId },
          {
            key: 'title',
            title: 'Title',
            width: 'minmax(11rem, 2fr)',
            render: (cell) => <span title={cell.title}>{cell.title}</span>,
          },
          {
            key: 'asset',
            title: 'Asset',
            width: 'minmax(8rem, 1fr)',
            render: (cell) => <span title={cell.assetName}>{cell.assetName}</span>,
          },
          {
            key: 'status',
            title: 'Status',
            width: '9rem',
            render: (cell) => (
              <span title={overlayText(cell)}>
                <StatusMark status={cell.status} /> <Overlay cell={cell} />
              </span>
            ),
          },
          ...DUTIES.map((name) => ({
            key: name,
            title: name.charAt(0).toUpperCase() + name.slice(1),
            width: 'minmax(9.5rem, 1fr)',
            render: (cell: MatrixCell) => {
              const duty = cell.duties.find((candidate) => candidate.duty === name);
              return duty === undefined ? null : (
                <span title={duty.because}>
                  <PartyMark party={duty.party} state={duty.state} /> <Flag flags={duty.flags} />
                </span>
              );
            },
          })),
        ]}
      />
      {selected === undefined ? null : (
        <Why cell={selected} asOf={asOf} onClose={() => setSearch({ open: undefined })} />
      )}
    </>
  );
}

export function Why({
  cell,
  asOf,
  onClose,
}: {
  readonly cell: MatrixCell;
  readonly asOf?: string | undefined;
  readonly onClose: () => void;
}) {
  const tenantId = useTenantId();
  const query = new URLSearchParams({
    assetId: cell.assetId,
    controlId: cell.controlId,
    ...(asOf === undefined ? {} : { asOf }),
  });
  const why = useQuery({
    queryKey: ['matrix', tenantId, 'why', query.toString()],
    queryFn: () => get(`/v1/tenants/${tenantId}/matrix/why?${query}`, MatrixWhy),
  });
  return (
    <Details title={`${cell.controlId} on ${cell.assetName}: why`} onClose={onClose}>
      {why.isError ? <Failure error={why.error} /> : null}
      {why.data === undefined ? (
        <Loading />
      ) : (
        <>
          <div>
            <StatusMark status={why.data.cell.status} />
            <p style={{ margin: '0.4rem 0 0' }}>{why.data.objective}</p>
          </div>
          <OverlaySection cell={why.data.cell} />
          <section>
            <h2>Who</h2>
            <Facts
              facts={why.data.cell.duties.map((duty) => [
                duty.duty,
                <>
                  <PartyMark party={duty.party} state={duty.state} /> <Flag flags={duty.flags} />
                  <div className="d-quiet">
                    {duty.because}
                    {duty.recordId === null ? '' : ` (record ${duty.recordId})`}
                  </div>
                </>,
              ])}
            />
            <p className="d-quiet" style={{ margin: '0.5rem 0 0' }}>
              {ownershipWords(why.data.cell)}
            </p>
          </section>
          <section>
            <h2>Why this status</h2>
            <ul style={{ margin: 0, paddingLeft: '1.1rem' }}>
              {statusReasons(why.data.cell).map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          </section>
          <section>
            <h2>Evidence</h2>
            {why.data.evidence.map((item) => (
              <div key={item.rule} style={{ marginBottom: '0.8rem' }} data-testid={`evidence-${item.rule}`}>
                <strong>{item.rule}</strong> {item.state}
                {item.observedAt === null ? null : (
                  <span className="d-quiet">
                    {' '}
                    · observed <Instant at={item.observedAt} />, received <Instant at={item.receivedAt} />
                    {item.signed ? ' · signed' : ''}
                  </span>
                )}
                <div>{item.because ?? `Asserts: ${item.asserts}`}</div>
                {item.evidenceId === null ? null : (
                  <Link
                    to={'/t/$tenantId/audit' as '/'}
                    params={{ tenantId } as never}
                    search={{ control: cell.controlId, open: cell.assetId, record: item.evidenceId } as never}
                  >
                    Record and signature
                  </Link>
                )}
              </div>
            ))}
          </section>
          {why.data.dependencies.length === 0 ? null : (
            <section>
              <h2>Leans on</h2>
              {why.data.dependencies.map((lower) => (
                <div key={lower.controlId}>
                  <StatusMark status={lower.status} /> {lower.controlId} {lower.title}{' '}
                  <span className="d-quiet">
                    ({lower.effect}
                    {lower.caps === null ? '' : `, caps this at ${statusWord(lower.caps)}`})
                  </span>
                </div>
              ))}
            </section>
          )}
          <section>
            <h2>Next steps</h2>
            {why.data.nextSteps.length === 0 ? 'None.' : null}
            <ul style={{ margin: 0, paddingLeft: '1.1rem' }}>
              {why.data.nextSteps.map(({ party, step }) => (
                <li key={step}>
                  {party}: {step}
                </li>
              ))}
            </ul>
          </section>
          <section>
            <h2>NIST SP 800-53</h2>
            <p style={{ margin: 0 }}>{why.data.nist.join(', ').toUpperCase()}</p>
          </section>
          <details>
            <summary>Raw record</summary>
            <Json value={why.data} />
          </details>
        </>
      )}
    </Details>
  );
}

/** What is accepted or excepted for a while lies over the status; it never turns it green. */
function Overlay({ cell }: { readonly cell: MatrixCell }) {
  if (cell.exception !== null) return <span className="d-tag">excepted</span>;
  return cell.notApplicableBecause === null ? null : <span className="d-tag">approved</span>;
}

function OverlaySection({ cell }: { readonly cell: MatrixCell }) {
  if (cell.exception === null && cell.notApplicableBecause === null) return null;
  return (
    <section>
      <h2>{cell.exception === null ? 'Not applicable' : 'Exception'}</h2>
      {cell.exception === null ? null : (
        <p style={{ margin: 0 }}>
          Accepted until <Instant at={cell.exception.until} /> by {cell.exception.approver}:{' '}
          {cell.exception.reason} <span className="d-quiet">The status stays what it is.</span>
        </p>
      )}
      {cell.notApplicableBecause === null ? null : <p style={{ margin: 0 }}>{cell.notApplicableBecause}</p>}
    </section>
  );
}

/** What waits to move, and whom the evidence shows at work although another has the duty. */
function Flag({ flags }: { readonly flags: readonly string[] }) {
  return flagWords(flags).map((words) => (
    <span key={words} className="d-tag">
      {words}
    </span>
  ));
}
