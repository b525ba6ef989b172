/** Jobs as they are shown: a page of them, and one with everything. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type RawBuilder, sql } from 'kysely';
import type { JobDetail, JobRow, JobsPage, JobsQuery, PatchingSettings } from '../api.ts';
import { patchingErrors } from '../errors.ts';
import { MAY, packagesOf, selfApproval } from './acts.ts';
import { mayNot, ownerOf } from './duty.ts';
import { type Job, type JobState, jobOf } from './jobs.ts';
import { type Asked, instant } from './kept.ts';
import { settingsOf } from './settings.ts';

const HISTORY_MAX = 200;
const PACKAGES_MAX = 500;

/** @throws PATCH_CURSOR_INVALID */
export async function listJobs(
  context: ServerRoomContext,
  tenant: TenantScope,
  { state, assetId, planId, limit, cursor }: JobsQuery,
  asked: Asked,
): Promise<JobsPage> {
  const after = cursor === undefined ? undefined : placeOfCursor(cursor);
  const of = sql`(${assetId ?? null}::text IS NULL OR asset_id = ${assetId ?? null})
    AND (${planId ?? null}::text IS NULL OR plan_id = ${planId ?? null})`;
  const below: RawBuilder<unknown> =
    after === undefined
      ? sql`TRUE`
      : sql`(opens_at_ms, job_id) < (${after.opensAtMs}::int8, ${after.id}::text)`;
  const { rows, counts } = await context.inTenant(tenant, async (db) => ({
    rows: (
      await sql<Job>`SELECT * FROM amp_job
        WHERE ${of} AND (${state ?? null}::text IS NULL OR state = ${state ?? null}) AND ${below}
        ORDER BY opens_at_ms DESC, job_id DESC LIMIT ${limit + 1}`.execute(db)
    ).rows,
    counts: (
      await sql<{ readonly state: JobState; readonly n: number }>`SELECT state, count(*) AS n FROM amp_job
        WHERE ${of} GROUP BY state`.execute(db)
    ).rows,
  }));
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const show = await shower(context, tenant, asked);
  const jobs: JobRow[] = [];
  for (const job of page) jobs.push(await show(job));
  const byState = Object.fromEntries(counts.map(({ state: each, n }) => [each, n])) as JobsPage['byState'];
  const total = counts.reduce((sum, { n }) => sum + n, 0);
  return {
    jobs,
    nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
    matchedCount: state === undefined ? total : (byState[state] ?? 0),
    byState,
  };
}

/** @throws PATCH_JOB_UNKNOWN */
export async function showJob(
  context: ServerRoomContext,
  tenant: TenantScope,
  id: string,
  asked: Asked,
): Promise<JobDetail> {
  const job = await jobOf(context, tenant, id);
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<{
      readonly at_ms: number;
      readonly state: JobState;
      readonly by_name: string;
      readonly because: string;
    }>`
      SELECT * FROM (SELECT number, at_ms, state, by_name, because FROM amp_history
        WHERE job_id = ${id} ORDER BY number DESC LIMIT ${HISTORY_MAX}) AS latest ORDER BY number`.execute(
      db,
    ),
  );
  const show = await shower(context, tenant, asked);
  const { approval, outcome, taken_back, resolution, planned } = job;
  return {
    ...(await show(job)),
    packages: shownPackages(job).slice(0, PACKAGES_MAX),
    missing: resolution?.missing ?? [],
    findings: await shownFindings(context, tenant, job),
    requestedBy: planned.requestedBy,
    approval: approval && { by: approval.by, at: instant(approval.atMs), because: approval.because },
    outcome,
    takenBack: taken_back,
    history: rows.map(({ at_ms, state, by_name, because }) => ({
      at: instant(at_ms),
      state,
      by: by_name,
      because,
    })),
  };
}

function shownPackages(job: Job): JobDetail['packages'] {
  const { wanted, installed } = job.planned;
  const names = new Set(wanted.map(({ name }) => name));
  if (job.resolution !== null)
    return packagesOf(job).map((item) => ({ ...item, isNeededOnly: !names.has(item.name) }));
  return [...names].map((name) => {
    const same = wanted.filter((each) => each.name === name);
    return {
      name,
      arch: same[0]?.arch ?? '',
      from: installed[name] ?? null,
      to: null,
      needsReboot: same.some(({ needsReboot }) => needsReboot),
      isNeededOnly: false,
    };
  });
}

async function shownFindings(
  context: ServerRoomContext,
  tenant: TenantScope,
  { asset_id: assetId, planned: { findings } }: Job,
): Promise<JobDetail['findings']> {
  const asked = [{ assetId, findingIds: findings.map(({ findingId }) => findingId) }];
  const [state] = (await context.use('findings-state')?.(tenant, asked)) ?? [];
  const open = new Set(state?.openFindingIds);
  return findings.map(({ findingId, vulnerability }) => ({
    findingId,
    vulnerability,
    isStillOpen: state === undefined ? null : open.has(findingId),
  }));
}

async function shower(
  context: ServerRoomContext,
  tenant: TenantScope,
  asked: Asked,
): Promise<(job: Job) => Promise<JobRow>> {
  const { settings } = await settingsOf(context, tenant);
  const owners = new Map<string, string | null>();
  return async (job) => {
    const { asset_id: assetId, planned } = job;
    if (!owners.has(assetId)) owners.set(assetId, await ownerOf(context, tenant, assetId));
    const party = owners.get(assetId) ?? null;
    const mayNotBecause = whyNot(job, party, asked, settings, context.now());
    return {
      id: job.job_id,
      planId: job.plan_id,
      assetId,
      assetName: planned.assetName,
      windowName: planned.windowName,
      opensAt: instant(job.opens_at_ms),
      closesAt: instant(job.closes_at_ms),
      state: job.state,
      stateBecause: job.state_because,
      stateAt: instant(job.state_at_ms),
      result: job.result,
      verification: job.verification,
      decision: planned.decision,
      dueAt: instant(planned.dueAtMs),
      packageCount: shownPackages(job).length,
      findingCount: planned.findings.length,
      party,
      rebootOwed: job.outcome?.reboot.owed === true,
      progress: job.state === 'running' ? job.progress : null,
      mayApprove: mayNotBecause === null,
      mayNotBecause,
    };
  };
}

function whyNot(
  job: Job,
  party: string | null,
  asked: Asked,
  settings: PatchingSettings,
  nowMs: number,
): string | null {
  const isIn = (states: readonly JobState[]): boolean => states.includes(job.state);
  const mayBack =
    isIn(MAY['roll-back']) && job.result !== 'refused' && (job.document?.rollback.untilMs ?? 0) > nowMs;
  if (!isIn(MAY.cancel) && !mayBack) return `it is ${job.state}`;
  const because = mayNot(party, asked);
  if (because !== undefined) return because;
  return isIn(MAY.approve) ? (selfApproval(job, asked, settings) ?? null) : null;
}

const cursorOf = ({ opens_at_ms, job_id }: Job): string =>
  Buffer.from(`${opens_at_ms}.${job_id}`).toString('base64url');

function placeOfCursor(cursor: string): { readonly opensAtMs: number; readonly id: string } {
  const [, opensAt, id] =
    /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (opensAt === undefined || id === undefined)
    throw patchingErrors.make('PATCH_CURSOR_INVALID', { cursor });
  return { opensAtMs: Number(opensAt), id };
}
