/** One window: added, changed, or removed with a reason. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import type { ShownWindow } from '../api.ts';
import { Keep } from './keep.tsx';
import {
  asked,
  draftOf,
  ENVIRONMENTS,
  emptyWindow,
  OFTEN,
  type Often,
  ORDINALS,
  WEEKDAYS,
  type WindowDraft,
} from './window-draft.ts';
import { counted, instantIn } from './words.ts';
import { dateIn } from './zone-days.ts';

const OFTEN_WORDS: Readonly<Record<Often, string>> = {
  once: 'once',
  weekly: 'every week',
  monthly: 'every month',
  rule: 'by a rule of RFC 5545',
};

export function WindowForm({
  tools,
  timeZone,
  kept,
  onClose,
  onDone,
}: {
  readonly tools: ConsoleTools;
  readonly timeZone: string;
  readonly kept?: ShownWindow;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}) {
  const { ActWithReason, Details } = tools.parts;
  const [draft, setDraft] = useState<WindowDraft>(() =>
    kept === undefined ? emptyWindow(timeZone, dateIn(Date.now(), timeZone)) : draftOf(kept, timeZone),
  );
  const result = asked(draft);
  const path = 'patching/windows';
  return (
    <Details title={kept === undefined ? 'A maintenance window' : kept.name} onClose={onClose}>
      {kept === undefined ? null : (
        <p>
          For {counted(kept.machineCount, 'machine')}; next:{' '}
          {kept.next.map((at) => instantIn(at, timeZone)).join('; ') || 'it does not come any more'}. Set by{' '}
          {kept.setBy}.
        </p>
      )}
      {kept !== undefined && kept.removed !== null ? (
        <p>
          Removed by {kept.removed.by}: {kept.removed.because}
        </p>
      ) : (
        <>
          <WindowFields
            tools={tools}
            draft={draft}
            onChange={(changes) => setDraft((before) => ({ ...before, ...changes }))}
          />
          <Keep
            tools={tools}
            label={kept === undefined ? 'Add it' : 'Keep the changes'}
            result={result}
            send={async (body) => {
              await (kept === undefined
                ? tools.api('POST', path, body)
                : tools.api('PUT', `${path}/${kept.id}`, body));
              await onDone();
            }}
          />
          {kept === undefined ? null : (
            <ActWithReason
              label="Why it is removed"
              acts={[
                {
                  title: 'Remove it',
                  says: 'plans that are made from now on put nothing in it; jobs that are approved for it stay.',
                  kind: 'danger',
                  path: `${path}/${kept.id}/remove`,
                },
              ]}
              onDone={onDone}
            />
          )}
        </>
      )}
    </Details>
  );
}

interface FieldsProps {
  readonly tools: ConsoleTools;
  readonly draft: WindowDraft;
  readonly onChange: (changes: Partial<WindowDraft>) => void;
}

export function WindowFields({ tools, draft, onChange }: FieldsProps) {
  const { TextField } = tools.parts;
  return (
    <>
      <TextField
        label="Name"
        value={draft.name}
        required
        placeholder="Second Sunday"
        onChange={(name) => onChange({ name })}
      />
      <When tools={tools} draft={draft} onChange={onChange} />
      <fieldset className="d-fields">
        <legend>For which machines</legend>
        <div className="d-toolbar">
          {ENVIRONMENTS.map((environment) => (
            <label key={environment}>
              <input
                type="checkbox"
                checked={draft.environments.includes(environment)}
                onChange={({ currentTarget: { checked } }) =>
                  onChange({
                    environments: ENVIRONMENTS.filter((each) =>
                      each === environment ? checked : draft.environments.includes(each),
                    ),
                  })
                }
              />{' '}
              {environment}
            </label>
          ))}
          <span className="d-quiet">none is all of them</span>
        </div>
        <TextField
          label="Groups (empty is all)"
          value={draft.groups}
          placeholder="erp, web"
          onChange={(groups) => onChange({ groups })}
        />
        <TextField
          label="Labels (all have to fit)"
          value={draft.labels}
          placeholder="system=ERP"
          onChange={(labels) => onChange({ labels })}
        />
        {draft.assetIds.length === 0 ? null : (
          <p className="d-quiet">And {counted(draft.assetIds.length, 'machine')} by name, which stay.</p>
        )}
        <TextField
          label="Machines that may reboot in it (empty is any number)"
          value={draft.rebootBudget}
          placeholder="10"
          onChange={(rebootBudget) => onChange({ rebootBudget })}
        />
      </fieldset>
    </>
  );
}

function When({ tools, draft, onChange }: FieldsProps) {
  const { Choice, TextField } = tools.parts;
  const { often } = draft;
  return (
    <fieldset className="d-fields">
      <legend>When</legend>
      <Choice
        label="How often"
        value={often}
        options={OFTEN.map((value) => ({ value, label: OFTEN_WORDS[value] }))}
        onChange={(value) => onChange({ often: OFTEN.find((each) => each === value) ?? 'once' })}
      />
      {often === 'monthly' ? (
        <Choice
          label="Which of the month"
          value={draft.ordinal}
          options={ORDINALS.map(([value, label]) => ({ value, label: `the ${label}` }))}
          onChange={(ordinal) => onChange({ ordinal })}
        />
      ) : null}
      {often === 'weekly' || often === 'monthly' ? (
        <Choice
          label="On"
          value={draft.weekday}
          options={WEEKDAYS.map(([value, label]) => ({ value, label }))}
          onChange={(weekday) => onChange({ weekday })}
        />
      ) : null}
      {often === 'rule' ? (
        <TextField
          label="Rule"
          value={draft.rule}
          required
          placeholder="FREQ=MONTHLY;BYDAY=2SU"
          onChange={(rule) => onChange({ rule })}
        />
      ) : null}
      <TextField
        label={often === 'once' ? 'It opens at' : 'At this time, and not before this day'}
        value={draft.startsAt}
        required
        placeholder="2026-12-05T22:00"
        onChange={(startsAt) => onChange({ startsAt })}
      />
      <TextField
        label="On the clock of"
        value={draft.timeZone}
        required
        placeholder="Europe/Berlin"
        onChange={(timeZone) => onChange({ timeZone })}
      />
      <TextField
        label="Minutes"
        value={draft.minutes}
        required
        placeholder="240"
        onChange={(minutes) => onChange({ minutes })}
      />
    </fieldset>
  );
}
