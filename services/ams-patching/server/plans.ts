/** Plans of a tenant: made beside the server, kept as they were shown, and compared with what might be. */
import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/canonical';
import type { PatchNeed } from '@demarc/platform/contract/patching';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import {
  type MakePlan,
  PLANS_MAX,
  type PlanList,
  type PlannedWork,
  type ShownPlan,
  type WhatIf,
  type WhatIfReply,
} from '../api.ts';
import { patchingErrors } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { type Account, instant, type Store } from './kept.ts';
import { environmentOf, type Machine, machinesOf } from './machines.ts';
import {
  type Drawn,
  decisionOf,
  drawn,
  dueOf,
  type Gathered,
  type NeededChange,
  packagesOf,
} from './needed.ts';
import { planner } from './planner.ts';
import { settingsOf } from './settings.ts';
import { freezesInForce, type KeptWindow, windowsInForce } from './windows.ts';

const DAY_MS = 86_400_000;
const HORIZON_DAYS_MAX = 90;
const NAMED_MAX = 1_000;
const LISTED_MAX = 20_000;
const HISTORY_MAX = 5_000;
const NOTHING: Plan = {
  slots: [],
  unplaced: [],
  late: [],
  objective: { breaches: 0, risk: 0, effort: 0, churn: 0 },
  bound: {},
  gap: {},
  by: 'heuristic',
  violations: [],
};

/** Of one piece of work, what a job is made of. */
export interface KeptWork extends Omit<PlannedWork, 'jobId'> {
  readonly changes: readonly { readonly id: string; readonly needs: readonly PatchNeed[] }[];
}
type Summary = PlanList['plans'][number];
export interface KeptPlan {
  readonly work: readonly KeptWork[];
  readonly unplaced: ShownPlan['unplaced'];
  readonly bound: ShownPlan['bound'];
  readonly gap: ShownPlan['gap'];
  readonly by: ShownPlan['by'];
  readonly violations: readonly string[];
}
export interface PlanRow {
  readonly plan_id: string;
  readonly state: Summary['state'];
  readonly made_at_ms: number;
  readonly summary: Omit<Summary, 'id' | 'state' | 'madeAt' | 'publishedAt' | 'publishedBy'>;
  readonly plan: KeptPlan;
  readonly published: {
    readonly accountId: string;
    readonly name: string;
    readonly party: string;
    readonly atMs: number;
    readonly because: string;
  } | null;
}

/** @throws PATCH_NEEDS_UNKNOWN, PATCH_PLANNER_BUSY, PATCH_PLAN_FAILED, PLAN_INPUT_INVALID */
export async function makePlan(
  context: ServerRoomContext,
  tenant: TenantScope,
  { seconds, to }: MakePlan,
  by: Account,
): Promise<ShownPlan> {
  const gathered = await gather(context, tenant, to);
  const draft = drawn(gathered);
  const plan =
    draft.input === undefined ? NOTHING : await planner.plan(tenant, { input: draft.input, seconds });
  const names = await namesOf(context, tenant);
  const kept = keptPlan(plan, draft, gathered, names);
  const summary: PlanRow['summary'] = {
    madeBy: by.name,
    from: instant(gathered.fromMs),
    to: instant(gathered.toMs),
    machineCount: new Set(draft.changes.map(({ assetId }) => assetId)).size,
    changeCount: draft.changes.length,
    ...countsOf(plan, draft),
  };
  const id = randomUUID();
  const digest = createHash('sha256')
    .update(canonicalJson(draft.input ?? null))
    .digest('hex');
  await context.inTenant(tenant, async (db) => {
    await sql`INSERT INTO amp_plan (tenant_id, plan_id, state, made_at_ms, input_digest, summary, plan)
      VALUES (${tenant.tenantId}, ${id}, 'draft', ${context.now()}, ${digest},
        ${JSON.stringify(summary)}::jsonb, ${JSON.stringify(kept)}::jsonb)`.execute(db);
    // What was published is evidence; drafts are not.
    await sql`DELETE FROM amp_plan WHERE state = 'draft' AND plan_id IN (SELECT plan_id FROM amp_plan
      WHERE state = 'draft' ORDER BY made_at_ms DESC, plan_id OFFSET ${PLANS_MAX})`.execute(db);
  });
  return planOf(context, tenant, id);
}

/** Published ones first where there is no room for all. */
export async function listPlans(store: Store, tenant: TenantScope): Promise<PlanList> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Omit<PlanRow, 'plan'>>`SELECT plan_id, state, made_at_ms, summary, published FROM amp_plan
      ORDER BY state = 'published' DESC, made_at_ms DESC, plan_id LIMIT ${PLANS_MAX}`.execute(db),
  );
  return { plans: rows.map(summaryOf).toSorted((a, b) => (a.madeAt < b.madeAt ? 1 : -1)) };
}

