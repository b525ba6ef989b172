/** What a plan is made of: what is needed, the machines, windows and freezes, and how it was before. */
import type { PatchNeed } from '@demarc/platform/contract/patching';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import { patchingErrors } from '../errors.ts';
import type { Store } from './kept.ts';
import { type KeptPlan, LISTED_MAX } from './kept-plan.ts';
import { machinesOf } from './machines.ts';
import type { Gathered } from './needed.ts';
import { settingsOf } from './settings.ts';
import { freezesInForce, windowsInForce } from './windows.ts';

const DAY_MS = 86_400_000;
const HORIZON_DAYS_MAX = 90;
const HISTORY_MAX = 5_000;

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

export async function gather(
  context: ServerRoomContext,
  tenant: TenantScope,
  to?: string,
): Promise<Gathered> {
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
