/** One rule, in words. What it has beside these fields is kept; the JSON view has the rest. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useState } from 'react';
import { type DraftRule, elementsOf, portsOf } from './draft.ts';

const ACTIONS = [
  ['allow', 'allow'],
  ['deny', 'deny'],
  ['force-allow', 'force allow: before any deny of its priority'],
  ['bypass', 'bypass: whatever the state of its connection'],
  ['log-only', 'log only: decides nothing'],
] as const;
const PROTOCOLS = ['any', 'tcp', 'udp', 'icmp', 'icmpv6'] as const;

export function RuleForm({
  tools,
  rule,
  taken,
  onClose,
  onDone,
  onMove,
  onToggle,
  onRemove,
}: {
  readonly tools: ConsoleTools;
  readonly rule?: DraftRule;
  readonly taken: readonly string[];
  readonly onClose: () => void;
  readonly onDone: (rule: DraftRule) => void;
  readonly onMove: (id: string) => void;
  readonly onToggle: (id: string) => void;
  readonly onRemove: (id: string) => void;
}) {
  const { Button, Choice, Details, TextField } = tools.parts;
  const [id, setId] = useState(rule?.id ?? '');
  const [direction, setDirection] = useState<string>(rule?.direction ?? 'in');
  const [action, setAction] = useState(rule?.action ?? 'allow');
  const [priority, setPriority] = useState(String(rule?.priority ?? 0));
  const [protocol, setProtocol] = useState(String(rule?.protocol ?? 'tcp'));
  const [source, setSource] = useState((rule?.source ?? []).join(', '));
  const [destination, setDestination] = useState((rule?.destination ?? []).join(', '));
  const [ports, setPorts] = useState((rule?.destinationPorts ?? []).join(', '));
  const isTaken = rule === undefined && taken.includes(id);
  const withPorts = protocol === 'tcp' || protocol === 'udp';
  const { destinationPorts: _, ...kept } = rule ?? {};
  return (
    <Details title={rule === undefined ? 'A rule' : `Rule ${rule.id}`} onClose={onClose}>
      {rule === undefined ? (
        <TextField label="Name of the rule" value={id} required placeholder="ssh-office" onChange={setId} />
      ) : null}
      {isTaken ? <p role="alert">There is a rule of this name.</p> : null}
      <Choice
        label="Direction"
        value={direction}
        options={[
          { value: 'in', label: 'in' },
          { value: 'out', label: 'out' },
        ]}
        onChange={setDirection}
      />
      <Choice
        label="Action"
        value={action}
        options={ACTIONS.map(([value, label]) => ({ value, label }))}
        onChange={setAction}
      />
      <Choice
        label="Priority (4 is looked at first)"
        value={priority}
        options={['0', '1', '2', '3', '4'].map((value) => ({ value, label: value }))}
        onChange={setPriority}
      />
      <Choice
        label="Protocol"
        value={protocol}
        options={[...new Set<string>([...PROTOCOLS, protocol])].map((value) => ({ value, label: value }))}
        onChange={setProtocol}
      />
      <TextField
        label="From (empty is anybody)"
        value={source}
        placeholder="@office, 192.0.2.0/24, !192.0.2.7"
        onChange={setSource}
      />
      <TextField label="To (empty is anybody)" value={destination} onChange={setDestination} />
      {withPorts ? (
        <TextField
          label="Ports there (empty is any)"
          value={ports}
          placeholder="22, 8000-8080, @web"
          onChange={setPorts}
        />
      ) : null}
      <div className="d-toolbar">
        <Button
          kind="main"
          disabled={id.trim() === '' || isTaken}
          onClick={() =>
            onDone({
              ...kept,
              id: id.trim(),
              direction: direction === 'out' ? 'out' : 'in',
              action,
              priority: Number(priority),
              protocol: /^\d+$/.test(protocol) ? Number(protocol) : protocol,
              source: elementsOf(source),
              destination: elementsOf(destination),
              ...(withPorts ? { destinationPorts: portsOf(ports) } : {}),
            })
          }
        >
          Take it over
        </Button>
        {rule === undefined ? null : (
          <>
            <Button onClick={() => onMove(rule.id)}>One place up</Button>
            <Button onClick={() => onToggle(rule.id)}>
              {rule.enabled === false ? 'Switch it on' : 'Switch it off'}
            </Button>
            <Button onClick={() => onRemove(rule.id)}>Remove it</Button>
          </>
        )}
      </div>
    </Details>
  );
}
