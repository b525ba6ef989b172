/** What changed in a rule's text from one version to the next, and by whom. */
import type { RuleVersion } from '@demarc/platform/contract/detection';
import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type * as z from 'zod';
import { useZone } from '../../app/zone.ts';
import { Diff } from '../../parts/parts.tsx';
import { formatInstant } from '../../parts/time.ts';
import { diffOf } from './diff.ts';

type Version = z.infer<typeof RuleVersion>;

/** @param versions newest first, at least two */
export function RuleVersions({ versions }: { readonly versions: readonly Version[] }) {
  const zone = useZone();
  const [chosen, setChosen] = useState(String(versions[0]?.version ?? 0));
  const index = versions.findIndex(({ version }) => String(version) === chosen);
  const [after, before] = [versions[index], versions[index + 1]];
  const difference = diffOf(before?.text ?? '', after === undefined || after.removed ? '' : after.text);
  return (
    <section className="d-part">
      <h2>Versions</h2>
      <NativeSelect
        label="What changed with"
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)}
        data={versions.map(({ version, by, at, removed }) => ({
          value: String(version),
          label: `version ${version}${removed ? ' (removed)' : ''}, ${by}, ${formatInstant(at, zone)}`,
        }))}
      />
      {difference === '' ? <p className="d-quiet">The same text.</p> : <Diff text={difference} />}
    </section>
  );
}
