/** What is accepted for a while, by whom, until when; and what was approved as not applicable. */
import type {
  ExceptionRow,
  Exceptions,
  NotApplicableRow,
} from '@demarc/platform/contract/assurance/workbook';
import type { Column } from '@demarc/platform/contract/console';
import { Button, Group, SegmentedControl, Textarea } from '@mantine/core';
import { useState } from 'react';
import { usePageSearch } from '../app/page-search.ts';
import { StatusMark } from '../parts/marks.tsx';
import { Details, Empty, Facts, Failure, Instant, Loading, PageHeader } from '../parts/parts.tsx';
import { useAct, useExceptions, useMay } from './records.ts';
import { AsOf, Day, Decision, PastNotice, Register } from './records-parts.tsx';
import { countsText } from './workbook-view.ts';

const VIEWS: Readonly<Record<string, readonly [string, readonly ExceptionRow['phase'][]]>> = {
  requested: ['Requested', ['requested']],
  running: ['Running', ['running', 'running-out']],
  'running-out': ['Running out', ['running-out']],
  over: ['Over', ['expired', 'lapsed', 'revoked']],
};
const NOT_APPLICABLE = 'not-applicable';

const WORDS: Readonly<Record<ExceptionRow['phase'], string>> = {
  requested: 'Waits for approval',
  running: 'Running',
  'running-out': 'Running out',
  expired: 'Expired',
  lapsed: 'Lapsed unapproved',
  revoked: 'Revoked',
};

const unheld = ({ cells }: ExceptionRow): number =>
  cells.count - (cells.counts.satisfied ?? 0) - (cells.counts['not-applicable'] ?? 0);

export function ExceptionsPage() {
  const { search, setSearch } = usePageSearch();
  const asOf = search['asOf'];
  const exceptions = useExceptions(asOf);
  const may = useMay();
  if (exceptions.isError) return <Failure error={exceptions.error} />;
  if (exceptions.data === undefined) return <Loading />;
  const of = (view: string): readonly ExceptionRow[] =>
    exceptions.data.exceptions.filter(({ phase }) => VIEWS[view]?.[1].includes(phase) === true);
  // What waits is what somebody came for; without it, what runs.
  const view = search['view'] ?? (of('requested').length > 0 ? 'requested' : 'running');
  const now = asOf === undefined;
  const exception = exceptions.data.exceptions.find(({ exceptionId }) => exceptionId === search['open']);
  const approval = exceptions.data.notApplicable.find(({ approvalId }) => approvalId === search['open']);
  return (
    <>
      <PageHeader title="Exceptions" summary={summaryOf(exceptions.data)} actions={<AsOf />} />
      <PastNotice asOf={asOf} />
      <SegmentedControl
        mb="sm"
        className="d-screen"
        aria-label="Which exceptions"
        value={view}
        onChange={(value) => setSearch({ view: value, open: undefined })}
        data={[
          ...Object.entries(VIEWS).map(([value, [label]]) => ({
            value,
            label: `${label} (${of(value).length})`,
          })),
          { value: NOT_APPLICABLE, label: `Not applicable (${exceptions.data.notApplicable.length})` },
        ]}
      />
      {view === NOT_APPLICABLE ? (
        <Register
          label="Not applicable"
          rows={exceptions.data.notApplicable}
          rowKey={(row) => row.approvalId}
          selectedKey={search['open']}
          onOpen={(row) => setSearch({ open: row.approvalId })}
          empty={
            <Empty title="Everything is applicable">
              Approve controls that are about nothing here in the workbook, with a reason and a review date.
            </Empty>
          }
          columns={APPROVAL_COLUMNS}
        />
      ) : (
        <Register
          label={`Exceptions: ${VIEWS[view]?.[0] ?? view}`}
          rows={of(view)}
          rowKey={(row) => row.exceptionId}
          selectedKey={search['open']}
          onOpen={(row) => setSearch({ open: row.exceptionId })}
          empty={
            <Empty title="None here">
              Ask for one in the workbook: choose controls, give a reason and an end. Somebody else approves.
            </Empty>
          }
          columns={COLUMNS}
        />
      )}
      {exception === undefined ? null : (
        <ExceptionDetails
          exception={exception}
          decide={now && may('exception:approve')}
          onClose={() => setSearch({ open: undefined })}
        />
      )}
      {approval === undefined ? null : (
        <ApprovalDetails
          approval={approval}
          decide={now && may('workbook:write')}
          onClose={() => setSearch({ open: undefined })}
        />
      )}
    </>
  );
}

