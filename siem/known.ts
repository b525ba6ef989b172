/**
 * Which uids of a batch are stored already.
 *
 * An event is the same event when its asset sent its uid before: one asset cannot suppress what another has
 * to say. A sender that lost its place cuts its spool anew, so the same event may come under another token.
 */
import type { TenantScope } from '@demarc/platform/tenancy';
import { AHEAD_MS_MAX, BEHIND_MS_MAX } from './accept.ts';
import type { Arrival } from './batches.ts';
import type { Batch } from './carry.ts';
import type { Load, Loaded } from './load.ts';
import type { Siem } from './siem.ts';

/** One parameter of a query may be 128 KiB (`http_max_field_value_size`); a uid is at most 128 characters. */
const UIDS_PER_QUERY = 900;

/**
 * Uids that are stored under another token.
 *
 * Most batches ask nothing: an event later than everything this asset ever sent before cannot be stored,
 * and the ledger knows that instant. What remains is looked for in the narrow range of its times.
 */
export async function storedElsewhere(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  arrival: Arrival,
  load: Load,
): Promise<ReadonlySet<string>> {
  const { timeBeforeMs } = arrival;
  if (timeBeforeMs === undefined) return new Set();
  const events = load.doubtful;
  const believed = events.filter(
    ({ timeMs, originalTimeMs }) => originalTimeMs === undefined && timeMs <= timeBeforeMs,
  );
  const clamped = events.filter(({ originalTimeMs }) => originalTimeMs !== undefined);
  const found = await Promise.all([
    ...chunks(believed).map((chunk) => stored(siem, tenant, batch, chunk, 'time')),
    // A clamped event was stored at the instant it was received then, whenever that was.
    ...chunks(clamped).map((chunk) => stored(siem, tenant, batch, chunk, 'original_time')),
  ]);
  return new Set(found.flat());
}

/** In the order of time, so that each query reads as little of the table as can be. */
function chunks(events: readonly Loaded[]): readonly (readonly Loaded[])[] {
  const sorted = [...events].sort((a, b) => a.timeMs - b.timeMs);
  const cut: Loaded[][] = [];
  for (let from = 0; from < sorted.length; from += UIDS_PER_QUERY)
    cut.push(sorted.slice(from, from + UIDS_PER_QUERY));
  return cut;
}

async function stored(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  events: readonly Loaded[],
  column: 'time' | 'original_time',
): Promise<readonly string[]> {
  siem.figures.uidLookups += 1;
  return uids(
    siem,
    `${column} BETWEEN fromUnixTimestamp64Milli({from:Int64}) AND fromUnixTimestamp64Milli({to:Int64})
      AND tenant_id = {tenant:String} AND asset_id = {asset:String} AND batch != {batch:String}
      AND uid IN {uids:Array(String)}`,
    {
      from: String(events[0]?.timeMs ?? 0),
      to: String(events.at(-1)?.timeMs ?? 0),
      tenant: tenant.tenantId,
      asset: batch.assetId,
      batch: batch.batchToken,
      uids: events.map(({ uid }) => uid),
    },
  );
}

/** Uids that an earlier attempt at this very batch has stored; findings included. */
export async function storedBefore(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  { receivedAtMs }: Load,
): Promise<ReadonlySet<string>> {
  siem.figures.uidLookups += 1;
  const found = await uids(
    siem,
    `tenant_id = {tenant:String} AND asset_id = {asset:String} AND batch = {batch:String}
      AND time BETWEEN fromUnixTimestamp64Milli({from:Int64}) AND fromUnixTimestamp64Milli({to:Int64})`,
    {
      from: String(receivedAtMs - BEHIND_MS_MAX),
      to: String(receivedAtMs + AHEAD_MS_MAX),
      tenant: tenant.tenantId,
      asset: batch.assetId,
      batch: batch.batchToken,
    },
  );
  return new Set(found);
}

async function uids(
  siem: Siem,
  where: string,
  parameters: Readonly<Record<string, string | readonly string[]>>,
): Promise<readonly string[]> {
  const result = await siem.clickhouse.query({
    query: `SELECT uid FROM events WHERE ${where}`,
    query_params: parameters,
    // Thousands of uids do not fit into a URL.
    use_multipart_params: true,
    format: 'JSONCompactEachRow',
  });
  const rows = await result.json<readonly [string]>();
  return rows.map(([uid]) => uid);
}
