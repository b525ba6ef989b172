/** What happens to jobs without anybody doing anything: machines answer, time goes by, others fail, duties move. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { OrderState } from '@demarc/platform/contract/orders';
import { readEvents, type ServerRoomContext } from '@demarc/platform/contract/server';
import { REMEDIATION_ACTIVITY } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type RawBuilder, sql } from 'kysely';
import { type Job, type Move, move, PLATFORM } from './jobs.ts';
import { giveOrders, isMoved } from './orders.ts';
import { settingsOf } from './settings.ts';
import { jobIdOf, rankOf, takeTold, toldIn } from './told.ts';
import { verifyJobs } from './verify.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A machine's clock may be ahead, or behind. */
const SKEW_MS = HOUR_MS;
const LOOK_BACK_MS = 30 * DAY_MS;
/** After a window news of its jobs are taken for so long: of machines that were out of reach. */
const LATE_NEWS_MS = 7 * DAY_MS;
/** A machine that began within its window says so by then. */
const NEWS_MS = 10 * MINUTE_MS;
/** What was begun may take longer than its window: half a system is worse than a late one. */
const RUNNING_MS = 3 * HOUR_MS;
const PAGE = 200;
const PAGES_MAX = 10;
const MACHINES_PER_ROUND_MAX = 250;
const JOBS_PER_ROUND_MAX = 500;
/** Each is a question of its own. */
const ORDERS_PER_ROUND_MAX = 100;

/** Of one tenant, while the server runs: machines whose news may not have been read, and whose turn it is. */
interface Unread {
  counted: string | undefined;
  readonly assetIds: Set<string>;
  /** The job whose duty was looked at last; empty at the beginning of a turn. */
  dutiesAfter: string;
}
const unread = new WeakMap<ServerRoomContext, Map<string, Unread>>();

export async function followJobs(context: ServerRoomContext, tenant: TenantScope): Promise<void> {
  await giveOrders(context, tenant);
  const machines = await machinesToHear(context, tenant);
  if (machines.size > 0) await hear(context, tenant, machines);
  await lookAtOrders(context, tenant);
  await letTimeGoBy(context, tenant);
  await holdOthers(context, tenant);
  await lookAtDuties(context, tenant);
  await verifyJobs(context, tenant);
  await giveOrders(context, tenant);
}

async function jobsWhere(
  { inTenant }: Pick<ServerRoomContext, 'inTenant'>,
  tenant: TenantScope,
  where: RawBuilder<unknown>,
  max = JOBS_PER_ROUND_MAX,
): Promise<readonly Job[]> {
  const { rows } = await inTenant(tenant, (db) =>
    sql<Job>`SELECT * FROM amp_job WHERE ${where} ORDER BY opens_at_ms, job_id LIMIT ${max}`.execute(db),
  );
  return rows;
}

interface Heard {
  readonly sinceMs: number;
}

/** By asset: since when something may have come of its jobs. */
async function machinesToHear(
  context: ServerRoomContext,
  tenant: TenantScope,
): Promise<ReadonlyMap<string, Heard>> {
  const nowMs = context.now();
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<{ readonly asset_id: string; readonly since: number }>`SELECT asset_id,
        min(coalesce((approval->>'atMs')::int8, state_at_ms)) AS since
      FROM amp_job WHERE state IN ('resolving', 'waiting', 'running', 'going-back')
        OR (document IS NOT NULL AND closes_at_ms > ${nowMs - LATE_NEWS_MS}
          AND (state IN ('missed', 'held', 'proposed', 'declined', 'cancelled') OR (state = 'ended' AND result = 'refused')))
      GROUP BY asset_id LIMIT 50000`.execute(db),
  );
  const earliestMs = nowMs - LOOK_BACK_MS;
  return new Map(
    rows.map(({ asset_id, since }) => [asset_id, { sinceMs: Math.max(earliestMs, since - SKEW_MS) }]),
  );
}

