/** What is done when, on which machine; what has no place and why; and how it would be with other windows. */
import { useAct, useReply } from '@demarc/platform/console';
import type { ConsoleTools } from '@demarc/platform/contract/console';
import type { FreezeList, PlanList, PlannedWork, ShownPlan } from '../api.ts';
import { Gantt } from './gantt.tsx';
import { ofDecision } from './marks.ts';
import { WhatIfDrawer } from './what-if.tsx';
import { counted, FIGURE_NAMES, figureText, instantIn, planSummary, spanIn } from './words.ts';
import { ZoneChoice, zoneOf } from './zone-choice.tsx';

/** A plan does not change, but for the jobs that come of it. */
const PLAN_MS = 60_000;

export function PlanPage({ tools }: { readonly tools: ConsoleTools }) {
  const { Button, Choice, Details, Empty, Failure, Loading, PageHeader, ActWithReason } = tools.parts;
  const { search, setSearch } = tools;
  const timeZone = zoneOf(tools);
  const list = useReply<PlanList>(tools, 'patching/plans', PLAN_MS);
  const make = useAct();
  const plans = list.found?.plans ?? [];
  const planId = search['plan'] ?? (plans.find(({ state }) => state === 'published') ?? plans[0])?.id;
  const plan = useReply<ShownPlan>(
    tools,
    planId === undefined ? undefined : `patching/plans/${planId}`,
    PLAN_MS,
  );
  const freezes = useReply<FreezeList>(tools, 'patching/freezes', PLAN_MS);
  const shown = plan.found;
  const failure = make.failure ?? list.failure ?? plan.failure ?? freezes.failure;
  const close = (): void => setSearch({ open: undefined });
  const isEmpty = list.found !== undefined && planId === undefined;
  return (
    <>
      <PageHeader
        title="Patch plan"
        summary={shown === undefined ? (isEmpty ? 'No plan was made yet.' : 'Looking…') : planSummary(shown)}
        actions={
          <>
            <ZoneChoice tools={tools} />
            {planId === undefined ? null : (
              <Choice
                label="Plan"
                value={planId}
                options={[
                  ...plans.map(({ id, state, madeAt, madeBy }) => ({
                    value: id,
                    label: `${state}, ${instantIn(madeAt, timeZone)}, ${madeBy}`,
                  })),
                  ...(plans.some(({ id }) => id === planId)
                    ? []
                    : [{ value: planId, label: 'of the address' }]),
                ]}
                onChange={(id) => setSearch({ plan: id, zoom: undefined, open: undefined })}
              />
            )}
            <Button
              kind={shown?.state === 'draft' ? 'other' : 'main'}
              busy={make.busy}
              onClick={() =>
                make.run(async () => {
                  const made = await tools.api<ShownPlan>('POST', 'patching/plans', { seconds: 20 });
                  await list.reload();
                  setSearch({ plan: made.id, zoom: undefined, open: undefined });
                })
              }
            >
              Make a plan
            </Button>
            {shown?.state === 'draft' ? (
              <Button kind="main" onClick={() => setSearch({ open: 'publish' })}>
                Publish it
              </Button>
            ) : null}
            <Button onClick={() => setSearch({ open: 'what-if' })}>What if</Button>
          </>
        }
      />
      {make.busy ? (
        <p role="status" className="d-quiet">
          The solver has 20 seconds; the best plan that it found by then is kept as a draft.
        </p>
      ) : null}
      {failure === undefined ? null : <Failure error={failure} />}
      {isEmpty ? (
        <Empty title="No plan was made yet">
          It puts what vulnerability scanning found into the maintenance windows. Set a window first, then
          press “Make a plan”: a draft is made, and nothing is done before it is published and approved.
        </Empty>
      ) : null}
      {shown === undefined ? (
        failure === undefined && !isEmpty ? (
          <Loading />
        ) : null
      ) : (
        <>
          <Figures tools={tools} plan={shown} />
          <Gantt
            key={shown.id}
            tools={tools}
            plan={shown}
            freezes={(freezes.found?.freezes ?? []).filter(({ removed }) => removed === null)}
            timeZone={timeZone}
          />
          <Unplaced tools={tools} plan={shown} timeZone={timeZone} />
          <WorkTable tools={tools} plan={shown} timeZone={timeZone} />
        </>
      )}
      {search['open'] === 'publish' && shown?.state === 'draft' ? (
        <Details title="Publish this plan" onClose={close}>
          <p>
            {counted(shown.work.length, 'job')} are made of it, and each waits for the approval of whose duty
            the machine is. The plan that is published now is superseded.
          </p>
          <ActWithReason
            label="Why it is published"
            acts={[
              {
                title: 'Publish it',
                says: 'everybody who may see machines sees it, with your name and the reason.',
                kind: 'main',
                path: `patching/plans/${shown.id}/publish`,
              },
            ]}
            onDone={async () => {
              await Promise.all([list.reload(), plan.reload()]);
              close();
            }}
          />
        </Details>
      ) : null}
      {search['open'] === 'what-if' ? (
        <WhatIfDrawer tools={tools} timeZone={timeZone} onClose={close} />
      ) : null}
    </>
  );
}

interface PlanProps {
  readonly tools: ConsoleTools;
  readonly plan: ShownPlan;
}

