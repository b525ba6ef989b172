/** What can be done with a rule. */
import type { RuleDetails, RuleSummary } from '@demarc/platform/contract/detection';
import { Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type * as z from 'zod';
import { usePageSearch } from '../../app/page-search.ts';
import { useTenantId } from '../queries.ts';
import { TuneRule } from './overlay-form.tsx';
import type { Start } from './overlay-view.ts';
import { RemoveRules } from './rule-remove.tsx';

type Rule = z.infer<typeof RuleDetails>;

export function RuleActs({
  rule,
  siblings,
  mayWrite,
  onClose,
}: {
  readonly rule: Rule;
  readonly siblings: readonly RuleSummary[];
  readonly mayWrite: boolean;
  readonly onClose: () => void;
}) {
  const tenantId = useTenantId();
  const { setSearch } = usePageSearch();
  const [start, setStart] = useState<Start>();
  const [removing, setRemoving] = useState(false);
  const { ruleId, state, origin, file } = rule.rule;
  return (
    <Group gap="xs" className="d-screen">
      {mayWrite && state !== 'refused' ? (
        <>
          <Button size="xs" onClick={() => setStart({ kind: 'tune' })}>
            Tune
          </Button>
          {rule.overlay.enabled ? (
            <Button size="xs" variant="default" onClick={() => setStart({ kind: 'off' })}>
              Switch off
            </Button>
          ) : null}
        </>
      ) : null}
      <Button
        size="xs"
        variant="default"
        onClick={() => setSearch({ view: 'try', rule: ruleId, finding: undefined, open: undefined })}
      >
        Try it
      </Button>
      <Button
        size="xs"
        variant="default"
        component={Link}
        to="/t/$tenantId/findings"
        params={{ tenantId } as never}
        search={{ rule: ruleId, range: '30d' } as never}
      >
        Its findings
      </Button>
      {mayWrite && origin === 'tenant' ? (
        <Button size="xs" variant="default" onClick={() => setRemoving(true)}>
          Remove
        </Button>
      ) : null}
      {start === undefined ? null : (
        <TuneRule ruleId={ruleId} start={start} onClose={() => setStart(undefined)} />
      )}
      {removing ? (
        <RemoveRules
          file={file}
          rules={siblings.filter((each) => each.file === file && each.origin === 'tenant')}
          onRemoved={onClose}
          onClose={() => setRemoving(false)}
        />
      ) : null}
    </Group>
  );
}
