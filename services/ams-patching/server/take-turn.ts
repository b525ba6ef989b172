/** A job takes its turn: of those that must not be at work at once, one at a time, whoever asks and however many ask. */
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import { type Job, move, PLATFORM } from './jobs.ts';
import { enrolledMachines, type Machine } from './machines.ts';
import { settingsOf } from './settings.ts';
import { type Neighbour, type Neighbours, neighboursOf, type Turn, turnOf } from './turn.ts';

/** Of neighbours and of one window; the newest first. */
const NEIGHBOURS_MAX = 5_000;

/** What jobs of one round have in common, read when the first of them asks. */
export interface Round {
  machines(): Promise<readonly Machine[]>;
  /** Findings that a scan still sees; undefined where nobody scans. */
  stillNeeded(): Promise<ReadonlySet<string> | undefined>;
}

export function roundOf(context: ServerRoomContext, tenant: TenantScope): Round {
  let machines: Promise<readonly Machine[]> | undefined;
  let needed: Promise<ReadonlySet<string> | undefined> | undefined;
  return {
    machines: () => (machines ??= enrolledMachines(context, tenant)),
    stillNeeded: () => (needed ??= neededNow(context, tenant)),
  };
}

async function neededNow(
  context: ServerRoomContext,
  tenant: TenantScope,
): Promise<ReadonlySet<string> | undefined> {
  const needs = await context.use('patch-needs')?.(tenant);
  return needs && new Set(needs.map(({ findingId }) => findingId));
}

/**
 * Where it is its turn, it is claimed for `untilMs`: until then it counts as being given to its machine.
 *
 * @returns the job as it is claimed; undefined where it is not its turn, or another came first
 */
export async function takeTurn(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  round: Round,
  untilMs: number,
): Promise<Job | undefined> {
  const { settings } = await settingsOf(context, tenant);
  const neighbours = neighboursOf(job.asset_id, await round.machines(), settings);
  if (neighbours === undefined)
    return context.inTenant(tenant, (db) => claim(db, job, context.now(), untilMs));
  const seen = await context.inTenant(tenant, (db) => othersOf(db, job, neighbours));
  // Most of the time nothing went wrong, and nobody is asked what is needed still.
  const stillNeeded = seen.some(({ state }) => OVER.includes(state)) ? await round.stillNeeded() : undefined;
  const { turn, claimed } = await context.inTenant(tenant, async (db) => {
    await sql`SELECT pg_advisory_xact_lock(hashtext(${`patching turn ${tenant.tenantId}`}))`.execute(db);
    const nowMs = context.now();
    const next = turnOf(job, neighbours, await othersOf(db, job, neighbours), stillNeeded, nowMs);
    return { turn: next, claimed: next.turn === 'now' ? await claim(db, job, nowMs, untilMs) : undefined };
  });
  if (turn.turn !== 'now') await notNow(context, tenant, job, turn);
  return claimed;
}

const OVER: readonly Job['state'][] = ['ended', 'missed', 'declined', 'cancelled', 'taken-back'];

async function othersOf(
  db: Kysely<AnyDatabase>,
  { job_id, opens_at_ms, planned }: Job,
  { cluster, first }: Neighbours,
): Promise<readonly Neighbour[]> {
  const assets = [...new Set([...cluster, ...first.keys()])];
  const { rows } =
    await sql<Neighbour>`SELECT job_id, asset_id, opens_at_ms, closes_at_ms, state, state_at_ms,
      verification, result, ended_at_ms, order_id, giving_until_ms, planned,
      EXISTS (SELECT 1 FROM amp_history AS told WHERE told.job_id = amp_job.job_id AND told.state = 'running')
        AS was_running
    FROM amp_job WHERE job_id <> ${job_id} AND (asset_id = ANY (${assets}::text[])
      OR (opens_at_ms = ${opens_at_ms} AND planned->>'windowId' = ${planned.windowId}
        AND state IN ('waiting', 'running', 'going-back')))
    ORDER BY opens_at_ms DESC, job_id LIMIT ${NEIGHBOURS_MAX}`.execute(db);
  return rows;
}

/** One gives it at a time. */
export async function claim(
  db: Kysely<AnyDatabase>,
  { job_id, state, state_at_ms }: Job,
  nowMs: number,
  untilMs: number,
): Promise<Job | undefined> {
  const { rows } = await sql<Job>`UPDATE amp_job SET giving_until_ms = ${untilMs}
    WHERE job_id = ${job_id} AND state = ${state} AND state_at_ms = ${state_at_ms}
      AND order_id IS NULL AND giving_until_ms < ${nowMs} RETURNING *`.execute(db);
  return rows[0];
}

async function notNow(
  context: ServerRoomContext,
  tenant: TenantScope,
  job: Job,
  turn: Exclude<Turn, { turn: 'now' }>,
): Promise<void> {
  const from = { states: [job.state], atMs: job.state_at_ms };
  if (turn.turn === 'held') {
    const held = { to: 'held' as const, because: turn.because, by: PLATFORM, approval: null };
    await move(context, tenant, job.job_id, from, held);
    return;
  }
  // Before its time who approved it is of more interest than when that will be.
  const because = turn.notBeforeMs === job.planned.startsAtMs ? job.state_because : turn.because;
  await context.inTenant(tenant, (db) =>
    sql`UPDATE amp_job SET not_before_ms = ${turn.notBeforeMs}, state_because = ${because}
      WHERE job_id = ${job.job_id} AND state = ${job.state} AND state_at_ms = ${job.state_at_ms}
        AND order_id IS NULL`.execute(db),
  );
}
