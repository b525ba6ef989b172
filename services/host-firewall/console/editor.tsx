/** The policy of one machine: edited, checked, tried on what there was, and only then put in force. */
import type { ConsoleTools } from '@demarc/platform/contract/console';
import { useCallback, useEffect, useMemo, useState } from 'react';
import {
  type Draft,
  type DraftRule,
  draftOf,
  isDraft,
  movedUp,
  ruleText,
  textOf,
  toggled,
  withoutRule,
  withRule,
} from './draft.ts';
import { RuleForm } from './rule-form.tsx';
import { trafficOf } from './traffic.ts';

interface Layer {
  readonly scope: { readonly kind: string; readonly groupId?: string; readonly serviceId?: string };
  readonly policy: Draft;
  readonly problem: string | null;
}
interface InForce {
  readonly policy: Draft;
  readonly layers: readonly Layer[];
}
interface Finding {
  readonly kind: string;
  readonly rule: string;
  readonly because: string;
}
interface Verdict {
  readonly verdict: string;
  readonly judged: string;
  readonly rule: string | null;
  readonly because: string;
}
interface Simulation {
  readonly flows: readonly {
    readonly event: Readonly<Record<string, unknown>>;
    readonly before: string;
    readonly after: string;
    readonly because: string;
    readonly count: number;
  }[];
  readonly considered: number;
  readonly isPartial: boolean;
}

export function FirewallPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Choice, Empty, Failure, Loading, PageHeader } = tools.parts;
  const { search, setSearch, assets: machines } = tools;
  const [assets, setAssets] = useState<Awaited<ReturnType<ConsoleTools['assets']>>>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    machines().then(setAssets, setFailure);
  }, [machines]);
  const assetId = search['asset'] ?? assets?.[0]?.assetId;
  return (
    <>
      <PageHeader
        title="Firewall"
        summary="What may reach a machine and what may leave it. A change takes itself back unless the machine still reaches the platform."
        actions={
          assets === undefined || assetId === undefined ? null : (
            <Choice
              label="Machine"
              value={assetId}
              options={assets.map((asset) => ({ value: asset.assetId, label: asset.name }))}
              onChange={(asset) => setSearch({ asset })}
            />
          )
        }
      />
      {failure === undefined ? null : <Failure error={failure} />}
      {assets === undefined ? (
        failure === undefined ? (
          <Loading />
        ) : null
      ) : assetId === undefined ? (
        <Empty title="No machine has enrolled yet">Enrol one under Assets; then its policy is here.</Empty>
      ) : (
        <Editor key={assetId} tools={tools} assetId={assetId} />
      )}
    </>
  );
}