function Figures({ tools, plan }: PlanProps) {
  const { Facts, Instant } = tools.parts;
  return (
    <>
      <div className="d-tiles">
        <div className="d-card d-tile">
          <h2>Placed</h2>
          <strong>{plan.placedCount}</strong>
          of {counted(plan.changeCount, 'change')}
        </div>
        <div className="d-card d-tile">
          <h2>Late</h2>
          <strong>{plan.lateCount}</strong>
          done after their deadline
        </div>
        <div className="d-card d-tile">
          <h2>Without a place</h2>
          <strong>{plan.unplacedCount}</strong>
          {plan.unplacedCount === 0 ? 'everything has one' : 'each says why below'}
        </div>
      </div>
      <section className="d-section d-part" aria-label="How good it is">
        <h2>How good it is</h2>
        <Facts
          facts={[
            ...FIGURE_NAMES.map(
              ([key, name]) => [name.charAt(0).toUpperCase() + name.slice(1), figureText(plan, key)] as const,
            ),
            [
              'Found by',
              plan.by === 'solver' ? 'the solver' : 'the heuristic: the solver found nothing better',
            ],
            ['Made', <Instant key="m" at={plan.madeAt} />],
            ...(plan.publishedAt === null
              ? []
              : [['Published', `by ${plan.publishedBy ?? 'nobody known'}`] as const]),
          ]}
        />
        {plan.violations.length === 0 ? null : (
          <>
            <p className="d-late">A check that had no part in making it found rules that it breaks:</p>
            <ul className="d-plain">
              {plan.violations.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </>
        )}
      </section>
    </>
  );
}

function Unplaced({ tools, plan, timeZone }: PlanProps & { readonly timeZone: string }) {
  const { DataTable } = tools.parts;
  if (plan.unplaced.length === 0) return null;
  return (
    <section className="d-section d-short" aria-label="Without a place">
      <h2>Without a place ({plan.unplaced.length})</h2>
      <DataTable<ShownPlan['unplaced'][number]>
        label="Changes without a place"
        rows={plan.unplaced}
        rowKey={({ assetId, packages, dueAt }) => `${assetId} ${dueAt} ${packages.join(' ')}`}
        empty={null}
        columns={[
          {
            key: 'asset',
            title: 'Machine',
            width: 'minmax(8rem, 1fr)',
            render: ({ assetName }) => assetName,
          },
          {
            key: 'packages',
            title: 'Packages',
            width: 'minmax(9rem, 1fr)',
            render: ({ packages }) => packages.join(', '),
          },
          { key: 'due', title: 'Due', width: '11rem', render: ({ dueAt }) => instantIn(dueAt, timeZone) },
          {
            key: 'because',
            title: 'Why',
            width: 'minmax(20rem, 3fr)',
            render: ({ because }) => <span title={because.join('; ')}>{because.join('; ')}</span>,
          },
        ]}
      />
    </section>
  );
}

function WorkTable({ tools, plan, timeZone }: PlanProps & { readonly timeZone: string }) {
  const { DataTable, Empty, Mark } = tools.parts;
  return (
    <section className="d-section d-short" aria-label="The same as a table">
      <h2>The same as a table</h2>
      <DataTable<PlannedWork>
        label="Planned work"
        rows={plan.work}
        rowKey={({ assetId, windowId, startsAt }) => `${assetId} ${windowId} ${startsAt}`}
        empty={
          <Empty title="Nothing is planned">
            Nothing has to be patched, or nothing has a place: see above what has none, and add a window.
          </Empty>
        }
        columns={[
          {
            key: 'asset',
            title: 'Machine',
            width: 'minmax(8rem, 1fr)',
            render: ({ assetName }) => assetName,
          },
          { key: 'environment', title: 'In', width: '4rem', render: ({ environment }) => environment },
          {
            key: 'when',
            title: 'When',
            width: '15rem',
            render: ({ startsAt, endsAt }) => spanIn(startsAt, endsAt, timeZone),
          },
          {
            key: 'window',
            title: 'Window',
            width: 'minmax(8rem, 1fr)',
            render: ({ windowName }) => windowName,
          },
          {
            key: 'decision',
            title: 'Decision',
            width: '9rem',
            render: ({ decision }) => <Mark {...ofDecision(decision)} />,
          },
          {
            key: 'due',
            title: 'Due',
            width: '14rem',
            render: ({ dueAt, isLate }) => (
              <>
                {instantIn(dueAt, timeZone)} {isLate ? <span className="d-late">late</span> : null}
              </>
            ),
          },
          { key: 'reboot', title: 'Reboot', width: '5rem', render: ({ reboots }) => (reboots ? 'yes' : '') },
          {
            key: 'packages',
            title: 'Packages',
            width: 'minmax(8rem, 1fr)',
            render: ({ packages }) => packages.join(', '),
          },
          {
            key: 'job',
            title: 'Job',
            width: '4rem',
            render: ({ jobId, assetName }) =>
              jobId === null ? (
                ''
              ) : (
                <a
                  href={`/t/${tools.tenantId}/patch-jobs?job=${jobId}`}
                  aria-label={`open the job of ${assetName}`}
                >
                  open
                </a>
              ),
          },
        ]}
      />
    </section>
  );
}
