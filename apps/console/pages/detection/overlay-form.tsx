/** What this tenant changes of a rule: off, another level, so many before it counts, exceptions; with the reason. */
import type { RuleDetails } from '@demarc/platform/contract/detection';
import { Button, Group, NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type * as z from 'zod';
import { Failure, Loading } from '../../parts/parts.tsx';
import { Decision } from '../records-parts.tsx';
import { dayIn, instantOfDay } from '../workbook-view.ts';
import { LEVELS } from './findings-view.ts';
import { levelWord } from './marks.tsx';
import { AddedException, KeptExceptions } from './overlay-exceptions.tsx';
import {
  consequencesOf,
  EXCEPTION_DAYS_DEFAULT,
  formOf,
  type OverlayForm,
  overlayOf,
  problemsOf,
  type Start,
} from './overlay-view.ts';
import { useRule, useSetOverlay } from './queries.ts';

type Rule = z.infer<typeof RuleDetails>;

export function TuneRule({
  ruleId,
  start,
  onClose,
}: {
  readonly ruleId: string;
  readonly start: Start;
  readonly onClose: () => void;
}) {
  const rule = useRule(ruleId);
  return (
    <Decision
      title={rule.data === undefined ? 'Tune a rule' : `Tune “${rule.data.rule.title}”`}
      onClose={onClose}
    >
      {rule.isError ? <Failure error={rule.error} /> : null}
      {rule.data === undefined ? (
        rule.isError ? null : (
          <Loading />
        )
      ) : (
        // What was changed by somebody else meanwhile is refused by the server and looked at anew.
        <Form key={rule.data.overlay.version} rule={rule.data} start={start} onClose={onClose} />
      )}
    </Decision>
  );
}

function Form({
  rule,
  start,
  onClose,
}: {
  readonly rule: Rule;
  readonly start: Start;
  readonly onClose: () => void;
}) {
  const untilDefault = dayIn(EXCEPTION_DAYS_DEFAULT, Date.now());
  const [form, setForm] = useState(() => formOf(rule.overlay, start, untilDefault));
  const set = useSetOverlay(rule.rule.ruleId, onClose);
  const change = (changes: Partial<OverlayForm>): void => setForm((before) => ({ ...before, ...changes }));
  const problems = problemsOf(form);
  return (
    <>
      <Switch
        label="The rule makes findings here"
        checked={form.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
      <NativeSelect
        label="Level of its findings"
        value={form.level}
        onChange={(event) => {
          const { value } = event.currentTarget;
          change({ level: LEVELS.find((level) => level === value) ?? '' });
        }}
        data={[
          { value: '', label: `As the rule says: ${levelWord(rule.rule.level)}` },
          ...LEVELS.map((level) => ({ value: level, label: levelWord(level) })),
        ]}
      />
      <Threshold form={form} problems={problems} onChange={change} />
      <KeptExceptions
        stands={rule.overlay.exceptions}
        kept={form.kept}
        onChange={(kept) => change({ kept })}
      />
      <AddedException
        added={form.added}
        problems={problems}
        untilDefault={untilDefault}
        onChange={(added) => change({ added })}
      />
      <Textarea
        label="Reason (kept with your name)"
        value={form.reason}
        onChange={(event) => change({ reason: event.currentTarget.value })}
        required
        autosize
        minRows={2}
      />
      <ul className="d-plain" aria-live="polite" aria-label="What will be different">
        {consequencesOf(rule.overlay, form, rule.rule.level).map((says) => (
          <li key={says}>{says}</li>
        ))}
      </ul>
      {set.isError ? <Failure error={set.error} /> : null}
      <Group justify="flex-end">
        <Button
          disabled={form.reason.trim() === '' || Object.keys(problems).length > 0}
          loading={set.isPending}
          onClick={() => set.mutate(overlayOf(form, rule.overlay.version, instantOfDay))}
        >
          Change the rule here
        </Button>
      </Group>
    </>
  );
}

function Threshold({
  form,
  problems,
  onChange,
}: {
  readonly form: OverlayForm;
  readonly problems: Readonly<Record<string, string>>;
  readonly onChange: (changes: Partial<OverlayForm>) => void;
}) {
  return (
    <>
      <Switch
        label="Only when it matches several times"
        checked={form.counts}
        onChange={(event) => onChange({ counts: event.currentTarget.checked })}
      />
      {form.counts ? (
        <Group grow align="start">
          <TextInput
            label="Matches"
            inputMode="numeric"
            value={form.count}
            error={problems['count']}
            onChange={(event) => onChange({ count: event.currentTarget.value })}
          />
          <TextInput
            label="Within"
            placeholder="10m"
            value={form.timespan}
            error={problems['timespan']}
            onChange={(event) => onChange({ timespan: event.currentTarget.value })}
          />
          <TextInput
            label="Of the same"
            placeholder="all together"
            value={form.groupBy}
            onChange={(event) => onChange({ groupBy: event.currentTarget.value })}
          />
        </Group>
      ) : null}
    </>
  );
}
