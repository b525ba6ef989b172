/** Taking a file of rules away: first what goes with it. */
import type { RuleSummary } from '@demarc/platform/contract/detection';
import { Button, Group } from '@mantine/core';
import { Failure } from '../../parts/parts.tsx';
import { counted } from '../../parts/words.ts';
import { Decision } from '../records-parts.tsx';
import { useRemoveRules } from './queries.ts';

const TITLES_SHOWN_MAX = 10;

export function RemoveRules({
  file,
  rules,
  onRemoved,
  onClose,
}: {
  readonly file: string;
  readonly rules: readonly RuleSummary[];
  readonly onRemoved: () => void;
  readonly onClose: () => void;
}) {
  const remove = useRemoveRules(onRemoved);
  const more = rules.length - TITLES_SHOWN_MAX;
  return (
    <Decision title="Remove rules" onClose={onClose}>
      <p style={{ margin: 0 }} className="d-break">
        The file <span className="d-mono">{file}</span> goes, and with it {counted(rules.length, 'rule')}.
        Nothing is looked for by them from then on; what they have found stays. The versions are kept:
        importing the file again brings the rules back.
      </p>
      <ul className="d-plain">
        {rules.slice(0, TITLES_SHOWN_MAX).map(({ ruleId, title, line }) => (
          <li key={`${ruleId} ${line}`}>{title}</li>
        ))}
        {more > 0 ? <li>and {more} more</li> : null}
      </ul>
      {remove.isError ? <Failure error={remove.error} /> : null}
      <Group justify="flex-end">
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate(file)}>
          Remove {counted(rules.length, 'rule')}
        </Button>
      </Group>
    </Decision>
  );
}