function summaryOf({ exceptions, runningOutDays }: Exceptions): string {
  const count = (...phases: readonly ExceptionRow['phase'][]): number =>
    exceptions.filter(({ phase }) => phases.includes(phase)).length;
  return `${count('running', 'running-out')} running, ${count('running-out')} of them end within ${runningOutDays} days; ${count('requested')} wait for approval. An exception never turns a status green.`;
}

const COLUMNS: readonly Column<ExceptionRow>[] = [
  { key: 'phase', title: 'State', width: '10rem', render: (row) => WORDS[row.phase] },
  { key: 'until', title: 'Until', width: '8rem', render: (row) => <Day at={row.until} /> },
  {
    key: 'controls',
    title: 'Controls',
    width: 'minmax(10rem, 1fr)',
    render: (row) => row.controls.join(', '),
  },
  { key: 'scope', title: 'For', width: 'minmax(8rem, 1fr)', render: (row) => row.scopeName },
  {
    key: 'cells',
    title: 'Do not hold',
    width: '7rem',
    render: (row) => `${unheld(row)} of ${row.cells.count}`,
  },
  { key: 'requester', title: 'Asked by', width: '9rem', render: (row) => row.requester },
  {
    key: 'approver',
    title: 'Approved by',
    width: '9rem',
    render: (row) => row.approver ?? <span className="d-quiet">nobody yet</span>,
  },
  { key: 'risk', title: 'Risk', width: '5rem', render: (row) => row.riskId ?? '' },
  { key: 'reason', title: 'Reason', width: 'minmax(16rem, 3fr)', render: (row) => row.reason },
];

const APPROVAL_COLUMNS: readonly Column<NotApplicableRow>[] = [
  { key: 'phase', title: 'State', width: '8rem', render: (row) => row.phase.replace('-', ' ') },
  { key: 'review', title: 'Review', width: '8rem', render: (row) => <Day at={row.reviewAt} /> },
  { key: 'control', title: 'Control', width: '5.5rem', render: (row) => row.controlId },
  { key: 'title', title: 'Title', width: 'minmax(14rem, 2fr)', render: (row) => row.title },
  { key: 'scope', title: 'For', width: 'minmax(8rem, 1fr)', render: (row) => row.scopeName },
  { key: 'cells', title: 'Assets', width: '5rem', render: (row) => row.cellCount },
  { key: 'approver', title: 'Approved by', width: '9rem', render: (row) => row.approver },
  { key: 'reason', title: 'Reason', width: 'minmax(16rem, 3fr)', render: (row) => row.reason },
];