/** One question for all machines first: most of the time none of them has said anything. */
async function hear(
  context: ServerRoomContext,
  tenant: TenantScope,
  machines: ReadonlyMap<string, Heard>,
): Promise<void> {
  const nowMs = context.now();
  const known = unreadOf(context, tenant);
  // From the beginning of a day on: within it the count moves only with what comes.
  const fromMs = Math.floor((nowMs - LOOK_BACK_MS) / DAY_MS) * DAY_MS;
  const { matchedCount } = await context.searchEvents(tenant, {
    fromMs,
    toMs: nowMs + DAY_MS,
    classUids: [REMEDIATION_ACTIVITY],
    limit: 1,
  });
  const counted = `${fromMs} ${matchedCount}`;
  if (known.counted !== counted) for (const assetId of machines.keys()) known.assetIds.add(assetId);
  known.counted = counted;
  for (const assetId of [...known.assetIds].slice(0, MACHINES_PER_ROUND_MAX)) {
    // At the end of the queue, should it fail.
    known.assetIds.delete(assetId);
    const since = machines.get(assetId);
    if (since === undefined) continue;
    try {
      await hearMachine(context, tenant, assetId, since.sinceMs);
    } catch (error) {
      known.assetIds.add(assetId);
      context.log(`what ${assetId} said of its jobs could not be taken in`, error);
    }
  }
}

function unreadOf(context: ServerRoomContext, { tenantId }: TenantScope): Unread {
  const tenants = unread.get(context) ?? new Map<string, Unread>();
  unread.set(context, tenants);
  const known = tenants.get(tenantId) ?? { counted: undefined, assetIds: new Set<string>(), dutiesAfter: '' };
  tenants.set(tenantId, known);
  return known;
}

async function hearMachine(
  context: ServerRoomContext,
  tenant: TenantScope,
  assetId: string,
  sinceMs: number,
): Promise<void> {
  const events: OcsfEvent[] = [];
  const toMs = context.now() + SKEW_MS;
  const query = { fromMs: sinceMs, toMs, classUids: [REMEDIATION_ACTIVITY], assetId, limit: PAGE };
  await readEvents(context, tenant, query, PAGES_MAX, (event) => events.push(event));
  // Of what comes within one millisecond a job is begun before it goes on.
  const told = events
    .flatMap((event) => {
      const said = toldIn(event);
      return said === undefined ? [] : [{ said, time: event.time }];
    })
    .toSorted((one, other) => one.time - other.time || rankOf(one.said) - rankOf(other.said))
    .map(({ said }) => said);
  const ids = [...new Set(told.map(jobIdOf))];
  if (ids.length === 0) return;
  // Only of its own: a machine says nothing about another's.
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<{ readonly job_id: string }>`SELECT job_id FROM amp_job
      WHERE asset_id = ${assetId} AND job_id IN (${sql.join(ids)})`.execute(db),
  );
  const own = new Set(rows.map(({ job_id }) => job_id));
  for (const each of told) if (own.has(jobIdOf(each))) await takeTold(context, tenant, jobIdOf(each), each);
}

/** A machine that refuses an order says so there, and may say nothing else. */
async function lookAtOrders(context: ServerRoomContext, tenant: TenantScope): Promise<void> {
  const jobs = await jobsWhere(
    context,
    tenant,
    sql`state IN ('resolving', 'waiting', 'going-back') AND order_id IS NOT NULL`,
    ORDERS_PER_ROUND_MAX,
  );
  for (const job of jobs) {
    const order = await orderStateOf(context, tenant, job);
    if (order?.state !== 'refused') continue;
    const to = job.state === 'resolving' ? 'cancelled' : job.state === 'waiting' ? 'missed' : 'ended';
    await byItself(context, tenant, job, { to, because: `The machine refused: ${order.because}` });
  }
}

async function orderStateOf(
  context: ServerRoomContext,
  tenant: TenantScope,
  { order_id }: Job,
): Promise<OrderState | undefined> {
  try {
    return order_id === null ? undefined : await context.orderState(tenant, order_id);
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'API_NOT_FOUND') return undefined;
    throw error;
  }
}

const byItself = (
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  to: Pick<Move, 'to' | 'because'>,
): Promise<Job | undefined> =>
  move(context, tenant, job.job_id, { states: [job.state], atMs: job.state_at_ms }, { ...to, by: PLATFORM });