function Editor({ tools, assetId }: { readonly tools: ConsoleTools; readonly assetId: string }) {
  const { Button, Choice, DataTable, Empty, Facts, Failure, Loading, TextField } = tools.parts;
  const { api } = tools;
  const path = `policies/host-firewall/assets/${assetId}`;
  const [inForce, setInForce] = useState<InForce>();
  const [text, setText] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState<string>();
  const [findings, setFindings] = useState<readonly Finding[]>();
  const [simulation, setSimulation] = useState<Simulation>();
  const [packet, setPacket] = useState('tcp 203.0.113.9:40000 > 10.0.0.2:22 in');
  const [verdict, setVerdict] = useState<Verdict>();
  const [said, setSaid] = useState<string>();
  const [edited, setEdited] = useState<DraftRule | 'new'>();
  const take = useCallback((found: InForce) => {
    setInForce(found);
    setText(textOf(found.layers.find(({ scope }) => scope.kind === 'asset')?.policy ?? {}));
  }, []);
  useEffect(() => {
    api<InForce>('GET', path).then(take, setFailure);
  }, [api, path, take]);
  const draft = useMemo(() => draftOf(text), [text]);
  const change = (next: Draft): void => {
    setText(textOf(next));
    // What was found is about what was asked.
    setFindings(undefined);
    setSimulation(undefined);
    setVerdict(undefined);
    setSaid(undefined);
  };
  const run = async (what: string, work: () => Promise<void>): Promise<void> => {
    setBusy(what);
    try {
      await work();
      setFailure(undefined);
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(undefined);
    }
  };
  if (inForce === undefined) return failure === undefined ? <Loading /> : <Failure error={failure} />;
  const inherited = inForce.layers.filter(({ scope }) => scope.kind !== 'asset');
  const rules = isDraft(draft) ? (draft.rules ?? []) : [];
  const isReady = isDraft(draft) && busy === undefined;
  const day = (): { readonly from: string; readonly to: string } => ({
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date().toISOString(),
  });
  return (
    <div className="d-stack">
      {failure === undefined ? null : <Failure error={failure} />}
      <Facts
        facts={[
          [
            'In force',
            `${inForce.policy.mode ?? 'tap'}, in ${inForce.policy.defaultAction?.in ?? 'allow'}, out ${inForce.policy.defaultAction?.out ?? 'allow'}, ${counted(inForce.policy.rules?.length ?? 0)}`,
          ],
          [
            'Inherited',
            inherited.length === 0
              ? 'nothing: only what is said here for this machine'
              : inherited
                  .map(
                    ({ scope, problem }) =>
                      `${scope.groupId ?? scope.serviceId ?? scope.kind}${problem === null ? '' : ' (left out)'}`,
                  )
                  .join(', '),
          ],
        ]}
      />
      <div className="d-toolbar">
        <Choice
          label="Mode"
          value={isDraft(draft) ? (draft.mode ?? 'inherited') : 'inherited'}
          options={[
            { value: 'inherited', label: 'as inherited' },
            { value: 'tap', label: 'tap: watch, drop nothing' },
            { value: 'inline', label: 'inline: drop' },
          ]}
          onChange={(mode) => {
            if (!isDraft(draft)) return;
            const { mode: _, ...rest } = draft;
            change(mode === 'inherited' ? rest : { mode, ...rest });
          }}
        />
        {(['in', 'out'] as const).map((direction) => (
          <Choice
            key={direction}
            label={direction === 'in' ? 'What no rule lets in' : 'What no rule lets out'}
            value={isDraft(draft) ? (draft.defaultAction?.[direction] ?? 'inherited') : 'inherited'}
            options={[
              { value: 'inherited', label: 'as inherited' },
              { value: 'allow', label: 'is let through' },
              { value: 'deny', label: 'is denied' },
            ]}
            onChange={(value) => {
              if (!isDraft(draft)) return;
              const { [direction]: _, ...others } = draft.defaultAction ?? {};
              change({
                ...draft,
                defaultAction: value === 'inherited' ? others : { ...others, [direction]: value },
              });
            }}
          />
        ))}
      </div>
      <DataTable<DraftRule>
        label="Rules for this machine"
        rows={rules}
        rowKey={({ id }) => id}
        onOpen={(rule) => setEdited(rule)}
        empty={
          <Empty title="No rules of its own">Add one, or inherit those of its group and of the tenant.</Empty>
        }
        columns={[
          {
            key: 'id',
            title: 'Rule',
            width: '10rem',
            render: ({ id }) => <span className="d-mono">{id}</span>,
          },
          {
            key: 'action',
            title: 'Action',
            width: '8rem',
            render: ({ action, enabled }) => (enabled === false ? `${action} (off)` : action),
          },
          {
            key: 'priority',
            title: 'Priority',
            width: '6rem',
            render: ({ priority }) => String(priority ?? 0),
          },
          { key: 'what', title: 'What', width: 'minmax(16rem, 2fr)', render: (rule) => ruleText(rule) },
          {
            key: 'found',
            title: 'Check',
            width: 'minmax(10rem, 1fr)',
            render: ({ id }) =>
              findings === undefined
                ? ''
                : findings
                    .filter(({ rule }) => rule === id)
                    .map(({ kind }) => kind)
                    .join(', ') || 'does what it says',
          },
        ]}
      />
      <div className="d-toolbar">
        <Button onClick={() => setEdited('new')} disabled={!isReady}>
          Add a rule
        </Button>
        <Button
          busy={busy === 'check'}
          disabled={!isReady}
          onClick={() =>
            void run('check', async () => {
              const found = await api<{ readonly findings: readonly Finding[] }>('POST', 'firewall/check', {
                policy: draft,
              });
              setFindings(found.findings);
            })
          }
        >
          Check the rules
        </Button>
        <Button
          busy={busy === 'simulate'}
          disabled={!isReady}
          onClick={() =>
            void run('simulate', async () => {
              setSimulation(
                await api<Simulation>('POST', 'firewall/simulate', { assetId, policy: draft, ...day() }),
              );
            })
          }
        >
          Try it on the last day
        </Button>
        <Button
          kind="main"
          busy={busy === 'save'}
          disabled={!isReady}
          onClick={() =>
            void run('save', async () => {
              take(await api<InForce>('PUT', path, draft));
              setSaid(
                'Told to the machine. It takes itself back unless the machine reaches the platform under it.',
              );
            })
          }
        >
          Put in force
        </Button>
      </div>
      {said === undefined ? null : <p role="status">{said}</p>}
      {findings === undefined ? null : (
        <p role="status" data-testid="findings">
          {findings.length === 0
            ? 'No rule is shadowed, redundant, in conflict or open to everything.'
            : findings.map(({ because }) => because).join(' ')}
        </p>
      )}
      {simulation === undefined ? null : <Changes tools={tools} simulation={simulation} />}
      <TextField label="A packet" value={packet} onChange={setPacket} />
      <div className="d-toolbar">
        <Button
          busy={busy === 'explain'}
          disabled={!isReady}
          onClick={() =>
            void run('explain', async () => {
              setVerdict(await api<Verdict>('POST', 'firewall/explain', { policy: draft, packet }));
            })
          }
        >
          What happens to it?
        </Button>
        {verdict === undefined ? null : (
          <p role="status" data-testid="verdict">
            {verdict.judged}: {verdict.because}
            {verdict.judged === verdict.verdict ? '' : ' (in tap mode it is only logged)'}
          </p>
        )}
      </div>
      <details>
        <summary>As JSON: lists, schedules, contexts, limits and whatever else a policy has</summary>
        <TextField
          label="What is said for this machine"
          value={text}
          rows={18}
          onChange={(value) => {
            setText(value);
            setFindings(undefined);
            setSimulation(undefined);
          }}
        />
      </details>
      {isDraft(draft) ? null : <p role="alert">{draft.problem}</p>}
      {edited === undefined ? null : (
        <RuleForm
          tools={tools}
          {...(edited === 'new' ? {} : { rule: edited })}
          taken={rules.map(({ id }) => id)}
          onClose={() => setEdited(undefined)}
          onDone={(rule) => {
            if (isDraft(draft)) change(withRule(draft, rule));
            setEdited(undefined);
          }}
          onMove={(id) => isDraft(draft) && change(movedUp(draft, id))}
          onToggle={(id) => {
            if (isDraft(draft)) change(toggled(draft, id));
            setEdited(undefined);
          }}
          onRemove={(id) => {
            if (isDraft(draft)) change(withoutRule(draft, id));
            setEdited(undefined);
          }}
        />
      )}
    </div>
  );
}

