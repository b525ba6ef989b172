/** An order to a machine: what it would do is said first, then it is given, with a reason and for a while. */
import { useAct } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import { MachineChoice } from './machine-choice.tsx';

export interface Wanted {
  readonly kind: OrderName;
  readonly what: Readonly<Record<string, string>>;
  /** The machine, when it is plain which one. */
  readonly assetId?: string;
}

export const ORDERS = {
  'block-address': { title: 'Block an address', fields: [['range', 'Address or network']] },
  'unblock-address': { title: 'Let an address in again', fields: [['range', 'Address or network']] },
  'isolate-host': { title: 'Isolate a machine', fields: [] },
  'kill-process-tree': {
    title: 'End a process and its children',
    fields: [
      ['pid', 'Process id'],
      ['startedAtMs', 'Started at (milliseconds since 1970)'],
    ],
  },
  'disable-account': { title: 'Lock an account', fields: [['account', 'Account']] },
} as const satisfies Record<string, { title: string; fields: readonly (readonly [string, string])[] }>;
export type OrderName = keyof typeof ORDERS;

const FOR = [
  ['600', '10 minutes'],
  ['3600', '1 hour'],
  ['28800', '8 hours'],
  ['86400', '1 day'],
  ['604800', '1 week'],
] as const;
/** Of the fields, those that are numbers. */
const NUMBERS: readonly string[] = ['pid', 'startedAtMs'];

export function GiveOrder({
  tools,
  wanted,
  onClose,
  onGiven,
}: {
  readonly tools: ConsoleTools;
  readonly wanted: Wanted;
  readonly onClose: () => void;
  readonly onGiven?: () => void;
}) {
  const { Button, Choice, Details, Failure, TextField } = tools.parts;
  const [assetId, setAssetId] = useState(wanted.assetId ?? '');
  const [what, setWhat] = useState(wanted.what);
  const [because, setBecause] = useState('');
  const [seconds, setSeconds] = useState<string>('3600');
  const [effect, setEffect] = useState<string>();
  const { busy, failure, run } = useAct();
  const { title, fields } = ORDERS[wanted.kind];
  const send = async (dryRun: boolean): Promise<void> => {
    setEffect(undefined);
    const reply = await tools.api<{ readonly effect: string }>('POST', 'orders', {
      assetId,
      serviceId: 'host-intrusion-detection',
      kind: wanted.kind,
      what: Object.fromEntries(
        Object.entries(what).map(([name, value]) => [name, NUMBERS.includes(name) ? Number(value) : value]),
      ),
      because,
      seconds: Number(seconds),
      dryRun,
    });
    setEffect(reply.effect);
    if (dryRun) return;
    onGiven?.();
    onClose();
  };
  /** What was said holds for what was asked only. */
  const change = (apply: () => void): void => {
    apply();
    setEffect(undefined);
  };
  const isComplete =
    assetId !== '' && because.trim().length >= 3 && fields.every(([name]) => (what[name] ?? '') !== '');
  return (
    <Details title={title} onClose={onClose}>
      <MachineChoice tools={tools} value={assetId} onChange={(value) => change(() => setAssetId(value))} />
      {fields.map(([name, label]) => (
        <TextField
          key={name}
          label={label}
          value={what[name] ?? ''}
          required
          onChange={(value) => change(() => setWhat({ ...what, [name]: value }))}
        />
      ))}
      <TextField
        label="Reason"
        value={because}
        required
        placeholder="It is kept with the order"
        onChange={(value) => change(() => setBecause(value))}
      />
      <Choice
        label="For"
        value={seconds}
        options={FOR.map(([value, label]) => ({ value, label }))}
        onChange={(value) => change(() => setSeconds(value))}
      />
      {failure === undefined ? null : <Failure error={failure} />}
      {effect === undefined ? null : (
        <p role="status" data-testid="effect">
          {effect}
        </p>
      )}
      <div className="d-toolbar">
        <Button busy={busy} disabled={!isComplete} onClick={() => run(() => send(true))}>
          What would it do?
        </Button>
        <Button
          kind="danger"
          busy={busy}
          disabled={!isComplete || effect === undefined}
          onClick={() => run(() => send(false))}
        >
          {title}
        </Button>
      </div>
    </Details>
  );
}
