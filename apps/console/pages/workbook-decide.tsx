/** Deciding about many controls at once: what will happen first, then the reason, then the act. */
import { DecisionPreview } from '@demarc/platform/contract/assurance/workbook';
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../app/api.ts';
import { statusWord } from '../parts/marks.tsx';
import { Failure, Loading } from '../parts/parts.tsx';
import { useTenantId } from './queries.ts';
import { useAct, useRisks } from './records.ts';
import { ControlList, Decision, ScopeField, scopeOf } from './records-parts.tsx';
import { dayIn, designsOf, instantOfDay } from './workbook-view.ts';

interface Deciding {
  readonly controls: readonly string[];
  readonly onClose: () => void;
}

/** Worked out by the server on a copy; nothing is written. */
function Preview({
  decision,
  controls,
  assetId,
}: {
  readonly decision: 'not-applicable' | 'exception';
  readonly controls: readonly string[];
  readonly assetId: string;
}) {
  const tenantId = useTenantId();
  const body = { decision, controls, scopes: [scopeOf(assetId)] };
  const preview = useQuery({
    queryKey: ['matrix', tenantId, 'preview', JSON.stringify(body)],
    queryFn: () => post(`/v1/tenants/${tenantId}/workbook/preview`, DecisionPreview, body),
  });
  return (
    <section className="d-card d-tile" aria-live="polite">
      <h2>What will happen</h2>
      {preview.isError ? <Failure error={preview.error} /> : null}
      {preview.data === undefined ? (
        preview.isError ? null : (
          <Loading />
        )
      ) : (
        <>
          <ul className="d-plain">
            {preview.data.says.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          {preview.data.changes.length === 0 ? null : (
            <details>
              <summary>
                {preview.data.changedCount} cell{preview.data.changedCount === 1 ? '' : 's'} that change
              </summary>
              <ul className="d-plain">
                {preview.data.changes.map((change) => (
                  <li key={`${change.controlId} ${change.assetName}`}>
                    {change.controlId} on {change.assetName}: {statusWord(change.before)} becomes{' '}
                    {statusWord(change.after)}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </>
      )}
    </section>
  );
}

export function NotApplicable({ controls, onClose }: Deciding) {
  const [assetId, setAssetId] = useState('');
  const [reason, setReason] = useState('');
  const [review, setReview] = useState(() => dayIn(180, Date.now()));
  const approve = useAct('workbook/not-applicable', onClose);
  return (
    <Decision title="Not applicable" onClose={onClose}>
      <ControlList ids={controls} />
      <ScopeField value={assetId} onChange={setAssetId} />
      <Preview decision="not-applicable" controls={controls} assetId={assetId} />
      <Textarea
        label="Reason (kept in the ledger, with your name)"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      <TextInput
        type="date"
        label="Review; without one the approval ends then (UTC)"
        value={review}
        onChange={(event) => setReview(event.currentTarget.value)}
        required
      />
      {approve.isError ? <Failure error={approve.error} /> : null}
      <Button
        disabled={reason.trim() === '' || review === ''}
        loading={approve.isPending}
        onClick={() =>
          approve.mutate({
            controls,
            scopes: [scopeOf(assetId)],
            reason,
            reviewAt: instantOfDay(review),
          })
        }
      >
        Approve as not applicable
      </Button>
    </Decision>
  );
}

export function AskException({ controls, onClose }: Deciding) {
  const risks = useRisks(undefined);
  const [assetId, setAssetId] = useState('');
  const [reason, setReason] = useState('');
  const [compensating, setCompensating] = useState('');
  const [riskId, setRiskId] = useState('');
  const [until, setUntil] = useState(() => dayIn(90, Date.now()));
  const ask = useAct('exceptions', onClose);
  const compensatingControls = compensating
    .toUpperCase()
    .split(/[\s,]+/)
    .filter((id) => id !== '');
  return (
    <Decision title="Ask for an exception" onClose={onClose}>
      <ControlList ids={controls} />
      <ScopeField value={assetId} onChange={setAssetId} />
      <Preview decision="exception" controls={controls} assetId={assetId} />
      <Textarea
        label="Reason (kept in the ledger, with your name)"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      <TextInput
        label="Compensating controls"
        description="Those that hold meanwhile, such as VMS-05, NET-02"
        value={compensating}
        onChange={(event) => setCompensating(event.currentTarget.value)}
      />
      <NativeSelect
        label="The risk that is taken"
        value={riskId}
        onChange={(event) => setRiskId(event.currentTarget.value)}
        data={[
          { value: '', label: 'none named' },
          ...(risks.data?.risks ?? [])
            .filter(({ state }) => state === 'open')
            .map((risk) => ({ value: risk.riskId, label: `${risk.riskId} ${risk.title}` })),
        ]}
      />
      <TextInput
        type="date"
        label="It ends on (UTC), within a year"
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
        required
      />
      {ask.isError ? <Failure error={ask.error} /> : null}
      <Button
        disabled={reason.trim() === '' || until === ''}
        loading={ask.isPending}
        onClick={() =>
          ask.mutate({
            controls,
            scope: scopeOf(assetId),
            reason,
            compensatingControls,
            expiresAt: instantOfDay(until),
            ...(riskId === '' ? {} : { riskId }),
          })
        }
      >
        Ask; somebody else approves
      </Button>
    </Decision>
  );
}

/** Fields that are left as they are, are left as they are. */
export function Annotate({ controls, onClose }: Deciding) {
  const [assetId, setAssetId] = useState('');
  const [applied, setApplied] = useState('');
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [review, setReview] = useState('');
  const annotate = useAct('workbook/annotations', onClose);
  const text = (name: string): string => texts[name] ?? '';
  const field = (name: string, label: string, description?: string) => (
    <Textarea
      label={label}
      {...(description === undefined ? {} : { description })}
      value={text(name)}
      onChange={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
      autosize
      minRows={1}
    />
  );
  const body = {
    ...(applied === '' ? {} : { applied: applied === 'yes' }),
    ...Object.fromEntries(
      ['rationale', 'example', 'configuration'].flatMap((name) =>
        text(name) === '' ? [] : [[name, text(name)]],
      ),
    ),
    ...(text('hld') === '' ? {} : { hld: designsOf(text('hld')) }),
    ...(text('lld') === '' ? {} : { lld: designsOf(text('lld')) }),
    ...(review === '' ? {} : { reviewAt: instantOfDay(review) }),
  };
  return (
    <Decision title="Annotate" onClose={onClose}>
      <ControlList ids={controls} />
      <p className="d-quiet" style={{ margin: 0 }}>
        What you fill in replaces what stands there; what you leave empty stays. No status is other for it.
      </p>
      <ScopeField value={assetId} onChange={setAssetId} />
      <NativeSelect
        label="Applied"
        value={applied}
        onChange={(event) => setApplied(event.currentTarget.value)}
        data={[
          { value: '', label: 'leave as it is' },
          { value: 'yes', label: 'yes' },
          { value: 'no', label: 'no' },
        ]}
      />
      {field('rationale', 'Rationale')}
      {field('example', 'Example')}
      {field('configuration', 'Configuration')}
      {field('hld', 'High-level design', 'One reference a line: document#section')}
      {field('lld', 'Low-level design', 'One reference a line: document#section')}
      <TextInput
        type="date"
        label="Review on (UTC)"
        value={review}
        onChange={(event) => setReview(event.currentTarget.value)}
      />
      {annotate.isError ? <Failure error={annotate.error} /> : null}
      <Button
        disabled={Object.keys(body).length === 0}
        loading={annotate.isPending}
        onClick={() => annotate.mutate({ controls, scopes: [scopeOf(assetId)], ...body })}
      >
        Write beside {controls.length} control{controls.length === 1 ? '' : 's'}
      </Button>
    </Decision>
  );
}
