/** What plans and jobs are made by. What is typed is kept when it is refused. */
import { useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import type { PatchingSettings, SettingsReply } from '../api.ts';
import { Keep } from './keep.tsx';
import { askedSettings, LABELS, NUMBERS, type SettingsDraft, settingsDraft } from './settings-draft.ts';

/** So long nothing is asked for again: what is typed would be lost. */
const SELDOM_MS = 3_600_000;

export function SettingsForm({
  tools,
  onClose,
}: {
  readonly tools: ConsoleTools;
  readonly onClose: () => void;
}) {
  const { Details, Failure, Loading } = tools.parts;
  const { found, failure } = useReply<SettingsReply>(tools, 'patching/settings', SELDOM_MS);
  return (
    <Details title="Settings of patching" onClose={onClose}>
      {failure === undefined ? null : <Failure error={failure} />}
      {found === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : null
      ) : (
        <>
          <p className="d-quiet">
            {found.setBy === null ? 'Nobody set any: these are the defaults.' : `Set last by ${found.setBy}.`}{' '}
            They hold for plans that are made from now on.
          </p>
          <Fields tools={tools} settings={found.settings} onDone={onClose} />
        </>
      )}
    </Details>
  );
}

function Fields({
  tools,
  settings,
  onDone,
}: {
  readonly tools: ConsoleTools;
  readonly settings: PatchingSettings;
  readonly onDone: () => void;
}) {
  const { Choice, TextField } = tools.parts;
  const [draft, setDraft] = useState<SettingsDraft>(() => settingsDraft(settings));
  const change = (changes: Partial<SettingsDraft>): void => setDraft((before) => ({ ...before, ...changes }));
  const result = askedSettings(draft);
  return (
    <>
      <fieldset className="d-fields">
        <legend>Bounds</legend>
        {NUMBERS.map(({ key, label }) => (
          <TextField
            key={key}
            label={label}
            value={draft.numbers[key]}
            required={key !== 'maxConcurrent'}
            onChange={(value) => change({ numbers: { ...draft.numbers, [key]: value } })}
          />
        ))}
      </fieldset>
      <fieldset className="d-fields">
        <legend>Rules</legend>
        <Choice
          label="Who approves"
          value={draft.fourEyes ? 'other' : 'same'}
          options={[
            { value: 'other', label: 'not who published the plan' },
            { value: 'same', label: 'also who published the plan' },
          ]}
          onChange={(value) => change({ fourEyes: value === 'other' })}
        />
        <Choice
          label="Reboots"
          value={draft.reboot}
          options={[
            { value: 'not-allowed', label: 'not by the job: they stay owed' },
            { value: 'allowed', label: 'within the window, where one is needed' },
          ]}
          onChange={(value) => change({ reboot: value === 'allowed' ? 'allowed' : 'not-allowed' })}
        />
        <Choice
          label="When a package fails"
          value={draft.onFailure}
          options={[
            { value: 'package', label: 'that package goes back' },
            { value: 'all', label: 'all of the job goes back' },
            { value: 'keep', label: 'what is done stays' },
          ]}
          onChange={(value) => change({ onFailure: value === 'all' || value === 'keep' ? value : 'package' })}
        />
        <Choice
          label="Databases"
          value={draft.databaseBeforeApplication ? 'first' : 'any'}
          options={[
            { value: 'first', label: 'before the applications of their system' },
            { value: 'any', label: 'in any order' },
          ]}
          onChange={(value) => change({ databaseBeforeApplication: value === 'first' })}
        />
        <TextField
          label="Who gets a patch before whom, one in a line"
          value={draft.dependencies}
          rows={3}
          placeholder="role=dns before role=web, group:shop"
          onChange={(dependencies) => change({ dependencies })}
        />
      </fieldset>
      <fieldset className="d-fields">
        <legend>Labels of a machine that say</legend>
        {LABELS.map(({ key, label }) => (
          <TextField
            key={key}
            label={label}
            value={draft.labels[key]}
            required
            onChange={(value) => change({ labels: { ...draft.labels, [key]: value } })}
          />
        ))}
      </fieldset>
      <Keep
        tools={tools}
        label="Keep them"
        result={result}
        send={async (body) => {
          await tools.api('PUT', 'patching/settings', body);
          onDone();
        }}
      />
    </>
  );
}
