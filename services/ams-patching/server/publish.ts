/** A plan becomes jobs; what nobody approved of the plan before is over. */
import { randomUUID } from 'node:crypto';
import type { PatchNeed } from '@demarc/platform/contract/patching';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import type { JobDetail, ShownPlan } from '../api.ts';
import { patchingErrors } from '../errors.ts';
import { Name } from '../run/job.ts';
import { partyOf } from './duty.ts';
import { openNeeds } from './gather.ts';
import { noteState, type PlannedJob, whoOf } from './jobs.ts';
import { type Asked, accountOf } from './kept.ts';
import type { KeptWork } from './kept-plan.ts';
import { decisionOf, dueOf } from './needed.ts';
import { giveOrders } from './orders.ts';
import { type PlanRow, planOf } from './plans.ts';

/** As many as one job may have. */
const WANTED_MAX = 500;
const FINDINGS_MAX = 10_000;

interface NewJob {
  readonly id: string;
  readonly work: KeptWork;
  readonly planned: PlannedJob;
}

/** @throws PATCH_PLAN_UNKNOWN, PATCH_PLAN_REFUSES, PATCH_NEEDS_UNKNOWN */
export async function publishPlan(
  context: ServerRoomContext,
  tenant: TenantScope,
  planId: string,
  because: string,
  asked: Asked,
): Promise<ShownPlan> {
  const by = whoOf(accountOf(asked), partyOf(asked));
  // What was fixed since, or approved of the plan before, is nobody's job any more.
  const open = new Set((await openNeeds(context, tenant)).map(({ findingId }) => findingId));
  await context.inTenant(tenant, async (db) => {
    await sql`SELECT pg_advisory_xact_lock(hashtext(${`patching publish ${tenant.tenantId}`}))`.execute(db);
    const { rows } = await sql<PlanRow>`SELECT * FROM amp_plan WHERE plan_id = ${planId}`.execute(db);
    const [row] = rows;
    if (row === undefined) throw patchingErrors.make('PATCH_PLAN_UNKNOWN', { id: planId });
    const nowMs = context.now();
    const begun = row.plan.work.find(({ opensAt }) => Date.parse(opensAt) <= nowMs);
    const refuses = (why: string): Error => patchingErrors.make('PATCH_PLAN_REFUSES', { because: why });
    if (row.state !== 'draft') throw refuses(`it is ${row.state} already`);
    if (begun !== undefined)
      throw refuses(`its window ${begun.windowName} of ${begun.opensAt} has opened already`);
    await supersede(db, tenant, by, nowMs);
    const published = { ...by, atMs: nowMs, because };
    await sql`UPDATE amp_plan SET state = 'published', published = ${JSON.stringify(published)}::jsonb
      WHERE plan_id = ${planId}`.execute(db);
    // An approval may have come in between.
    const taken = await approvedFindings(db);
    const stillOpen = new Set([...open].filter((id) => !taken.has(id)));
    for (const job of row.plan.work.flatMap((work) => jobsOf(work, stillOpen, by)))
      await insert(db, tenant, planId, job, nowMs);
  });
  await giveOrders(context, tenant);
  return planOf(context, tenant, planId);
}

async function supersede(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  by: JobDetail['requestedBy'],
  nowMs: number,
): Promise<void> {
  await sql`UPDATE amp_plan SET state = 'superseded' WHERE state = 'published'`.execute(db);
  const because = 'A newer plan was published before anybody approved it.';
  const { rows } = await sql<{ readonly job_id: string }>`UPDATE amp_job SET state = 'cancelled',
      state_because = ${because}, state_at_ms = greatest(${nowMs}::int8, state_at_ms + 1),
      undo_order_id = coalesce(order_id, undo_order_id), order_kind = NULL, order_id = NULL
    WHERE state IN ('resolving', 'proposed', 'held') RETURNING job_id`.execute(db);
  for (const { job_id } of rows) await noteState(db, tenant, job_id, { to: 'cancelled', because, by }, nowMs);
}

async function approvedFindings(db: Kysely<AnyDatabase>): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ readonly id: string }>`SELECT DISTINCT finding->>'findingId' AS id
    FROM amp_job, jsonb_array_elements(planned->'findings') AS finding
    WHERE state IN ('waiting', 'running')`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Several only where one document has no room for all, or a machine has more than one package manager. */
function jobsOf(
  work: KeptWork,
  open: ReadonlySet<string>,
  requestedBy: JobDetail['requestedBy'],
): readonly NewJob[] {
  const needs = work.changes
    .flatMap((change) => change.needs)
    .filter((need) => open.has(need.findingId) && Name.safeParse(need.package).success);
  return [...Map.groupBy(needs, ({ manager }) => manager).values()].flatMap((some) => {
    const parts: PatchNeed[][] = [[]];
    const keys = new Set<string>();
    for (const need of some.toSorted((a, b) => (a.package < b.package ? -1 : 1))) {
      const key = wantedKey(need);
      if (!keys.has(key) && keys.size > 0 && keys.size % WANTED_MAX === 0) parts.push([]);
      keys.add(key);
      parts.at(-1)?.push(need);
    }
    return parts.flatMap((part) => {
      const [first] = part;
      return first === undefined
        ? []
        : [{ id: randomUUID(), work, planned: plannedOf(work, part, first.manager, requestedBy) }];
    });
  });
}

const wantedKey = ({ package: name, arch = '', fixedIn }: PatchNeed): string =>
  `${name}\n${arch}\n${fixedIn}`;

function plannedOf(
  work: KeptWork,
  needs: readonly PatchNeed[],
  manager: PatchNeed['manager'],
  requestedBy: JobDetail['requestedBy'],
): PlannedJob {
  const wanted = [...Map.groupBy(needs, wantedKey).values()].flatMap((some) =>
    some.slice(0, 1).map(({ package: name, arch, fixedIn }) => ({
      name,
      ...(arch === undefined ? {} : { arch }),
      fixedIn,
      needsReboot: some.some(({ needsReboot }) => needsReboot),
    })),
  );
  return {
    assetName: work.assetName,
    windowId: work.windowId,
    windowName: work.windowName,
    startsAtMs: Date.parse(work.startsAt),
    minutes: Math.ceil((Date.parse(work.endsAt) - Date.parse(work.startsAt)) / 60_000),
    decision: decisionOf(needs),
    dueAtMs: dueOf(needs),
    manager,
    wanted,
    installed: Object.fromEntries(needs.map((need) => [need.package, need.installed])),
    findings: needs
      .map(({ findingId, vulnerability, package: name }) => ({ findingId, vulnerability, package: name }))
      .slice(0, FINDINGS_MAX),
    requestedBy,
  };
}

async function insert(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  planId: string,
  { id, work, planned }: NewJob,
  nowMs: number,
): Promise<void> {
  const because = 'The machine is asked which versions its repositories have.';
  await sql`INSERT INTO amp_job (tenant_id, job_id, plan_id, asset_id, opens_at_ms, closes_at_ms, state, state_because,
      state_at_ms, planned, order_kind)
    VALUES (${tenant.tenantId}, ${id}, ${planId}, ${work.assetId}, ${Date.parse(work.opensAt)},
      ${Date.parse(work.closesAt)}, 'resolving', ${because}, ${nowMs}, ${JSON.stringify(planned)}::jsonb,
      'patch-resolve')`.execute(db);
  await noteState(db, tenant, id, { to: 'resolving', because, by: planned.requestedBy }, nowMs);
}
