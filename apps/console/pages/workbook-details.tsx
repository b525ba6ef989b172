/** One control of the workbook: its assets and why, who has which duty, everything that was written about it. */
import type { WorkbookControl } from '@demarc/platform/contract/assurance/workbook';
import { Button, Group, Textarea } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { PartyMark, StatusMark } from '../parts/marks.tsx';
import { Details, Facts, Failure, Instant, Loading } from '../parts/parts.tsx';
import { useTenantId } from './queries.ts';
import { useAct, useMay, useWorkbookControl } from './records.ts';
import { Day } from './records-parts.tsx';
import { Annotate, AskException, NotApplicable } from './workbook-decide.tsx';
import { countsText, percent, textOfDesigns } from './workbook-view.ts';

export function ControlDetails({
  controlId,
  asOf,
  assetId,
  onClose,
}: {
  readonly controlId: string;
  readonly asOf: string | undefined;
  readonly assetId: string | undefined;
  readonly onClose: () => void;
}) {
  const control = useWorkbookControl(controlId, asOf, assetId);
  const may = useMay();
  const [deciding, setDeciding] = useState<'annotate' | 'not-applicable' | 'exception'>();
  const close = (): void => setDeciding(undefined);
  return (
    <Details
      title={control.data === undefined ? controlId : `${controlId} ${control.data.row.title}`}
      onClose={onClose}
    >
      {control.isError ? <Failure error={control.error} /> : null}
      {control.data === undefined ? (
        <Loading />
      ) : (
        <>
          <Summary control={control.data} />
          {asOf === undefined && may('workbook:write') ? (
            <Group gap="xs">
              <Button size="xs" onClick={() => setDeciding('annotate')}>
                Annotate
              </Button>
              <Button size="xs" variant="default" onClick={() => setDeciding('not-applicable')}>
                Not applicable
              </Button>
              <Button size="xs" variant="default" onClick={() => setDeciding('exception')}>
                Ask for an exception
              </Button>
            </Group>
          ) : null}
          <Assets control={control.data} asOf={asOf} />
          <Written control={control.data} />
          <Decided control={control.data} />
          <Comments control={control.data} asOf={asOf} />
          <section>
            <h2>NIST SP 800-53</h2>
            <p style={{ margin: 0 }}>{control.data.nist.join(', ').toUpperCase()}</p>
          </section>
        </>
      )}
      {deciding === 'annotate' ? <Annotate controls={[controlId]} onClose={close} /> : null}
      {deciding === 'not-applicable' ? <NotApplicable controls={[controlId]} onClose={close} /> : null}
      {deciding === 'exception' ? <AskException controls={[controlId]} onClose={close} /> : null}
    </Details>
  );
}

function Summary({ control: { row } }: { readonly control: WorkbookControl }) {
  return (
    <div>
      <StatusMark status={row.status} />
      <p style={{ margin: '0.4rem 0' }}>{row.objective}</p>
      <Facts
        facts={[
          ['Area', `${row.area}, ${row.capability}`],
          ['Assets', countsText(row.score.counts)],
          [
            'Score',
            `${row.score.earned} of ${row.score.worth} worth: ${percent(row.score.score)}, with ${percent(row.score.coverage)} ever assessed`,
          ],
          ...row.owners.map(
            ({ duty, shares }) =>
              [
                duty,
                <span key={duty}>
                  {shares.map(({ party, state, count }) => (
                    <span key={`${party ?? ''} ${state}`}>
                      <PartyMark party={party} state={state} /> <span className="d-quiet">×{count} </span>
                    </span>
                  ))}
                </span>,
              ] as const,
          ),
        ]}
      />
    </div>
  );
}

function Assets({
  control: { row, cells, cellCount },
  asOf,
}: {
  readonly control: WorkbookControl;
  readonly asOf: string | undefined;
}) {
  const tenantId = useTenantId();
  return (
    <section>
      <h2>On each asset, and why</h2>
      {cells.map((cell) => (
        <div key={cell.assetId} className="d-entry">
          <StatusMark status={cell.status} />{' '}
          <Link
            to={'/t/$tenantId/matrix' as '/'}
            params={{ tenantId }}
            search={
              {
                open: `${row.controlId}@${cell.assetId}`,
                asset: cell.assetId,
                ...(asOf === undefined ? {} : { asOf }),
              } as never
            }
          >
            {cell.assetName}
          </Link>
          <span className="d-quiet">
            {' '}
            · observed <Instant at={cell.observedAt} />
            {cell.exceptionUntil === null ? '' : ` · accepted until ${cell.exceptionUntil.slice(0, 10)}`}
          </span>
          <div>{cell.notApplicableBecause ?? cell.because.join('; ')}</div>
        </div>
      ))}
      {cellCount > cells.length ? (
        <p className="d-quiet">
          {cellCount - cells.length} more; these are the {cells.length} worst.
        </p>
      ) : null}
    </section>
  );
}

