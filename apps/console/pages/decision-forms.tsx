/** Answering a question, and proposing a claim: both say what will come of it before it is done. */
import { DUTIES, type Duty } from '@demarc/platform/contract/api';
import { Claimed, Decided, type Question } from '@demarc/platform/contract/assurance/responsibility';
import { Autocomplete, Button, Checkbox, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../app/api.ts';
import { instantOfField } from '../app/as-of.ts';
import { useZone } from '../app/zone.ts';
import { Details, Failure } from '../parts/parts.tsx';
import { zoneName } from '../parts/time.ts';
import { useTenantId } from './queries.ts';
import { useGroups, useInventory, useParties } from './responsibility-queries.ts';

interface Draft {
  readonly scope: string;
  readonly party: string;
  readonly duties: readonly Duty[];
  readonly from: string;
  readonly to: string;
}
const EMPTY: Draft = { scope: 'tenant', party: '', duties: ['operate'], from: '', to: '' };

export function AnswerForm({
  question,
  onClose,
}: {
  readonly question: Question;
  readonly onClose: () => void;
}) {
  const tenantId = useTenantId();
  const zone = useZone();
  const queries = useQueryClient();
  const [answer, setAnswer] = useState('');
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const send = useMutation({
    mutationFn: () =>
      post(`/v1/tenants/${tenantId}/decisions/${question.decisionId}`, Decided, {
        answer,
        ...bodyOf(draft, zone),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
      onClose();
    },
  });
  const controls = question.controls.map(({ controlId, title }) => `${controlId} ${title}`).join(', ');
  return (
    <Details title={`${question.decisionId}: ${question.question}`} onClose={onClose}>
      <form
        className="d-stack"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <Autocomplete
          label="Answer"
          description={`Usually ${question.usualScope}. Suggested: ${question.suggested}`}
          data={[...new Set([...question.typicalAnswers, question.suggested])]}
          value={answer}
          onChange={setAnswer}
          maxLength={4_000}
          required
        />
        <DraftFields draft={draft} onChange={setDraft} nobody="It names nobody" />
        <p className="d-quiet" style={{ margin: 0 }}>
          {draft.party === ''
            ? 'Without a party the answer is kept, and no duty moves.'
            : `It proposes the duties to ${draft.duties.join(', ')} of ${controls} to them; where you speak for them, they have them from then on.`}
        </p>
        <Submit label="Record the answer" disabled={answer.trim() === ''} pending={send.isPending} />
        {send.isError ? <Failure error={send.error} /> : null}
      </form>
    </Details>
  );
}

export function ProposeForm({ onClose }: { readonly onClose: () => void }) {
  const tenantId = useTenantId();
  const zone = useZone();
  const queries = useQueryClient();
  const [controls, setControls] = useState('');
  const [reason, setReason] = useState('');
  const [kind, setKind] = useState('assign');
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const send = useMutation({
    mutationFn: () =>
      post(`/v1/tenants/${tenantId}/claims`, Claimed, {
        controls: selectorsOf(controls),
        kind,
        reason,
        ...bodyOf(draft, zone),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['matrix', tenantId] });
      onClose();
    },
  });
  return (
    <Details title="Propose a claim" onClose={onClose}>
      <form
        className="d-stack"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <TextInput
          label="Controls"
          description="VMS-09, several with commas between them, area:virtual machines, or * for all of them"
          value={controls}
          onChange={(event) => setControls(event.currentTarget.value)}
          required
        />
        <NativeSelect
          label="Kind"
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value)}
          data={[
            { value: 'assign', label: 'The party has the duties' },
            { value: 'carve-out', label: 'The party keeps them although a service would take them' },
          ]}
        />
        <DraftFields draft={draft} onChange={setDraft} nobody={undefined} />
        <Textarea
          label="Reason"
          value={reason}
          maxLength={4_000}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <p className="d-quiet" style={{ margin: 0 }}>
          Nothing moves before the party accepts; until then the duties stay where they are.
        </p>
        <Submit
          label="Propose"
          disabled={draft.party === '' || draft.duties.length === 0 || selectorsOf(controls).length === 0}
          pending={send.isPending}
        />
        {send.isError ? <Failure error={send.error} /> : null}
      </form>
    </Details>
  );
}

const selectorsOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

function DraftFields({
  draft,
  onChange,
  nobody,
}: {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  /** What an empty choice of party says; undefined where there must be one. */
  readonly nobody: string | undefined;
}) {
  const zone = useZone();
  const parties = useParties();
  const groups = useGroups();
  const inventory = useInventory();
  const assets = (inventory.data ?? []).filter(({ type }) => type !== 'tenant');
  return (
    <>
      <NativeSelect
        label="Party"
        value={draft.party}
        onChange={(event) => onChange({ ...draft, party: event.currentTarget.value })}
        data={[
          { value: '', label: nobody ?? 'Choose' },
          ...(parties.data ?? []).map(({ partyId, name }) => ({ value: partyId, label: name })),
        ]}
      />
      <Checkbox.Group
        label="Duties"
        value={[...draft.duties]}
        onChange={(duties) => onChange({ ...draft, duties: DUTIES.filter((duty) => duties.includes(duty)) })}
      >
        <Group gap="md" mt={4}>
          {DUTIES.map((duty) => (
            <Checkbox key={duty} value={duty} label={duty} />
          ))}
        </Group>
      </Checkbox.Group>
      <NativeSelect
        label="About"
        value={draft.scope}
        onChange={(event) => onChange({ ...draft, scope: event.currentTarget.value })}
        data={[
          { value: 'tenant', label: 'Everything' },
          ...(groups.data ?? []).map(({ groupId, name, assetCount }) => ({
            value: `group:${groupId}`,
            label: `Group ${name} (${assetCount} assets)`,
          })),
          ...assets.map(({ assetId, name }) => ({ value: `asset:${assetId}`, label: `Asset ${name}` })),
        ]}
      />
      <Group grow>
        <TextInput
          type="datetime-local"
          label={`From (${zoneName(zone)})`}
          description="Now, where it is left empty"
          value={draft.from}
          onChange={(event) => onChange({ ...draft, from: event.currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          label="Until"
          description="Without end, where it is left empty"
          value={draft.to}
          onChange={(event) => onChange({ ...draft, to: event.currentTarget.value })}
        />
      </Group>
    </>
  );
}

function Submit({
  label,
  disabled,
  pending,
}: {
  readonly label: string;
  readonly disabled: boolean;
  readonly pending: boolean;
}) {
  return (
    <Group>
      <Button type="submit" disabled={disabled} loading={pending}>
        {label}
      </Button>
    </Group>
  );
}

function bodyOf({ scope, party, duties, from, to }: Draft, zone: 'local' | 'utc') {
  const [kind, ...rest] = scope.split(':');
  const id = rest.join(':');
  const [begins, ends] = [instantOfField(from, zone), instantOfField(to, zone)];
  return {
    duties: duties.length === 0 ? (['operate'] as const) : duties,
    scope:
      kind === 'group'
        ? { kind, groupId: id }
        : kind === 'asset'
          ? { kind, assetId: id }
          : { kind: 'tenant' },
    ...(party === '' ? {} : { party }),
    ...(begins === undefined ? {} : { from: begins }),
    ...(ends === undefined ? {} : { to: ends }),
  };
}
