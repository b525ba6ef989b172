/** The first step: what is an event, is it new, and when did it happen. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { validateOcsf } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Arrival } from './batches.ts';
import type { Batch } from './carry.ts';
import type { Siem } from './siem.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A clock that runs ahead of ours by more is wrong. */
const AHEAD_MS_MAX = 5 * MINUTE_MS;
/** Longer than any spool is kept; and it bounds how many day partitions one batch can touch. */
const BEHIND_MS_MAX = 8 * DAY_MS;

export interface Accepted {
  readonly event: OcsfEvent;
  readonly receivedAtMs: number;
  /** What the event said, where that could not be: `event.time` is then the instant it was received. */
  readonly originalTimeMs: number | undefined;
}
export interface Rejected {
  readonly index: number;
  readonly code: string;
  readonly detail: string;
  readonly raw: string;
}

export async function accept(siem: Siem, tenant: TenantScope, batch: Batch, arrival: Arrival) {
  const rejected: Rejected[] = [];
  const valid: { readonly event: OcsfEvent; readonly originalTimeMs: number | undefined }[] = [];
  for (const { index, event } of batch.events) {
    const verdict = validateOcsf(event);
    if (verdict.ok) valid.push(inTime(event, arrival.receivedAtMs));
    else {
      const detail = verdict.problems
        .map((problem) => `${problem.path} ${problem.says}`)
        .join('; ')
        .slice(0, 1_000);
      rejected.push({ index, code: 'SIEM_EVENT_INVALID', detail, raw: JSON.stringify(event) });
    }
  }
  const known = await knownUids(siem, tenant, valid, batch);
  const fresh: Accepted[] = [];
  for (const { event, originalTimeMs } of valid) {
    const { uid } = event.metadata;
    if (known.has(uid)) continue;
    known.add(uid);
    if (originalTimeMs !== undefined) siem.figures.clamped += 1;
    fresh.push({ event, originalTimeMs, receivedAtMs: arrival.receivedAtMs });
  }
  const duplicateCount = valid.length - fresh.length;
  siem.figures.accepted += fresh.length;
  siem.figures.duplicates += duplicateCount;
  siem.figures.rejected += rejected.length;
  return { fresh, duplicateCount, rejected };
}

/** One host with a wrong clock must not touch a hundred partitions, nor hide its events in the year 2000. */
function inTime(event: OcsfEvent, receivedAtMs: number) {
  const { time } = event;
  if (time <= receivedAtMs + AHEAD_MS_MAX && time >= receivedAtMs - BEHIND_MS_MAX)
    return { event, originalTimeMs: undefined };
  const metadata = { ...event.metadata, original_time: new Date(clampDate(time)).toISOString() };
  return { event: { ...event, time: receivedAtMs, metadata }, originalTimeMs: time };
}

/** What a Date can hold (ECMA-262: ±8.64e15 ms). */
function clampDate(time: number): number {
  return Math.min(8.64e15, Math.max(-8.64e15, time));
}

/**
 * Events that are stored already under another token: an agent that lost its cursor cuts its spool again.
 * Rows of this very batch do not count: if it was stored before the crash, the store's token ignores it.
 */
async function knownUids(
  siem: Siem,
  tenant: TenantScope,
  valid: readonly { readonly event: OcsfEvent }[],
  batch: Batch,
): Promise<Set<string>> {
  if (valid.length === 0) return new Set();
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const { event } of valid) {
    from = Math.min(from, event.time);
    to = Math.max(to, event.time);
  }
  const result = await siem.clickhouse.query({
    query: `SELECT uid FROM events WHERE tenant_id = {tenant:String}
      AND time BETWEEN fromUnixTimestamp64Milli({from:Int64}) AND fromUnixTimestamp64Milli({to:Int64})
      AND asset_id = {asset:String} AND batch != {batch:String}`,
    query_params: {
      tenant: tenant.tenantId,
      from: String(from),
      to: String(to),
      asset: batch.assetId,
      batch: batch.batchToken,
    },
    format: 'JSONCompactEachRow',
  });
  const rows = await result.json<readonly [string]>();
  return new Set(rows.map(([uid]) => uid));
}
