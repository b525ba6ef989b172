/** Jobs as they are kept. Every change of state is one statement that names the state before, and a line of history. */
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { JobDetail, JobRow } from '../api.ts';
import { patchingErrors } from '../errors.ts';
import type { Resolution, Resolve } from '../orders.ts';
import type { PatchJob } from '../run/job.ts';
import type { PatchResult } from '../run/result.ts';
import type { Account, Store } from './kept.ts';

export type JobState = JobRow['state'];
/** Nobody in particular: what time, or a machine, brings about. */
export const PLATFORM = { accountId: null, name: 'the platform' } as const;
export interface By {
  readonly accountId: string | null;
  readonly name: string;
}

/** What was planned; it does not change. */
export interface PlannedJob {
  readonly assetName: string;
  readonly windowId: string;
  readonly windowName: string;
  /** Its turn within the window, which others of its cluster or system may have before it. */
  readonly startsAtMs: number;
  /** That its work takes, as it was planned; jobs of before do not have it. */
  readonly minutes?: number;
  readonly decision: JobRow['decision'];
  readonly dueAtMs: number;
  readonly manager: PatchJob['manager'];
  readonly wanted: Resolve['wanted'];
  /** Of what is wanted, as it was installed when it was planned. */
  readonly installed: Readonly<Record<string, string>>;
  readonly findings: readonly {
    readonly findingId: string;
    readonly vulnerability: string;
    readonly package: string;
  }[];
  readonly requestedBy: JobDetail['requestedBy'];
}
export interface Approval {
  readonly by: JobDetail['requestedBy'];
  readonly atMs: number;
  readonly because: string;
}
export interface Job {
  readonly job_id: string;
  readonly plan_id: string;
  readonly asset_id: string;
  readonly opens_at_ms: number;
  readonly closes_at_ms: number;
  readonly state: JobState;
  readonly state_because: string;
  readonly state_at_ms: number;
  readonly verification: JobRow['verification'];
  readonly planned: PlannedJob;
  readonly resolution: Resolution | null;
  readonly approval: Approval | null;
  readonly document: PatchJob | null;
  readonly progress: JobRow['progress'];
  readonly outcome: PatchResult | null;
  readonly taken_back: PatchResult | null;
  readonly result: PatchResult['result'] | null;
  readonly ended_at_ms: number | null;
  readonly told_done_at_ms: number | null;
  readonly order_kind: string | null;
  readonly order_id: string | null;
  readonly order_given_at_ms: number | null;
  readonly giving_until_ms: number;
  readonly not_before_ms: number;
  readonly undo_order_id: string | null;
}

/** @throws PATCH_JOB_UNKNOWN */
export async function jobOf(store: Store, tenant: TenantScope, id: string): Promise<Job> {
  const { rows } = await store.inTenant(tenant, (db) =>
    sql<Job>`SELECT * FROM amp_job WHERE job_id = ${id}`.execute(db),
  );
  if (rows[0] === undefined) throw patchingErrors.make('PATCH_JOB_UNKNOWN', { id });
  return rows[0];
}

export interface Move {
  readonly to: JobState;
  readonly because: string;
  readonly by: By;
  /** Of the order that stands behind the new state; without one, what was ordered before is taken back. */
  readonly order?: 'patch-resolve' | 'patch-apply' | 'patch-rollback';
  /** The order before is over on the machine: there is nothing to take back. */
  readonly isOver?: boolean;
  readonly resolution?: Resolution;
  readonly approval?: Approval | null;
  readonly document?: PatchJob;
  readonly outcome?: PatchResult;
  readonly takenBack?: PatchResult;
  readonly verification?: JobRow['verification'];
}

/**
 * Two that do the same at once: the second finds another state than it saw, and nothing happens.
 *
 * @param from states in which it may be; with `atMs` exactly as it was seen then
 * @returns undefined where it is in none of them
 */
export async function move(
  store: Store,
  tenant: TenantScope,
  id: string,
  from: { readonly states: readonly JobState[]; readonly atMs?: number },
  to: Move,
): Promise<Job | undefined> {
  const nowMs = store.now();
  return store.inTenant(tenant, async (db) => {
    const { rows } = await sql<Job>`UPDATE amp_job SET ${sql.join(columnsOf(to, nowMs))}
      WHERE job_id = ${id} AND state IN (${sql.join(from.states)})
        AND (${from.atMs ?? null}::int8 IS NULL OR state_at_ms = ${from.atMs ?? null})
      RETURNING *`.execute(db);
    if (rows[0] !== undefined) await noteState(db, tenant, id, to, nowMs);
    return rows[0];
  });
}

function columnsOf(to: Move, nowMs: number): RawBuilder<unknown>[] {
  const json = (value: unknown): RawBuilder<unknown> =>
    sql`${value === null ? null : JSON.stringify(value)}::jsonb`;
  const columns = [
    sql`state = ${to.to}`,
    sql`state_because = ${to.because.slice(0, 4_000)}`,
    // One instant later at least: whoever saw the state before sees that it is another one.
    sql`state_at_ms = greatest(${nowMs}::int8, state_at_ms + 1)`,
  ];
  if (to.to !== 'running')
    columns.push(
      sql`order_kind = ${to.order ?? null}`,
      sql`order_id = NULL`,
      sql`order_given_at_ms = NULL`,
      sql`giving_until_ms = 0`,
      sql`not_before_ms = 0`,
    );
  if (to.to !== 'running' && to.isOver !== true)
    columns.push(sql`undo_order_id = coalesce(order_id, undo_order_id)`);
  if (to.resolution !== undefined) columns.push(sql`resolution = ${json(to.resolution)}`);
  if (to.approval !== undefined) columns.push(sql`approval = ${json(to.approval)}`);
  if (to.document !== undefined) columns.push(sql`document = ${json(to.document)}`, sql`progress = NULL`);
  // Whoever scans is told again: what was closed is open again.
  if (to.takenBack !== undefined)
    columns.push(sql`taken_back = ${json(to.takenBack)}`, sql`told_done_at_ms = NULL`);
  if (to.verification !== undefined) columns.push(sql`verification = ${to.verification}`);
  if (to.outcome !== undefined)
    columns.push(
      sql`outcome = ${json(to.outcome)}`,
      sql`result = ${to.outcome.result}`,
      sql`ended_at_ms = ${nowMs}`,
      sql`took_ms = ${Math.max(0, to.outcome.endedAtMs - to.outcome.startedAtMs)}`,
      sql`progress = NULL`,
    );
  return columns;
}

export async function noteState(
  db: Kysely<AnyDatabase>,
  tenant: TenantScope,
  id: string,
  { to, because, by }: Pick<Move, 'to' | 'because' | 'by'>,
  nowMs: number,
): Promise<void> {
  await sql`INSERT INTO amp_history (tenant_id, job_id, at_ms, state, by_name, by_account, because)
    VALUES (${tenant.tenantId}, ${id}, ${nowMs}, ${to}, ${by.name}, ${by.accountId}, ${because.slice(0, 4_000)})`.execute(
    db,
  );
}

export const whoOf = ({ accountId, name }: Account, party: string): JobDetail['requestedBy'] => ({
  accountId,
  name,
  party,
});
