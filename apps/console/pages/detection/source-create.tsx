/** Adding a source: how it sends, what it is known by, how much it may send. */
import { FILE_FORMATS, type MadeSource, type SourceKind } from '@demarc/platform/contract/intake';
import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Failure } from '../../parts/parts.tsx';
import { Decision } from '../records-parts.tsx';
import { createOf, FORM_EMPTY, formProblems, KIND_HINTS, type SourceForm } from './source-form.ts';
import { Limits } from './source-limits.tsx';
import { useCreateSource } from './source-queries.ts';
import { KIND_WORDS } from './sources-view.ts';

const KINDS: readonly SourceKind[] = ['http', 'syslog-tls', 'syslog-tcp', 'syslog-udp', 'webhook', 'file'];

export function CreateSource({
  onMade,
  onClose,
}: {
  readonly onMade: (made: MadeSource) => void;
  readonly onClose: () => void;
}) {
  const [form, setForm] = useState(FORM_EMPTY);
  const create = useCreateSource(onMade);
  const change = (changes: Partial<SourceForm>): void => setForm((before) => ({ ...before, ...changes }));
  const problems = formProblems(form);
  const isMissing = form.name.trim() === '' || (form.kind === 'file' && form.path.trim() === '');
  return (
    <Decision title="Add a source" onClose={onClose}>
      <TextInput
        label="Name"
        placeholder="What people call it: firewall in Oslo"
        value={form.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        required
        data-autofocus
      />
      <NativeSelect
        label="How it sends"
        description={KIND_HINTS[form.kind]}
        value={form.kind}
        onChange={(event) => {
          const { value } = event.currentTarget;
          change({ kind: KINDS.find((kind) => kind === value) ?? 'http' });
        }}
        data={KINDS.map((kind) => ({ value: kind, label: KIND_WORDS[kind] }))}
      />
      <OfKind form={form} problems={problems} onChange={change} />
      <Limits
        eventsPerSecond={form.eventsPerSecond}
        bytesPerSecond={form.bytesPerSecond}
        problems={problems}
        onChange={change}
      />
      {create.isError ? <Failure error={create.error} /> : null}
      <Group justify="flex-end">
        <Button
          disabled={isMissing || Object.keys(problems).length > 0}
          loading={create.isPending}
          onClick={() => create.mutate(createOf(form))}
        >
          Add the source
        </Button>
      </Group>
    </Decision>
  );
}

/** The fields that only some kinds have. */
function OfKind({
  form,
  problems,
  onChange,
}: {
  readonly form: SourceForm;
  readonly problems: Readonly<Record<string, string>>;
  readonly onChange: (changes: Partial<SourceForm>) => void;
}) {
  switch (form.kind) {
    case 'syslog-tcp':
    case 'syslog-udp':
      return (
        <Group grow align="start">
          <TextInput
            label="Only from (addresses or networks)"
            placeholder="192.0.2.7, 198.51.100.0/24"
            description={problems['peers']}
            value={form.peers}
            onChange={(event) => onChange({ peers: event.currentTarget.value })}
          />
          <TextInput
            label="Port of its own"
            placeholder="the common one"
            inputMode="numeric"
            error={problems['port']}
            value={form.port}
            onChange={(event) => onChange({ port: event.currentTarget.value })}
          />
        </Group>
      );
    case 'syslog-tls':
      return (
        <TextInput
          label="SHA-256 of its certificate"
          placeholder="empty: a certificate is made and shown once"
          error={problems['fingerprint']}
          value={form.fingerprint}
          onChange={(event) => onChange({ fingerprint: event.currentTarget.value })}
        />
      );
    case 'file':
      return (
        <Group grow align="start">
          <TextInput
            label="Path"
            placeholder="cloudtrail/"
            error={problems['path']}
            value={form.path}
            onChange={(event) => onChange({ path: event.currentTarget.value })}
            required
          />
          <NativeSelect
            label="Format"
            value={form.format}
            onChange={(event) => onChange({ format: event.currentTarget.value })}
            data={[...FILE_FORMATS]}
          />
        </Group>
      );
    case 'http':
    case 'webhook':
      return null;
  }
}