async function letTimeGoBy(context: ServerRoomContext, tenant: TenantScope): Promise<void> {
  const nowMs = context.now();
  const over = await jobsWhere(
    context,
    tenant,
    sql`(state = 'resolving' AND opens_at_ms <= ${nowMs})
      OR (state IN ('proposed', 'held') AND closes_at_ms <= ${nowMs})
      OR (state = 'waiting' AND closes_at_ms <= ${nowMs - NEWS_MS})
      OR (state = 'running' AND closes_at_ms <= ${nowMs - RUNNING_MS})
      OR (state = 'going-back' AND state_at_ms <= ${nowMs - RUNNING_MS})`,
  );
  for (const job of over) {
    const order = await orderStateOf(context, tenant, job);
    const said =
      order === undefined
        ? `it was handed no order. ${job.state_because}`
        : `its order is ${order.state}: ${order.because}`;
    const because = {
      resolving: `Its window opened before the machine said which versions it can have; ${said}`,
      proposed: 'Its window is over, and nobody approved it.',
      held: 'Its window is over, and nobody approved it again.',
      waiting: `Its window is over, and the machine did not say that it began; ${said}`,
      running: `It was begun, and the machine did not say how it ended; ${said}`,
      'going-back': `The machine did not say that it was taken back; ${said}`,
    }[job.state as 'resolving' | 'proposed' | 'held' | 'waiting' | 'running' | 'going-back'];
    await byItself(context, tenant, job, { to: job.state === 'going-back' ? 'ended' : 'missed', because });
  }
}

/** Where so many of a plan failed, the others wait until somebody has looked at why. */
async function holdOthers(context: ServerRoomContext, tenant: TenantScope): Promise<void> {
  const { rows } = await context.inTenant(tenant, (db) =>
    sql<{ readonly plan_id: string; readonly failed: number }>`SELECT job.plan_id, count(*) AS failed
      FROM amp_job AS job JOIN amp_plan AS plan ON plan.plan_id = job.plan_id
      WHERE job.result IN ('failed', 'partly', 'refused') AND job.ended_at_ms > plan.held_at_ms
        AND EXISTS (SELECT 1 FROM amp_job AS other WHERE other.plan_id = job.plan_id AND other.state = 'waiting')
      GROUP BY job.plan_id`.execute(db),
  );
  if (rows.length === 0) return;
  const { settings } = await settingsOf(context, tenant);
  for (const { plan_id, failed } of rows) {
    if (failed < settings.hostErrorThreshold) continue;
    const nowMs = context.now();
    const because = `${failed} jobs of the plan failed: look at them, then approve it again.`;
    const waiting = await jobsWhere(context, tenant, sql`state = 'waiting' AND plan_id = ${plan_id}`, 20_000);
    for (const job of waiting)
      await move(
        context,
        tenant,
        job.job_id,
        { states: ['waiting'], atMs: job.state_at_ms },
        {
          to: 'held',
          because,
          by: PLATFORM,
          approval: null,
        },
      );
    // After them: were it before, a crash in between would let them go on.
    await context.inTenant(tenant, (db) =>
      sql`UPDATE amp_plan SET held_at_ms = ${nowMs} WHERE plan_id = ${plan_id}`.execute(db),
    );
  }
}

/** As long as it has not begun, who approved it must have the duty still. */
async function lookAtDuties(context: ServerRoomContext, tenant: TenantScope): Promise<void> {
  const known = unreadOf(context, tenant);
  const { rows: waiting } = await context.inTenant(tenant, (db) =>
    sql<Job>`SELECT * FROM amp_job
      WHERE state = 'waiting' AND (planned->>'startsAtMs')::int8 > ${context.now()} AND job_id > ${known.dutiesAfter}
      ORDER BY job_id LIMIT ${JOBS_PER_ROUND_MAX}`.execute(db),
  );
  // The others in the next rounds, and then all again.
  known.dutiesAfter = waiting.length < JOBS_PER_ROUND_MAX ? '' : (waiting.at(-1)?.job_id ?? '');
  for (const job of waiting) await isMoved(context, tenant, job);
}