function ExceptionDetails({
  exception,
  decide,
  onClose,
}: {
  readonly exception: ExceptionRow;
  readonly decide: boolean;
  readonly onClose: () => void;
}) {
  const [doing, setDoing] = useState<'approve' | 'revoke'>();
  const path = `exceptions/${encodeURIComponent(exception.exceptionId)}`;
  const approve = useAct(`${path}/approve`, () => setDoing(undefined));
  const waits = exception.phase === 'requested';
  const runs = exception.phase === 'running' || exception.phase === 'running-out';
  return (
    <Details title={`Exception for ${exception.controls.join(', ')}`} onClose={onClose}>
      <div>
        <strong>{WORDS[exception.phase]}</strong>
        <p style={{ margin: '0.4rem 0' }}>{exception.reason}</p>
        <Facts
          facts={[
            ['For', exception.scopeName],
            ['As it is', `${countsText(exception.cells.counts)}; the exception changes none of it`],
            ['Until', <Day key="u" at={exception.until} />],
            ['Risk taken', exception.riskId ?? 'none named'],
            [
              'Asked by',
              <>
                {exception.requester}, <Instant at={exception.requestedAt} />
              </>,
            ],
            [
              'Approved by',
              exception.approver === null ? (
                'nobody yet'
              ) : (
                <>
                  {exception.approver}, <Instant at={exception.approvedAt} />
                </>
              ),
            ],
            ...(exception.endedBecause === null
              ? []
              : ([['Ended because', exception.endedBecause]] as const)),
            [
              'Record',
              <span key="r" className="d-mono">
                {exception.recordId}
              </span>,
            ],
          ]}
        />
      </div>
      <section>
        <h2>Compensating controls</h2>
        {exception.compensating.length === 0 ? (
          <p className="d-quiet">None were named.</p>
        ) : (
          exception.compensating.map((each) => (
            <div key={each.controlId} className="d-entry">
              <StatusMark status={each.status} /> {each.controlId} {each.title}
            </div>
          ))
        )}
      </section>
      {decide && (waits || runs) ? (
        <Group gap="xs">
          {waits ? (
            <Button size="xs" onClick={() => setDoing('approve')}>
              Approve
            </Button>
          ) : null}
          <Button size="xs" variant="default" onClick={() => setDoing('revoke')}>
            {waits ? 'Refuse' : 'Revoke'}
          </Button>
        </Group>
      ) : null}
      {doing === 'approve' ? (
        <Decision title="Approve the exception" onClose={() => setDoing(undefined)}>
          <span>
            Until {exception.until.slice(0, 10)} it is accepted that {exception.controls.join(', ')} may not
            hold for {exception.scopeName}: {unheld(exception)} of {exception.cells.count} cells do not today.
            Your name goes into the ledger beside that of {exception.requester}, who asked; the status stays
            as evidence has it, and it ends by itself.
          </span>
          {approve.isError ? <Failure error={approve.error} /> : null}
          <Button loading={approve.isPending} onClick={() => approve.mutate({})}>
            Approve until {exception.until.slice(0, 10)}
          </Button>
        </Decision>
      ) : null}
      {doing === 'revoke' ? (
        <Revoke
          title={waits ? 'Refuse the exception' : 'Revoke the exception'}
          path={`${path}/revoke`}
          says={
            waits
              ? `${exception.requester} asked for it; it cannot be approved after that.`
              : `From now on nothing is accepted any more: ${unheld(exception)} cells stand as they are, without it.`
          }
          onClose={() => setDoing(undefined)}
        />
      ) : null}
    </Details>
  );
}

function ApprovalDetails({
  approval,
  decide,
  onClose,
}: {
  readonly approval: NotApplicableRow;
  readonly decide: boolean;
  readonly onClose: () => void;
}) {
  const [revoking, setRevoking] = useState(false);
  const runs = approval.phase === 'running' || approval.phase === 'running-out';
  return (
    <Details title={`${approval.controlId} is not applicable`} onClose={onClose}>
      <p style={{ margin: 0 }}>{approval.reason}</p>
      <Facts
        facts={[
          ['Control', approval.title],
          ['For', `${approval.scopeName}, ${approval.cellCount} asset${approval.cellCount === 1 ? '' : 's'}`],
          [
            'Approved by',
            <>
              {approval.approver}, <Instant at={approval.approvedAt} />
            </>,
          ],
          ['Review', <Day key="r" at={approval.reviewAt} late={approval.phase === 'expired'} />],
          ...(approval.endedBecause === null ? [] : ([['Ended because', approval.endedBecause]] as const)),
          [
            'Record',
            <span key="l" className="d-mono">
              {approval.recordId}
            </span>,
          ],
        ]}
      />
      {decide && runs ? (
        <Button
          size="xs"
          variant="default"
          style={{ justifySelf: 'start' }}
          onClick={() => setRevoking(true)}
        >
          Applicable again
        </Button>
      ) : null}
      {revoking ? (
        <Revoke
          title={`${approval.controlId} is applicable again`}
          path={`workbook/not-applicable/${encodeURIComponent(approval.approvalId)}/revoke`}
          says={`Evidence counts again for ${approval.scopeName} from now on, and it is in the score.`}
          onClose={() => setRevoking(false)}
        />
      ) : null}
    </Details>
  );
}

function Revoke({
  title,
  says,
  path,
  onClose,
}: {
  readonly title: string;
  readonly says: string;
  readonly path: string;
  readonly onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const revoke = useAct(path, onClose);
  return (
    <Decision title={title} onClose={onClose}>
      <span>{says}</span>
      <Textarea
        label="Reason (kept in the ledger)"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      {revoke.isError ? <Failure error={revoke.error} /> : null}
      <Button
        color="red"
        disabled={reason.trim() === ''}
        loading={revoke.isPending}
        onClick={() => revoke.mutate({ reason })}
      >
        {title}
      </Button>
    </Decision>
  );
}
