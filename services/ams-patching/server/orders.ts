/** Orders that stand behind the state of a job: given, and taken back, once the state is written. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import { ownerOf } from './duty.ts';
import { type Job, move, PLATFORM } from './jobs.ts';
import { claim, type Round, roundOf, takeTurn } from './take-turn.ts';

/** In one round of one tenant; the others have their turn in the next. */
const PER_ROUND_MAX = 200;
/** Whoever gives an order has so long: a server that ended meanwhile gave it, or another gives it again. */
const GIVING_MS = 60_000;
const HOUR_SECONDS = 3_600;
/** After its window: for what must be brought to an end then, and for news of it to come. */
const APPLY_GRACE_SECONDS = 2 * HOUR_SECONDS;
const ROLLBACK_SECONDS = 2 * HOUR_SECONDS;

/**
 * A machine that gets the same order twice does it once: the id of the job is what it knows it by. So what a crash left
 * open is given again.
 */
export async function giveOrders(
  context: ServerRoomContext,
  tenant: TenantScope,
  jobId?: string,
): Promise<void> {
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<Job>`SELECT * FROM amp_job
      WHERE ((order_kind IS NOT NULL AND order_id IS NULL AND giving_until_ms < ${context.now()}
          AND not_before_ms <= ${context.now()})
        OR undo_order_id IS NOT NULL) AND (${jobId ?? null}::text IS NULL OR job_id = ${jobId ?? null})
      ORDER BY not_before_ms, opens_at_ms, job_id LIMIT ${PER_ROUND_MAX}`.execute(db),
  );
  const round = roundOf(context, tenant);
  for (const job of rows)
    try {
      if (job.undo_order_id !== null) await takeBack(context, tenant, job);
      if (job.order_kind !== null && job.order_id === null) await give(context, tenant, job, round);
    } catch (error) {
      // Tried again in the next round; meanwhile the job says what it waits for.
      context.log(`the order of job ${job.job_id} could not be given or taken back`, error);
    }
}

async function takeBack(context: ServerRoomContext, tenant: TenantScope, job: Job): Promise<void> {
  const orderId = job.undo_order_id ?? '';
  await withdraw(context, tenant, orderId, job.state_because);
  await context.inTenant(tenant, (db) =>
    sql`UPDATE amp_job SET undo_order_id = NULL
      WHERE job_id = ${job.job_id} AND undo_order_id = ${orderId}`.execute(db),
  );
}

async function withdraw(
  context: ServerRoomContext,
  tenant: TenantScope,
  orderId: string,
  because: string,
): Promise<void> {
  try {
    await context.takeBackOrder(tenant, orderId, 'patching', because.slice(0, 1_000));
  } catch (error) {
    // Its time was over, or somebody took it back.
    if ((error as { readonly code?: string }).code !== 'API_NOT_FOUND') throw error;
  }
}

async function give(context: ServerRoomContext, tenant: TenantScope, job: Job, round: Round): Promise<void> {
  const isApply = job.order_kind === 'patch-apply';
  if (isApply && (await isMoved(context, tenant, job))) return;
  const nowMs = context.now();
  const untilMs = nowMs + GIVING_MS;
  const claimed = isApply
    ? await takeTurn(context, tenant, job, round, untilMs)
    : await context.inTenant(tenant, (db) => claim(db, job, nowMs, untilMs));
  if (claimed === undefined) return;
  const { by, because, what, seconds } = orderOf(job, nowMs);
  // Its window is over: following it says so.
  if (seconds <= 0) return;
  const orderId = await context.giveOrder(tenant, {
    kind: job.order_kind ?? '',
    what,
    by: by.name,
    because,
    assetId: job.asset_id,
    accountId: by.accountId,
    party: by.party,
    seconds,
  });
  const noted = await context.inTenant(tenant, (db) =>
    sql`UPDATE amp_job SET order_id = ${orderId}, order_given_at_ms = ${nowMs}
      WHERE job_id = ${job.job_id} AND state = ${job.state} AND state_at_ms = ${job.state_at_ms}
        AND order_id IS NULL RETURNING job_id`.execute(db),
  );
  // It was cancelled in between.
  if (noted.rows.length === 0) await withdraw(context, tenant, orderId, 'the job is in another state by now');
}

function orderOf(job: Job, nowMs: number) {
  const { planned, approval, document } = job;
  const left = (untilMs: number): number => Math.ceil((untilMs - nowMs) / 1_000);
  if (job.order_kind === 'patch-resolve')
    return {
      by: planned.requestedBy,
      because: `which versions can be had for ${planned.windowName}`,
      what: { jobId: job.job_id, manager: planned.manager, wanted: planned.wanted },
      seconds: left(job.opens_at_ms),
    };
  const by = approval?.by ?? planned.requestedBy;
  const isApply = job.order_kind === 'patch-apply';
  return {
    by,
    because: (isApply ? (approval?.because ?? '') : job.state_because).slice(0, 1_000) || 'it was approved',
    what: { job: document },
    seconds: isApply ? left(job.closes_at_ms) + APPLY_GRACE_SECONDS : ROLLBACK_SECONDS,
  };
}

/** An approval is worth what the duty of who gave it is: when that moved before the machine began, it has to be given anew. */
export async function isMoved(context: ServerRoomContext, tenant: TenantScope, job: Job): Promise<boolean> {
  const owner = await ownerOf(context, tenant, job.asset_id);
  const party = job.approval?.by.party ?? null;
  if (owner === party && owner !== null) return false;
  const moved = await move(
    context,
    tenant,
    job.job_id,
    { states: ['waiting'], atMs: job.state_at_ms },
    {
      to: 'proposed',
      because: `${party ?? 'Nobody'} approved it, and the duty to patch this machine is ${owner === null ? 'nobody’s' : `of ${owner}`} now.`,
      by: PLATFORM,
      approval: null,
    },
  );
  return moved !== undefined;
}
