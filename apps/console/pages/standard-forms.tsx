/** Publishing, assigning and retiring implementation standards. */
import type { StandardRow, Standards } from '@demarc/platform/contract/assurance/workbook';
import { Button, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Failure } from '../parts/parts.tsx';
import { useAct } from './records.ts';
import { Decision, ScopeField, scopeOf } from './records-parts.tsx';
import { EMPTY_STANDARD, type StandardForm, standardOf } from './standards-view.ts';

interface Closing {
  readonly onClose: () => void;
}

export function Publish({ onClose }: Closing) {
  const [form, setForm] = useState(EMPTY_STANDARD);
  const publish = useAct('standards', onClose);
  const read = standardOf(form);
  const text = (name: keyof StandardForm) => ({
    value: form[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      setForm({ ...form, [name]: event.currentTarget.value }),
  });
  const wanting = [form.standardId, form.version, form.title, form.useCase].some(
    (each) => each.trim() === '',
  );
  return (
    <Decision title="Publish a standard" onClose={onClose}>
      <span>What is published never changes under its version: a change is a new version.</span>
      <Group grow>
        <TextInput label="Id" placeholder="hardened-linux" {...text('standardId')} required />
        <TextInput label="Version" {...text('version')} required />
      </Group>
      <TextInput label="Title" {...text('title')} required />
      <Textarea label="Use case" {...text('useCase')} required autosize minRows={1} />
      <Textarea
        label="Requirements"
        description="One a line"
        {...text('requirements')}
        autosize
        minRows={1}
      />
      <Textarea
        label="Controls"
        description="One a line, with its parameters: VMS-09 interval=1 h; paths=/etc"
        {...text('controls')}
        autosize
        minRows={3}
        {...('because' in read ? { error: read.because } : {})}
      />
      <Textarea
        label="High-level design"
        description="One reference a line: document#section"
        {...text('hld')}
        autosize
        minRows={1}
      />
      <Textarea
        label="Low-level design"
        description="One reference a line: document#section"
        {...text('lld')}
        autosize
        minRows={1}
      />
      {publish.isError ? <Failure error={publish.error} /> : null}
      <Button
        disabled={wanting || 'because' in read}
        loading={publish.isPending}
        onClick={() => 'standard' in read && publish.mutate(read.standard)}
      >
        Publish {form.standardId}@{form.version}
      </Button>
    </Decision>
  );
}

export function Assign({ standards, onClose }: { readonly standards: Standards } & Closing) {
  const offered = standards.standards.filter(({ retired }) => !retired);
  const [first] = offered;
  const [chosen, setChosen] = useState(first === undefined ? '' : `${first.standardId}@${first.version}`);
  const [assetId, setAssetId] = useState('');
  const assign = useAct('standards/assign', onClose);
  const [standardId = '', version = ''] = chosen.split('@');
  const replaced = [
    ...new Set(
      standards.standards
        .filter((row) =>
          row.assignedTo.some(({ scope }) =>
            scope.kind === 'asset' ? scope.assetId === assetId : scope.kind === 'tenant' && assetId === '',
          ),
        )
        .map((row) => `${row.standardId}@${row.version}`),
    ),
  ].filter((name) => name !== chosen);
  return (
    <Decision title="Assign a standard" onClose={onClose}>
      <NativeSelect
        label="Standard"
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)}
        data={offered.map((row) => ({
          value: `${row.standardId}@${row.version}`,
          label: `${row.standardId}@${row.version} ${row.title}`,
        }))}
      />
      <ScopeField value={assetId} onChange={setAssetId} />
      <span aria-live="polite">
        {replaced.length === 0
          ? 'It has none of its own yet.'
          : `${replaced.join(', ')} is withdrawn from there: a scope has one standard.`}{' '}
        An asset’s own goes before its group’s, that before everything’s.
      </span>
      {assign.isError ? <Failure error={assign.error} /> : null}
      <Button
        disabled={standardId === ''}
        loading={assign.isPending}
        onClick={() => assign.mutate({ standardId, version, scopes: [scopeOf(assetId)] })}
      >
        Assign {chosen}
      </Button>
    </Decision>
  );
}

export function Retire({ standard, onClose }: { readonly standard: StandardRow } & Closing) {
  const [reason, setReason] = useState('');
  const retire = useAct('standards/retire', onClose);
  const { standardId, version, assetCount } = standard;
  return (
    <Decision title={`Retire ${standardId}@${version}`} onClose={onClose}>
      <span>
        {assetCount === 0
          ? 'No asset carries it.'
          : `${assetCount} asset${assetCount === 1 ? ' is' : 's are'} without a current standard from then on, until another is assigned.`}{' '}
        It cannot be published again under this version.
      </span>
      <Textarea
        label="Reason (kept in the ledger)"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        required
        autosize
        minRows={2}
      />
      {retire.isError ? <Failure error={retire.error} /> : null}
      <Button
        color="red"
        disabled={reason.trim() === ''}
        loading={retire.isPending}
        onClick={() => retire.mutate({ standardId, version, reason })}
      >
        Retire this version
      </Button>
    </Decision>
  );
}
