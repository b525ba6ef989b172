/** A job that says it is done is believed by nobody: a reading of the machine that is newer says what is gone. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import { type Job, noteState, PLATFORM } from './jobs.ts';
import { doneFindings } from './told.ts';

const PAGE = 200;
const PAGES_MAX = 250;
/** Each has up to 10,000 findings. */
const ASKED_AT_ONCE = 10;
const NAMED_MAX = 5;

/** All of them in each round: those of machines that nobody reads any more must not stand before the others. */
export async function verifyJobs(context: ServerRoomContext, tenant: TenantScope): Promise<void> {
  let after = '';
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { rows } = await context.inTenant(tenant, (db) =>
      sql<Job>`SELECT * FROM amp_job WHERE job_id > ${after} AND ((state = 'ended' AND verification = 'awaited')
          OR (state = 'taken-back' AND told_done_at_ms IS NULL))
        ORDER BY job_id LIMIT ${PAGE}`.execute(db),
    );
    for (const job of rows) if (job.told_done_at_ms === null) await tellDone(context, tenant, job);
    const ended = rows.filter(({ state }) => state === 'ended');
    for (let at = 0; at < ended.length; at += ASKED_AT_ONCE)
      await verify(context, tenant, ended.slice(at, at + ASKED_AT_ONCE));
    const last = rows.at(-1)?.job_id;
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

const findingsOf = (job: Job): readonly string[] =>
  job.outcome === null ? [] : doneFindings(job, job.outcome).map(({ findingId }) => findingId);

/** At least once: told twice, they are looked at twice. */
async function tellDone(context: ServerRoomContext, tenant: TenantScope, job: Job): Promise<void> {
  try {
    await context.use('patch-done')?.(tenant, job.asset_id, findingsOf(job));
  } catch (error) {
    return context.log(`what job ${job.job_id} closed could not be told`, error);
  }
  await context.inTenant(tenant, (db) =>
    sql`UPDATE amp_job SET told_done_at_ms = ${context.now()} WHERE job_id = ${job.job_id}`.execute(db),
  );
}

async function verify(context: ServerRoomContext, tenant: TenantScope, jobs: readonly Job[]): Promise<void> {
  const stateOf = context.use('findings-state');
  if (jobs.length === 0 || stateOf === undefined) return;
  const asked = jobs.map((job) => ({ assetId: job.asset_id, findingIds: findingsOf(job) }));
  const states = new Map((await stateOf(tenant, asked)).map((state) => [state.assetId, state]));
  for (const job of jobs) {
    const state = states.get(job.asset_id);
    // Both by the machine's clock: when it ended, and when what is installed was read.
    if (state?.readAtMs == null || state.readAtMs <= (job.outcome?.endedAtMs ?? Number.POSITIVE_INFINITY))
      continue;
    const open = new Set(state.openFindingIds);
    const still = job.planned.findings.filter(
      ({ findingId }) => open.has(findingId) && findingsOf(job).includes(findingId),
    );
    await verified(
      context,
      tenant,
      job,
      still.map(({ vulnerability }) => vulnerability),
    );
  }
}

async function verified(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  still: readonly string[],
): Promise<void> {
  const nowMs = context.now();
  const named = [...new Set(still)].slice(0, NAMED_MAX).join(', ');
  const because =
    still.length === 0
      ? `A later scan sees none of ${findingsOf(job).length} findings any more.`
      : `A later scan still sees ${still.length} of ${findingsOf(job).length} findings: ${named}.`;
  await context.inTenant(tenant, async (db) => {
    const { rows } =
      await sql`UPDATE amp_job SET verification = ${still.length === 0 ? 'verified' : 'reopened'},
        state_because = ${because}
      WHERE job_id = ${job.job_id} AND state = 'ended' AND verification = 'awaited' RETURNING job_id`.execute(
        db,
      );
    if (rows.length > 0)
      await noteState(db, tenant, job.job_id, { to: 'ended', because, by: PLATFORM }, nowMs);
  });
}
