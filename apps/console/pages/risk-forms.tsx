/** Recording, reviewing and closing risks, and setting the appetite. */
import { type RiskRow, type Risks, TREATMENTS } from '@demarc/platform/contract/assurance/workbook';
import { Button, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Failure } from '../parts/parts.tsx';
import { useAct, useWorkbook } from './records.ts';
import { Decision } from './records-parts.tsx';
import { dayIn, instantOfDay } from './workbook-view.ts';

interface Closing {
  readonly onClose: () => void;
}
interface Mitigation {
  readonly controlId: string;
  readonly reduces: 'likelihood' | 'impact';
  readonly steps: number;
}

const LEVELS: Readonly<Record<'likelihood' | 'impact', readonly string[]>> = {
  likelihood: ['1 very unlikely', '2 unlikely', '3 possible', '4 likely', '5 almost certain'],
  impact: ['1 negligible', '2 minor', '3 moderate', '4 major', '5 severe'],
};

const options = (which: 'likelihood' | 'impact') =>
  LEVELS[which].map((label, at) => ({ value: String(at + 1), label }));

/** A new risk, or a new version of a known one: everything about it is given again. */
export function EditRisk({ risk, onClose }: { readonly risk?: RiskRow } & Closing) {
  const [title, setTitle] = useState(risk?.title ?? '');
  const [scenario, setScenario] = useState(risk?.scenario ?? '');
  const [threat, setThreat] = useState(risk?.threat ?? '');
  const [likelihood, setLikelihood] = useState(risk?.inherent.likelihood ?? 3);
  const [impact, setImpact] = useState(risk?.inherent.impact ?? 3);
  const [treatment, setTreatment] = useState<string>(risk?.treatment ?? 'mitigate');
  const [owner, setOwner] = useState(risk?.owner ?? '');
  const [review, setReview] = useState(risk?.reviewAt?.slice(0, 10) ?? dayIn(180, Date.now()));
  const [controls, setControls] = useState<readonly Mitigation[]>(
    (risk?.mitigations ?? []).map(({ controlId, reduces, steps }) => ({ controlId, reduces, steps })),
  );
  const record = useAct('risks', onClose);
  return (
    <Decision title={risk === undefined ? 'Record a risk' : `Edit ${risk.riskId}`} onClose={onClose}>
      <TextInput
        label="Title"
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        required
      />
      <Textarea
        label="Scenario"
        value={scenario}
        onChange={(event) => setScenario(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      <TextInput label="Threat" value={threat} onChange={(event) => setThreat(event.currentTarget.value)} />
      <Group grow>
        <NativeSelect
          label="Likelihood, without controls"
          value={String(likelihood)}
          onChange={(event) => setLikelihood(Number(event.currentTarget.value))}
          data={options('likelihood')}
        />
        <NativeSelect
          label="Impact, without controls"
          value={String(impact)}
          onChange={(event) => setImpact(Number(event.currentTarget.value))}
          data={options('impact')}
        />
      </Group>
      <Mitigations controls={controls} onChange={setControls} />
      <Group grow>
        <NativeSelect
          label="Treatment"
          value={treatment}
          onChange={(event) => setTreatment(event.currentTarget.value)}
          data={[...TREATMENTS]}
        />
        <TextInput
          label="Owner"
          value={owner}
          onChange={(event) => setOwner(event.currentTarget.value)}
          required
        />
        <TextInput
          type="date"
          label="Review on (UTC)"
          value={review}
          onChange={(event) => setReview(event.currentTarget.value)}
          required
        />
      </Group>
      {record.isError ? <Failure error={record.error} /> : null}
      <Button
        disabled={[title, scenario, owner, review].some((text) => text.trim() === '')}
        loading={record.isPending}
        onClick={() =>
          record.mutate({
            ...(risk === undefined ? {} : { riskId: risk.riskId }),
            title,
            scenario,
            threat,
            likelihood,
            impact,
            controls,
            treatment,
            owner,
            reviewAt: instantOfDay(review),
          })
        }
      >
        Record inherent {likelihood} × {impact} = {likelihood * impact}
      </Button>
    </Decision>
  );
}

/** The controls that take steps off it while they hold. */
function Mitigations({
  controls,
  onChange,
}: {
  readonly controls: readonly Mitigation[];
  readonly onChange: (controls: readonly Mitigation[]) => void;
}) {
  const book = useWorkbook(undefined, undefined);
  const rows = book.data?.rows ?? [];
  const change = (at: number, changes: Partial<Mitigation>): void =>
    onChange(controls.map((each, index) => (index === at ? { ...each, ...changes } : each)));
  const labels = rows.map(({ controlId, title }) => ({ value: controlId, label: `${controlId} ${title}` }));
  return (
    <fieldset className="d-fields">
      <legend>Controls that reduce it, while they hold</legend>
      {controls.map((each, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- a line is known by its place until it is recorded
        <Group key={at} gap="xs" wrap="nowrap" align="flex-end">
          <NativeSelect
            aria-label={`Control ${at + 1}`}
            style={{ flex: 1 }}
            value={each.controlId}
            onChange={(event) => change(at, { controlId: event.currentTarget.value })}
            data={
              labels.some(({ value }) => value === each.controlId)
                ? labels
                : [{ value: each.controlId, label: each.controlId }, ...labels]
            }
          />
          <NativeSelect
            aria-label={`What control ${at + 1} reduces`}
            value={each.reduces}
            onChange={(event) =>
              change(at, { reduces: event.currentTarget.value === 'impact' ? 'impact' : 'likelihood' })
            }
            data={['likelihood', 'impact']}
          />
          <NativeSelect
            aria-label={`Steps of control ${at + 1}`}
            value={String(each.steps)}
            onChange={(event) => change(at, { steps: Number(event.currentTarget.value) })}
            data={['1', '2', '3', '4'].map((value) => ({
              value,
              label: `${value} step${value === '1' ? '' : 's'}`,
            }))}
          />
          <Button
            size="xs"
            variant="subtle"
            aria-label={`Remove control ${at + 1}`}
            onClick={() => onChange(controls.filter((_, index) => index !== at))}
          >
            Remove
          </Button>
        </Group>
      ))}
      <Button
        size="xs"
        variant="default"
        disabled={rows.length === 0}
        onClick={() =>
          onChange([...controls, { controlId: rows[0]?.controlId ?? '', reduces: 'likelihood', steps: 1 }])
        }
      >
        Add a control
      </Button>
    </fieldset>
  );
}

export function ReviewRisk({ risk, onClose }: { readonly risk: RiskRow } & Closing) {
  const [note, setNote] = useState('');
  const [review, setReview] = useState(() => dayIn(180, Date.now()));
  const act = useAct(`risks/${encodeURIComponent(risk.riskId)}/review`, onClose);
  return (
    <Decision title={`Review ${risk.riskId}`} onClose={onClose}>
      <span>
        Your name, what you decide and the next review go into the ledger.
        {risk.version === 0 ? ' It is the catalogue’s: with this review it becomes one of your own.' : ''}
      </span>
      <Textarea
        label="What was looked at, and decided"
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      <TextInput
        type="date"
        label="Next review (UTC)"
        value={review}
        onChange={(event) => setReview(event.currentTarget.value)}
        required
      />
      {act.isError ? <Failure error={act.error} /> : null}
      <Button
        disabled={note.trim() === '' || review === ''}
        loading={act.isPending}
        onClick={() => act.mutate({ note, reviewAt: instantOfDay(review) })}
      >
        Record the review
      </Button>
    </Decision>
  );
}

export function CloseRisk({ risk, onClose }: { readonly risk: RiskRow } & Closing) {
  const [reason, setReason] = useState('');
  const act = useAct(`risks/${encodeURIComponent(risk.riskId)}/close`, onClose);
  return (
    <Decision title={`Close ${risk.riskId}`} onClose={onClose}>
      <span>
        It leaves the register and the heat map: nothing is computed of it any more. Its residual is{' '}
        {risk.residual.score} today
        {risk.aboveAppetite ? ', above the appetite' : ''}. Auditors see that you closed it, and why; it can
        be opened again.
      </span>
      <Textarea
        label="Reason (kept in the ledger, with your name)"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      {act.isError ? <Failure error={act.error} /> : null}
      <Button
        color="red"
        disabled={reason.trim() === ''}
        loading={act.isPending}
        onClick={() => act.mutate({ reason })}
      >
        Close the risk
      </Button>
    </Decision>
  );
}

export function SetAppetite({ risks, onClose }: { readonly risks: Risks } & Closing) {
  const [score, setScore] = useState(risks.appetite);
  const [reason, setReason] = useState('');
  const act = useAct('appetite', onClose);
  const open = risks.risks.filter(({ state }) => state === 'open');
  const above = open.filter(({ residual }) => residual.score > score);
  return (
    <Decision title="Risk appetite" onClose={onClose}>
      <NativeSelect
        label="Residual risk above this wants a decision (1 to 25)"
        value={String(score)}
        onChange={(event) => setScore(Number(event.currentTarget.value))}
        data={Array.from({ length: 25 }, (_, at) => String(at + 1))}
      />
      <span aria-live="polite">
        {above.length} of {open.length} risks would be above it; {risks.aboveCount} are above {risks.appetite}{' '}
        today. {above.map(({ riskId }) => riskId).join(', ')}
      </span>
      <Textarea
        label="Reason (kept in the ledger, with your name)"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      {act.isError ? <Failure error={act.error} /> : null}
      <Button
        disabled={reason.trim() === ''}
        loading={act.isPending}
        onClick={() => act.mutate({ score, reason })}
      >
        Set the appetite to {score}
      </Button>
    </Decision>
  );
}