/** @throws PATCH_PLAN_UNKNOWN */
export async function planOf(store: Store, tenant: TenantScope, id: string): Promise<ShownPlan> {
  const { row, jobs } = await store.inTenant(tenant, async (db) => ({
    row: (await sql<PlanRow>`SELECT * FROM amp_plan WHERE plan_id = ${id}`.execute(db)).rows[0],
    jobs: (
      await sql<{
        readonly job_id: string;
        readonly asset_id: string;
        readonly opens_at_ms: number;
        readonly window_id: string;
      }>`
        SELECT job_id, asset_id, opens_at_ms, planned->>'windowId' AS window_id FROM amp_job
        WHERE plan_id = ${id} ORDER BY job_id DESC`.execute(db)
    ).rows,
  }));
  if (row === undefined) throw patchingErrors.make('PATCH_PLAN_UNKNOWN', { id });
  const jobOf = new Map(
    jobs.map((job) => [`${job.asset_id} ${job.window_id} ${job.opens_at_ms}`, job.job_id]),
  );
  const { work, unplaced, bound, gap, by, violations } = row.plan;
  return {
    ...summaryOf(row),
    work: work.map(({ changes: _changes, ...each }) => ({
      ...each,
      jobId: jobOf.get(`${each.assetId} ${each.windowId} ${Date.parse(each.opensAt)}`) ?? null,
    })),
    unplaced,
    bound,
    gap,
    by,
    violations: [...violations],
  };
}

/** Both sides are planned with the same seconds. @throws PATCH_NEEDS_UNKNOWN, SCHEDULE_INVALID, PATCH_PLANNER_BUSY, PATCH_PLAN_FAILED */
export async function whatIf(
  context: ServerRoomContext,
  tenant: TenantScope,
  { addWindows, withoutWindowIds, addFreezes, seconds }: WhatIf,
): Promise<WhatIfReply> {
  const gathered = await gather(context, tenant);
  const added = addWindows.map((window, index): KeptWindow => ({ id: `asked-${index + 1}`, window }));
  const asked: Gathered = {
    ...gathered,
    windows: [...gathered.windows.filter(({ id }) => !withoutWindowIds.includes(id)), ...added],
    freezes: [
      ...gathered.freezes,
      ...addFreezes.map((freeze, index) => ({ id: `asked-${index + 1}`, freeze })),
    ],
  };
  const sides = [];
  for (const each of [gathered, asked]) {
    const draft = drawn(each);
    const plan =
      draft.input === undefined ? NOTHING : await planner.plan(tenant, { input: draft.input, seconds });
    sides.push(countsOf(plan, draft));
  }
  const [asIs, asAsked] = sides;
  if (asIs === undefined || asAsked === undefined) throw new Error('there are two sides');
  return { asIs, asAsked };
}

const countsOf = (plan: Plan, { changes, outside }: Drawn): WhatIfReply['asIs'] => ({
  placedCount: changes.length - plan.unplaced.length,
  lateCount: plan.late.length,
  unplacedCount: plan.unplaced.length + outside.length,
  objective: plan.objective,
});

/** What is needed now, and not at work already. @throws PATCH_NEEDS_UNKNOWN */
export async function openNeeds(
  context: ServerRoomContext,
  tenant: TenantScope,
): Promise<readonly PatchNeed[]> {
  const needs = await context.use('patch-needs')?.(tenant);
  if (needs === undefined) throw patchingErrors.make('PATCH_NEEDS_UNKNOWN', {});
  const taken = await takenFindings(context, tenant);
  return needs.filter(({ findingId }) => !taken.has(findingId));
}

/** Of jobs that somebody approved: they are on their way, or done and not looked at yet. */
async function takenFindings(store: Store, tenant: TenantScope): Promise<ReadonlySet<string>> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<{ readonly id: string }>`SELECT DISTINCT finding->>'findingId' AS id
      FROM amp_job, jsonb_array_elements(planned->'findings') AS finding
      WHERE state IN ('waiting', 'running', 'going-back') OR (state = 'ended' AND verification = 'awaited')`.execute(
      db,
    ),
  );
  return new Set(rows.map(({ id }) => id));
}

async function gather(context: ServerRoomContext, tenant: TenantScope, to?: string): Promise<Gathered> {
  const fromMs = context.now();
  const needs = await openNeeds(context, tenant);
  const { settings } = await settingsOf(context, tenant);
  const asked = to === undefined ? Number.NaN : Date.parse(to);
  const horizonMs = (Number.isNaN(asked) ? settings.horizonDays : HORIZON_DAYS_MAX) * DAY_MS;
  return {
    settings,
    needs,
    machines: await machinesOf(context, tenant),
    windows: await windowsInForce(context, tenant),
    freezes: await freezesInForce(context, tenant),
    published: await publishedPlaces(context, tenant),
    history: await minutesBefore(context, tenant),
    fromMs,
    toMs: Number.isNaN(asked) ? fromMs + horizonMs : Math.min(asked, fromMs + horizonMs),
  };
}

async function publishedPlaces(store: Store, tenant: TenantScope): Promise<Gathered['published']> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<{ readonly plan: KeptPlan }>`SELECT plan FROM amp_plan WHERE state = 'published' LIMIT 1`.execute(db),
  );
  return (rows[0]?.plan.work ?? [])
    .flatMap(({ changes, windowId, opensAt }) =>
      changes.map(({ id }) => ({ change: id, window: windowId, startsAt: opensAt })),
    )
    .slice(0, LISTED_MAX);
}