function Written({ control: { row, annotations } }: { readonly control: WorkbookControl }) {
  const text = (value: string) => (value === '' ? <span className="d-quiet">not written yet</span> : value);
  const elsewhere = annotations.filter(({ scope }) => scope.kind !== 'tenant');
  return (
    <section>
      <h2>Written beside it</h2>
      <Facts
        facts={[
          [
            'Applied',
            row.applied === null
              ? text('')
              : row.contradicted
                ? 'yes; the evidence does not say so'
                : row.applied
                  ? 'yes'
                  : 'no',
          ],
          ['Rationale', text(row.rationale)],
          ['Example', text(row.example)],
          ['Configuration', text(row.configuration)],
          ['High-level design', text(textOfDesigns(row.hld))],
          ['Low-level design', text(textOfDesigns(row.lld))],
          ['Review', <Day key="r" at={row.reviewAt} late={row.reviewOverdue} />],
        ]}
      />
      {elsewhere.map((annotation) => (
        <p key={annotation.recordId} className="d-quiet" style={{ margin: '0.5rem 0 0' }}>
          For {annotation.scopeName}: {annotation.rationale || annotation.configuration || annotation.example}
        </p>
      ))}
      {row.standards.map((standard) => (
        <p key={`${standard.standardId}@${standard.version}`} style={{ margin: '0.5rem 0 0' }}>
          Asked for by {standard.standardId}@{standard.version} ({standard.title}) on {standard.assetCount}{' '}
          asset
          {standard.assetCount === 1 ? '' : 's'}
          {Object.entries(standard.parameters).map(([name, value]) => (
            <span key={name} className="d-mono">
              {' '}
              {name}={value}
            </span>
          ))}
        </p>
      ))}
    </section>
  );
}

function Decided({ control }: { readonly control: WorkbookControl }) {
  const { exceptions, notApplicable, poam } = control;
  if (exceptions.length + notApplicable.length + poam.length === 0) return null;
  return (
    <section>
      <h2>Decided about it</h2>
      {exceptions.map((each) => (
        <div key={each.exceptionId} className="d-entry">
          Exception for {each.scopeName}, <strong>{each.phase}</strong> until {each.until.slice(0, 10)}:{' '}
          {each.reason}{' '}
          <span className="d-quiet">
            asked by {each.requester}, approved by {each.approver ?? 'nobody yet'}
          </span>
        </div>
      ))}
      {notApplicable.map((each) => (
        <div key={each.approvalId} className="d-entry">
          Not applicable for {each.scopeName}, <strong>{each.phase}</strong>, review{' '}
          {each.reviewAt.slice(0, 10)}: {each.reason}{' '}
          <span className="d-quiet">approved by {each.approver}</span>
        </div>
      ))}
      {poam.map((each) => (
        <div key={each.poamId} className="d-entry">
          Plan on {each.assetName}, <strong>{each.status}</strong>, due{' '}
          <Day at={each.dueAt} late={each.overdue} />: {each.finding}{' '}
          <span className="d-quiet">{each.owner} sees to it</span>
        </div>
      ))}
    </section>
  );
}

function Comments({
  control: { row, comments },
  asOf,
}: {
  readonly control: WorkbookControl;
  readonly asOf: string | undefined;
}) {
  const [text, setText] = useState('');
  const may = useMay();
  const comment = useAct('workbook/comments', () => setText(''));
  return (
    <section>
      <h2>Comments</h2>
      {comments.length === 0 ? <p className="d-quiet">None yet.</p> : null}
      {comments.map((each) => (
        <div key={each.recordId} className="d-entry">
          {each.text}
          <div className="d-quiet">
            {each.by}, <Instant at={each.at} />
            {each.assetName === null ? '' : `, about ${each.assetName}`}
          </div>
        </div>
      ))}
      {asOf === undefined && may('workbook:write') ? (
        <div className="d-stack">
          <Textarea
            label="Add a comment"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={1}
          />
          {comment.isError ? <Failure error={comment.error} /> : null}
          <Button
            size="xs"
            style={{ justifySelf: 'start' }}
            disabled={text.trim() === ''}
            loading={comment.isPending}
            onClick={() => comment.mutate({ controlId: row.controlId, text })}
          >
            Comment
          </Button>
        </div>
      ) : null}
    </section>
  );
}