function Changes({ tools, simulation }: { readonly tools: ConsoleTools; readonly simulation: Simulation }) {
  const { DataTable, Empty } = tools.parts;
  const { flows, considered, isPartial } = simulation;
  const verdict = (word: string): string => (word === 'drop' ? 'dropped' : 'let through');
  return (
    <section>
      <h2>
        {flows.length} of {considered} recorded flows would be decided otherwise
        {isPartial ? '; there were more than one answer holds' : ''}
      </h2>
      <DataTable<Simulation['flows'][number] & { readonly key: string }>
        label="Flows that would be decided otherwise"
        rows={flows.map((one, at) => ({ ...one, key: String(at) }))}
        rowKey={({ key }) => key}
        empty={
          <Empty title={considered === 0 ? 'No flow was recorded yet' : 'Nothing would change'}>
            {considered === 0
              ? 'The machine records its flows from the moment the service is at work on it.'
              : 'Everything that was let through still would be, and what was dropped still would be.'}
          </Empty>
        }
        columns={[
          {
            key: 'from',
            title: 'From',
            width: 'minmax(10rem, 1fr)',
            render: ({ event }) => <span className="d-mono">{trafficOf(event)?.from}</span>,
          },
          {
            key: 'to',
            title: 'To',
            width: 'minmax(10rem, 1fr)',
            render: ({ event }) => <span className="d-mono">{trafficOf(event)?.to}</span>,
          },
          { key: 'count', title: 'Times', width: '6rem', render: ({ count }) => String(count) },
          { key: 'before', title: 'Was', width: '8rem', render: ({ before }) => verdict(before) },
          { key: 'after', title: 'Would be', width: '9rem', render: ({ after }) => verdict(after) },
          { key: 'why', title: 'Because', width: 'minmax(12rem, 2fr)', render: ({ because }) => because },
        ]}
      />
    </section>
  );
}

const counted = (rules: number): string => `${rules} ${rules === 1 ? 'rule' : 'rules'}`;
