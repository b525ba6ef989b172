/** Plans of a tenant: made beside the server, kept as they were shown, and compared with what might be. */
import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '@demarc/platform/canonical';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import { DemarcError } from '@demarc/platform/errors';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import {
  type MakePlan,
  PLANS_MAX,
  type PlanList,
  type ShownPlan,
  type WhatIf,
  type WhatIfReply,
} from '../api.ts';
import { patchingErrors } from '../errors.ts';
import { type Plan, planErrors } from '../plan/plan.ts';
import { gather } from './gather.ts';
import { type Account, instant, type Store } from './kept.ts';
import { type KeptPlan, keptPlan, wordsFor } from './kept-plan.ts';
import { type Drawn, drawn, type Gathered } from './needed.ts';
import { planner } from './planner.ts';
import type { KeptWindow } from './windows.ts';

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

type Summary = PlanList['plans'][number];
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
  const names = await namesOf(context, tenant);
  const plan = await planned(context, tenant, draft, seconds, wordsFor(draft, gathered, names));
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
  const names = await namesOf(context, tenant);
  const sides = [];
  for (const each of [gathered, asked]) {
    const draft = drawn(each);
    sides.push(countsOf(await planned(context, tenant, draft, seconds, wordsFor(draft, each, names)), draft));
  }
  const [asIs, asAsked] = sides;
  if (asIs === undefined || asAsked === undefined) throw new Error('there are two sides');
  return { asIs, asAsked };
}

/** What is wrong with the input is said with the names of machines. */
async function planned(
  { log }: Pick<ServerRoomContext, 'log'>,
  tenant: TenantScope,
  { input }: Drawn,
  seconds: number,
  inWords: (text: string) => string,
): Promise<Plan> {
  if (input === undefined) return NOTHING;
  try {
    return await planner.plan(tenant, { input, seconds });
  } catch (error) {
    if (!(error instanceof DemarcError)) throw error;
    // Its next step is to read the log.
    if (error.code === 'PATCH_PLAN_FAILED') log('no plan was made', error.cause);
    if (error.code !== 'PLAN_INPUT_INVALID') throw error;
    throw planErrors.make(
      'PLAN_INPUT_INVALID',
      { because: inWords(String(error.details['because'])) },
      { cause: error },
    );
  }
}

const countsOf = (plan: Plan, { changes, outside }: Drawn): WhatIfReply['asIs'] => ({
  placedCount: changes.length - plan.unplaced.length,
  lateCount: plan.late.length,
  unplacedCount: plan.unplaced.length + outside.length,
  objective: plan.objective,
});

async function namesOf(
  context: ServerRoomContext,
  tenant: TenantScope,
): Promise<ReadonlyMap<string, string>> {
  return new Map((await context.machines(tenant)).map(({ assetId, name }) => [assetId, name]));
}

const summaryOf = ({ plan_id, state, made_at_ms, summary, published }: Omit<PlanRow, 'plan'>): Summary => ({
  id: plan_id,
  state,
  madeAt: instant(made_at_ms),
  ...summary,
  publishedAt: published === null ? null : instant(published.atMs),
  publishedBy: published?.name ?? null,
});
