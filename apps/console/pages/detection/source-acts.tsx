/** Changing a source: name and rate, on and off, a new secret, away with it. Each first says what will happen. */
import type { MadeSource, Source } from '@demarc/platform/contract/intake';
import { Button, Checkbox, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Failure } from '../../parts/parts.tsx';
import { Decision } from '../records-parts.tsx';
import { limitProblems } from './source-form.ts';
import { Limits } from './source-limits.tsx';
import { useChangeSource, useRemoveSource, useRotate } from './source-queries.ts';
import { figure, hasSecret, SECRET_WORDS } from './sources-view.ts';

interface OfSource {
  readonly source: Source;
  readonly onClose: () => void;
}

export function SourceActs({
  source,
  onMade,
  onRemoved,
}: {
  readonly source: Source;
  readonly onMade: (made: MadeSource) => void;
  readonly onRemoved: () => void;
}) {
  const [doing, setDoing] = useState<'edit' | 'switch' | 'rotate' | 'remove'>();
  const onClose = (): void => setDoing(undefined);
  return (
    <Group gap="xs" className="d-screen">
      <Button size="xs" variant="default" onClick={() => setDoing('edit')}>
        Name and rate
      </Button>
      {hasSecret(source) ? (
        <Button size="xs" variant="default" onClick={() => setDoing('rotate')}>
          New {SECRET_WORDS[source.settings.kind]}
        </Button>
      ) : null}
      <Button size="xs" variant="default" onClick={() => setDoing('switch')}>
        {source.enabled ? 'Disable' : 'Enable'}
      </Button>
      <Button size="xs" variant="default" onClick={() => setDoing('remove')}>
        Remove
      </Button>
      {doing === 'edit' ? <Edit source={source} onClose={onClose} /> : null}
      {doing === 'switch' ? <SwitchIt source={source} onClose={onClose} /> : null}
      {doing === 'rotate' ? <Rotate source={source} onClose={onClose} onMade={onMade} /> : null}
      {doing === 'remove' ? <Remove source={source} onClose={onClose} onRemoved={onRemoved} /> : null}
    </Group>
  );
}

function Edit({ source, onClose }: OfSource) {
  const [name, setName] = useState(source.name);
  const [limits, setLimits] = useState({
    eventsPerSecond: String(source.limits.eventsPerSecond),
    bytesPerSecond: String(source.limits.bytesPerSecond),
  });
  const change = useChangeSource(source.sourceId, onClose);
  const problems = limitProblems(limits.eventsPerSecond, limits.bytesPerSecond);
  return (
    <Decision title={`Name and rate of “${source.name}”`} onClose={onClose}>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
      />
      <Limits
        {...limits}
        problems={problems}
        onChange={(changes) => setLimits((before) => ({ ...before, ...changes }))}
      />
      <span>What is beyond the rate is refused, and counted with its reason.</span>
      {change.isError ? <Failure error={change.error} /> : null}
      <Button
        disabled={name.trim() === '' || Object.keys(problems).length > 0}
        loading={change.isPending}
        onClick={() =>
          change.mutate({
            name: name.trim(),
            limits: {
              eventsPerSecond: Number(limits.eventsPerSecond),
              bytesPerSecond: Number(limits.bytesPerSecond),
            },
          })
        }
      >
        Change it
      </Button>
    </Decision>
  );
}

function SwitchIt({ source, onClose }: OfSource) {
  const change = useChangeSource(source.sourceId, onClose);
  const to = !source.enabled;
  return (
    <Decision title={`${to ? 'Enable' : 'Disable'} “${source.name}”`} onClose={onClose}>
      <span>
        {to
          ? 'It is listened to again, with the secret that it had.'
          : `What it sends from now on is refused, and counted. What waits on disk (${figure(source.accounting.waiting)}) is still stored.`}
      </span>
      {change.isError ? <Failure error={change.error} /> : null}
      <Button loading={change.isPending} onClick={() => change.mutate({ enabled: to })}>
        {to ? 'Enable it' : 'Disable it'}
      </Button>
    </Decision>
  );
}

function Rotate({ source, onClose, onMade }: OfSource & { readonly onMade: (made: MadeSource) => void }) {
  const word = SECRET_WORDS[source.settings.kind] ?? 'secret';
  const rotate = useRotate(source.sourceId, (made) => {
    onMade(made);
    onClose();
  });
  return (
    <Decision title={`A new ${word} for “${source.name}”`} onClose={onClose}>
      <span>
        The {word} that it has is worth nothing from that moment on: what sends with it is refused until it
        has the new one, which is shown once.
      </span>
      {rotate.isError ? <Failure error={rotate.error} /> : null}
      <Button loading={rotate.isPending} onClick={() => rotate.mutate()}>
        Make a new {word}
      </Button>
    </Decision>
  );
}

function Remove({ source, onClose, onRemoved }: OfSource & { readonly onRemoved: () => void }) {
  const [discard, setDiscard] = useState(false);
  const { waiting } = source.accounting;
  const remove = useRemoveSource(source.sourceId, onRemoved);
  return (
    <Decision title={`Remove “${source.name}”`} onClose={onClose}>
      <span>
        Nothing is taken from it any more, and its numbers go. What is stored stays. To keep the numbers,
        disable it instead.
      </span>
      {waiting === 0 ? null : (
        <Checkbox
          label={`Discard the ${figure(waiting)} records that are not in the store yet`}
          checked={discard}
          onChange={(event) => setDiscard(event.currentTarget.checked)}
        />
      )}
      {remove.isError ? <Failure error={remove.error} /> : null}
      <Button
        color="red"
        disabled={waiting > 0 && !discard}
        loading={remove.isPending}
        onClick={() => remove.mutate({ discard })}
      >
        Remove the source
      </Button>
    </Decision>
  );
}
