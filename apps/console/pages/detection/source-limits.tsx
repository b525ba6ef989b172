/** How much a source may send: what is beyond is refused, and counted. */
import { Group, TextInput } from '@mantine/core';

interface LimitTexts {
  readonly eventsPerSecond: string;
  readonly bytesPerSecond: string;
}

export function Limits({
  eventsPerSecond,
  bytesPerSecond,
  problems,
  onChange,
}: LimitTexts & {
  readonly problems: Readonly<Record<string, string>>;
  readonly onChange: (changes: Partial<LimitTexts>) => void;
}) {
  return (
    <Group grow align="start">
      <TextInput
        label="Records a second, at most"
        inputMode="numeric"
        value={eventsPerSecond}
        error={problems['eventsPerSecond']}
        onChange={(event) => onChange({ eventsPerSecond: event.currentTarget.value })}
      />
      <TextInput
        label="Bytes a second, at most"
        inputMode="numeric"
        value={bytesPerSecond}
        error={problems['bytesPerSecond']}
        onChange={(event) => onChange({ bytesPerSecond: event.currentTarget.value })}
      />
    </Group>
  );
}