/** Minutes for each package of what was done on a machine before; the clock of the machine said how long. */
async function minutesBefore(store: Store, tenant: TenantScope): Promise<ReadonlyMap<string, number>> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<{ readonly asset_id: string; readonly minutes: number }>`SELECT asset_id,
        sum(took_ms)::float8 / 60000 / sum(jsonb_array_length(document->'packages')) AS minutes
      FROM amp_job WHERE result IN ('done', 'partly') AND took_ms IS NOT NULL
      GROUP BY asset_id ORDER BY asset_id LIMIT ${HISTORY_MAX}`.execute(db),
  );
  return new Map(rows.map(({ asset_id, minutes }) => [asset_id, Math.min(60, Math.max(0.1, minutes))]));
}

async function namesOf(
  context: ServerRoomContext,
  tenant: TenantScope,
): Promise<ReadonlyMap<string, string>> {
  return new Map((await context.machines(tenant)).map(({ assetId, name }) => [assetId, name]));
}

function keptPlan(
  plan: Plan,
  { changes, outside, input }: Drawn,
  gathered: Gathered,
  names: ReadonlyMap<string, string>,
): KeptPlan {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const machines = new Map(gathered.machines.map((machine) => [machine.assetId, machine]));
  const windows = new Map(gathered.windows.map(({ id, window }) => [id, window]));
  const nameOf = (assetId: string): string => names.get(assetId) ?? assetId;
  const inWords = wordsFor(byId, nameOf, windows);
  return {
    work: plan.slots
      .flatMap((slot) =>
        slot.blocks.flatMap((block): KeptWork[] => {
          const machine = machines.get(block.host);
          const some = block.changes.flatMap((id) => byId.get(id) ?? []);
          return machine === undefined || some.length === 0
            ? []
            : [workOf(slot, block, some, machine, gathered, windows.get(slot.window)?.name ?? slot.window)];
        }),
      )
      .slice(0, LISTED_MAX),
    unplaced: [
      ...plan.unplaced.flatMap(({ change, because }) => {
        const needs = byId.get(change)?.needs ?? [];
        const assetId = byId.get(change)?.assetId;
        return assetId === undefined
          ? []
          : [unplacedOf(assetId, nameOf(assetId), needs, because.map(inWords))];
      }),
      ...outside.map(({ assetId, needs, because }) => unplacedOf(assetId, nameOf(assetId), needs, [because])),
    ].slice(0, LISTED_MAX),
    bound: plan.bound,
    gap: plan.gap,
    by: plan.by,
    violations: input === undefined ? [] : plan.violations.slice(0, 100).map(inWords),
  };
}

const unplacedOf = (
  assetId: string,
  assetName: string,
  needs: readonly PatchNeed[],
  because: readonly string[],
): ShownPlan['unplaced'][number] => ({
  assetId,
  assetName,
  packages: packagesOf(needs).slice(0, NAMED_MAX),
  dueAt: instant(dueOf(needs)),
  because: [...because].slice(0, 20),
});

function workOf(
  slot: Plan['slots'][number],
  block: Plan['slots'][number]['blocks'][number],
  changes: readonly NeededChange[],
  machine: Machine,
  { settings }: Gathered,
  windowName: string,
): KeptWork {
  const startMs = Date.parse(slot.startsAt);
  const needs = changes.flatMap((change) => change.needs);
  const dueAtMs = dueOf(needs);
  return {
    assetId: machine.assetId,
    assetName: machine.name,
    environment: environmentOf(machine, settings),
    windowId: slot.window,
    windowName,
    opensAt: slot.startsAt,
    closesAt: slot.endsAt,
    startsAt: instant(startMs + block.from * 60_000),
    endsAt: instant(startMs + block.to * 60_000),
    reboots: block.reboots,
    decision: decisionOf(needs),
    dueAt: instant(dueAtMs),
    isLate: Date.parse(slot.endsAt) > dueAtMs,
    packages: packagesOf(needs).slice(0, NAMED_MAX),
    findingCount: needs.length,
    changes: changes.map(({ id, needs: some }) => ({ id, needs: some })),
  };
}

/** A plan speaks of ids; people of names. */
function wordsFor(
  changes: ReadonlyMap<string, NeededChange>,
  nameOf: (assetId: string) => string,
  windows: ReadonlyMap<string, { readonly name: string }>,
): (text: string) => string {
  const ids = /change-[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  return (text) =>
    text
      .replaceAll(ids, (id) => {
        const change = changes.get(id);
        if (change === undefined) return windows.get(id)?.name ?? nameOf(id);
        return `${packagesOf(change.needs).slice(0, 3).join(', ')} on ${nameOf(change.assetId)}`;
      })
      .slice(0, 4_096);
}

const summaryOf = ({ plan_id, state, made_at_ms, summary, published }: Omit<PlanRow, 'plan'>): Summary => ({
  id: plan_id,
  state,
  madeAt: instant(made_at_ms),
  ...summary,
  publishedAt: published === null ? null : instant(published.atMs),
  publishedBy: published?.name ?? null,
});
