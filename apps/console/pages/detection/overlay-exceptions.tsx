/** Exceptions of a rule in its form: those that stand, and one that is added. */
import type { RuleOverlay } from '@demarc/platform/contract/detection';
import { Button, Group, Textarea, TextInput } from '@mantine/core';
import type { ExceptionForm, OverlayForm } from './overlay-view.ts';

export function KeptExceptions({
  stands,
  kept,
  onChange,
}: {
  readonly stands: RuleOverlay['exceptions'];
  readonly kept: OverlayForm['kept'];
  readonly onChange: (kept: OverlayForm['kept']) => void;
}) {
  if (stands.length === 0) return null;
  return (
    <fieldset className="d-fields">
      <legend>Exceptions that stand</legend>
      {stands.map((exception) => {
        const isKept = kept.some(
          ({ title, detection }) => title === exception.title && detection === exception.detection,
        );
        const { title, reason, detection, until } = exception;
        return (
          <Group key={exception.exceptionId} gap="xs" justify="space-between" wrap="nowrap" align="start">
            <div className="d-break">
              <strong>{title}</strong> {isKept ? '' : '(ends now)'}
              <div className="d-quiet">
                {reason}, {exception.by}; {exception.state}
                {until === undefined ? '' : `, until ${until.slice(0, 10)}`}; {exception.heldBackCount} held
                back
              </div>
            </div>
            <Button
              size="xs"
              variant="subtle"
              style={{ flex: 'none' }}
              aria-label={`${isKept ? 'End it' : 'Keep it'}: ${title}`}
              onClick={() =>
                onChange(
                  isKept
                    ? kept.filter((each) => each.title !== title || each.detection !== detection)
                    : [...kept, { title, reason, detection, ...(until === undefined ? {} : { until }) }],
                )
              }
            >
              {isKept ? 'End it' : 'Keep it'}
            </Button>
          </Group>
        );
      })}
    </fieldset>
  );
}

export function AddedException({
  added,
  problems,
  untilDefault,
  onChange,
}: {
  readonly added: ExceptionForm | undefined;
  readonly problems: Readonly<Record<string, string>>;
  readonly untilDefault: string;
  readonly onChange: (added: ExceptionForm | undefined) => void;
}) {
  if (added === undefined)
    return (
      <Button
        size="xs"
        variant="default"
        style={{ justifySelf: 'start' }}
        onClick={() =>
          onChange({
            title: '',
            reason: '',
            detection: "expected:\n  Image|endswith: '\\backup.exe'\ncondition: expected\n",
            until: untilDefault,
          })
        }
      >
        Add an exception
      </Button>
    );
  const change = (changes: Partial<ExceptionForm>): void => onChange({ ...added, ...changes });
  return (
    <fieldset className="d-fields">
      <legend>New exception</legend>
      <Group grow align="start">
        <TextInput
          label="Title"
          value={added.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
          required
        />
        <TextInput
          type="date"
          label="Until (UTC, empty: no end)"
          value={added.until}
          onChange={(event) => change({ until: event.currentTarget.value })}
        />
      </Group>
      <TextInput
        label="Why these events are expected"
        value={added.reason}
        onChange={(event) => change({ reason: event.currentTarget.value })}
        required
      />
      <Textarea
        label="Which events (as below detection: in a Sigma rule)"
        description="The fewer it describes, the less it hides: take lines away only when the rest still says who and what."
        value={added.detection}
        error={problems['detection']}
        onChange={(event) => change({ detection: event.currentTarget.value })}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.82rem' } }}
        required
        autosize
        minRows={4}
        maxRows={16}
      />
      <Button size="xs" variant="subtle" style={{ justifySelf: 'start' }} onClick={() => onChange(undefined)}>
        Leave it out
      </Button>
    </fieldset>
  );
}
