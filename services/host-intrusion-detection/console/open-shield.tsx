/** A shield opened by hand: for which machine, against what, and how long it watches first. */
import { useAct } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import { MachineChoice } from './machine-choice.tsx';
import { SHIELD_KIND_TITLES, type ShieldDraft, type ShieldKind, shieldAsked } from './shield-view.ts';

const AGAINST = [
  ...Object.entries(SHIELD_KIND_TITLES).map(([value, label]) => ({ value, label })),
  { value: 'tcp', label: 'Everything that comes to a TCP port' },
  { value: 'udp', label: 'Everything that comes to a UDP port' },
];
const SOAK = [
  { value: '0', label: 'not at all: it prevents at once' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '1 week' },
];
const EMPTY: ShieldDraft = {
  assetId: '',
  vulnerability: '',
  against: 'ms17-010',
  port: '',
  soakSeconds: '86400',
  because: '',
};

export function OpenShield({
  tools,
  first = EMPTY,
  onClose,
  onOpened,
}: {
  readonly tools: ConsoleTools;
  /** What is known of it already. */
  readonly first?: ShieldDraft | undefined;
  readonly onClose: () => void;
  readonly onOpened: () => Promise<void>;
}) {
  const { Button, Choice, Details, Failure, TextField } = tools.parts;
  const [draft, setDraft] = useState(first);
  const { busy, failure, run } = useAct();
  const change = (changes: Partial<ShieldDraft>): void => setDraft((before) => ({ ...before, ...changes }));
  const asked = shieldAsked(draft);
  const open = async (): Promise<void> => {
    await tools.api('POST', 'shields', asked);
    await onOpened();
    onClose();
  };
  return (
    <Details title="Open a shield" onClose={onClose}>
      <MachineChoice tools={tools} value={draft.assetId} onChange={(assetId) => change({ assetId })} />
      <TextField
        label="Advisory or CVE"
        value={draft.vulnerability}
        placeholder="CVE-2020-0796"
        required
        onChange={(vulnerability) => change({ vulnerability })}
      />
      <Choice
        label="What is kept out"
        value={draft.against}
        options={AGAINST}
        onChange={(against) => change({ against: against as ShieldKind | 'tcp' | 'udp' })}
      />
      {draft.against === 'tcp' || draft.against === 'udp' ? (
        <TextField label="Port" value={draft.port} required onChange={(port) => change({ port })} />
      ) : null}
      <Choice
        label="Only watches for"
        value={draft.soakSeconds}
        options={SOAK}
        onChange={(soakSeconds) => change({ soakSeconds })}
      />
      <TextField
        label="Reason"
        value={draft.because}
        required
        placeholder="It is kept, with your name"
        onChange={(because) => change({ because })}
      />
      {failure === undefined ? null : <Failure error={failure} />}
      <div className="d-toolbar">
        <Button kind="main" busy={busy} disabled={asked === undefined} onClick={() => run(open)}>
          Open the shield
        </Button>
      </div>
    </Details>
  );
}
