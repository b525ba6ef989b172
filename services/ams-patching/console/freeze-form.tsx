/** A time in which nothing is done: set, or removed with a reason. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import type { ShownFreeze } from '../api.ts';
import { askedFreeze, emptyFreeze, type FreezeDraft } from './freeze-draft.ts';
import { Keep } from './keep.tsx';
import { spanIn } from './words.ts';

interface FormProps {
  readonly tools: ConsoleTools;
  readonly timeZone: string;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}

export function FreezeForm({ tools, timeZone, onClose, onDone }: FormProps) {
  const { Details } = tools.parts;
  const [draft, setDraft] = useState(emptyFreeze);
  const result = askedFreeze(draft, timeZone);
  return (
    <Details title="A freeze" onClose={onClose}>
      <FreezeFields tools={tools} timeZone={timeZone} draft={draft} onChange={setDraft} />
      <Keep
        tools={tools}
        label="Add it"
        result={result}
        send={async (body) => {
          await tools.api('POST', 'patching/freezes', body);
          await onDone();
        }}
      />
    </Details>
  );
}

export function FreezeFields({
  tools,
  timeZone,
  draft,
  onChange,
}: {
  readonly tools: ConsoleTools;
  readonly timeZone: string;
  readonly draft: FreezeDraft;
  readonly onChange: (draft: FreezeDraft) => void;
}) {
  const { Choice, TextField } = tools.parts;
  return (
    <fieldset className="d-fields">
      <legend>Nothing is done from and to, on the clock of {timeZone}</legend>
      <TextField
        label="Freeze from"
        value={draft.from}
        required
        placeholder="2026-12-20T00:00"
        onChange={(from) => onChange({ ...draft, from })}
      />
      <TextField
        label="Freeze to"
        value={draft.to}
        required
        placeholder="2027-01-04T00:00"
        onChange={(to) => onChange({ ...draft, to })}
      />
      <TextField
        label="Reason of the freeze"
        value={draft.reason}
        required
        placeholder="End of the year"
        onChange={(reason) => onChange({ ...draft, reason })}
      />
      <Choice
        label="What is decided to be immediate"
        value={draft.exceptImmediate ? 'done' : 'waits'}
        options={[
          { value: 'waits', label: 'waits too' },
          { value: 'done', label: 'is done all the same' },
        ]}
        onChange={(value) => onChange({ ...draft, exceptImmediate: value === 'done' })}
      />
    </fieldset>
  );
}

export function FreezeDetails({
  tools,
  timeZone,
  freeze,
  onClose,
  onDone,
}: FormProps & { readonly freeze: ShownFreeze }) {
  const { ActWithReason, Details, Facts, Instant } = tools.parts;
  const { id, from, to, reason, exceptImmediate, setBy, setAt, removed } = freeze;
  return (
    <Details title={`Freeze: ${reason}`} onClose={onClose}>
      <Facts
        facts={[
          ['When', spanIn(from, to, timeZone)],
          ['Immediate work', exceptImmediate ? 'is done all the same' : 'waits too'],
          ['Set by', setBy],
          ['Set at', <Instant key="at" at={setAt} />],
          ...(removed === null ? [] : [['Removed', `by ${removed.by}: ${removed.because}`] as const]),
        ]}
      />
      {removed === null ? (
        <ActWithReason
          label="Why it is removed"
          acts={[
            {
              title: 'Remove it',
              says: 'plans that are made from now on may use its windows again.',
              kind: 'danger',
              path: `patching/freezes/${id}/remove`,
            },
          ]}
          onDone={onDone}
        />
      ) : null}
    </Details>
  );
}
