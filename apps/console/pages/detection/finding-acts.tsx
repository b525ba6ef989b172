/** What can be done about a finding that should not have been one, and where else to look. */
import { Button, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { usePageSearch } from '../../app/page-search.ts';
import { useMay, useTenantId } from '../queries.ts';
import type { SeenValue } from './finding-view.ts';
import { TuneRule } from './overlay-form.tsx';
import type { Start } from './overlay-view.ts';

export function FindingActs({
  ruleId,
  seen,
  host,
  uid,
  isKnown,
}: {
  readonly ruleId: string;
  readonly seen: readonly SeenValue[];
  readonly host: string;
  readonly uid: string;
  /** The rule is still there. */
  readonly isKnown: boolean;
}) {
  const tenantId = useTenantId();
  const { setSearch } = usePageSearch();
  const mayWrite = useMay('rule:write');
  const [start, setStart] = useState<Start>();
  return (
    <Group gap="xs" className="d-screen">
      {mayWrite && isKnown ? (
        <>
          <Button size="xs" onClick={() => setStart({ kind: 'exception', seen, host })}>
            Make an exception from this
          </Button>
          <Button size="xs" variant="default" onClick={() => setStart({ kind: 'threshold' })}>
            Raise the threshold
          </Button>
          <Button size="xs" variant="default" onClick={() => setStart({ kind: 'off' })}>
            Switch the rule off
          </Button>
        </>
      ) : null}
      <Button size="xs" variant="default" onClick={() => setSearch({ rule: ruleId, open: undefined })}>
        All of this rule
      </Button>
      {isKnown ? (
        <Button
          size="xs"
          variant="default"
          component={Link}
          to="/t/$tenantId/rules"
          params={{ tenantId } as never}
          search={{ view: 'try', rule: ruleId, finding: uid } as never}
        >
          Try the rule on it
        </Button>
      ) : null}
      {start === undefined ? null : (
        <TuneRule ruleId={ruleId} start={start} onClose={() => setStart(undefined)} />
      )}
    </Group>
  );
}
