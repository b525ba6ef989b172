/**
 * Search: time range, class, asset, text, field filters. The tenant filter stands in one place, `conditions`.
 * All values are parameters, and the user that asks may only read.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { EventHistogram, EventPage, EventSearch } from '@demarc/platform/contract/api';
import type { TenantScope } from '@demarc/platform/tenancy';
import { enriched } from './enrich.ts';
import { siemErrors } from './errors.ts';
import { fieldCondition, type Parameters } from './search-field.ts';
import type { Siem } from './siem.ts';

const DAY_MS = 86_400_000;
const RANGE_DAYS_MAX = 400;
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
const WORDS_MAX = 16;
const SEARCH_SECONDS_MAX = 20;
/** Widths of a time chart's buckets; the narrowest that gives at most `BUCKETS_MAX` is taken. */
const BUCKET_SECONDS = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800];
const BUCKETS_MAX = 120;

interface EventRow {
  readonly raw: string;
  readonly ms: string;
  readonly uid: string;
  readonly asset_id: string;
  readonly received_ms: string;
  readonly original_ms: string | null;
}

/** What a stored event is read with. */
const READ = `raw, uid, asset_id, toUnixTimestamp64Milli(time) AS ms,
  toUnixTimestamp64Milli(received_at) AS received_ms,
  toUnixTimestamp64Milli(original_time) AS original_ms`;

/** Whatever goes wrong with data that is not what the engine wrote, this is where it says it was. */
const DAMAGE = /while reading (?:or decompressing|column|from part)/i;

/** Newest first. @throws SIEM_RANGE_INVALID, SIEM_FIELD_UNKNOWN, SIEM_CURSOR_INVALID, SIEM_SEARCH_TOO_HEAVY, SIEM_EVENTS_DAMAGED */
export async function searchEvents(siem: Siem, tenant: TenantScope, search: EventSearch): Promise<EventPage> {
  const startedAt = performance.now();
  const limit = Math.min(search.limit ?? LIMIT_DEFAULT, LIMIT_MAX);
  const { where, parameters } = conditions(tenant, search);
  const after = cursorCondition(search.cursor, parameters);
  const [counted, found] = await Promise.all([
    rows<{ readonly n: string }>(siem.reader, `SELECT count() AS n FROM events WHERE ${where}`, parameters),
    rows<EventRow>(
      siem.reader,
      `SELECT ${READ} FROM events WHERE ${where}${after}
       ORDER BY events.time DESC, uid DESC, asset_id DESC LIMIT {limit:UInt32}`,
      // One more than asked for says whether there is a next page.
      { ...parameters, limit: limit + 1 },
    ),
  ]);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.map((row) => read(tenant, row)),
    nextCursor: found.length > limit && last !== undefined ? `${last.ms}.${last.uid}.${last.asset_id}` : null,
    matchedCount: Number(counted[0]?.n ?? 0),
    elapsedMs: performance.now() - startedAt,
  };
}

/** Counts over time, by severity unless another column is asked for; buckets without events are there too. */
export async function histogram(
  siem: Siem,
  tenant: TenantScope,
  search: EventSearch,
  by: 'severity_id' | 'class_uid' = 'severity_id',
): Promise<EventHistogram> {
  const { where, parameters, fromMs, toMs } = conditions(tenant, search);
  const seconds = BUCKET_SECONDS.find((width) => (toMs - fromMs) / 1_000 / width <= BUCKETS_MAX) ?? 604_800;
  const found = await rows<{ readonly bucket: string; readonly name: string; readonly n: string }>(
    siem.reader,
    `SELECT intDiv(toUnixTimestamp64Milli(time), {width:Int64}) AS bucket,
       toString(${by === 'class_uid' ? 'class_uid' : 'severity_id'}) AS name, count() AS n
     FROM events WHERE ${where} GROUP BY bucket, name`,
    { ...parameters, width: String(seconds * 1_000) },
  );
  const buckets = new Map<number, Record<string, number>>();
  const width = seconds * 1_000;
  for (let at = Math.floor(fromMs / width); at * width < toMs; at += 1) buckets.set(at, {});
  for (const { bucket, name, n } of found) {
    const counts = buckets.get(Number(bucket));
    if (counts !== undefined) counts[name] = Number(n);
  }
  return {
    bucketSeconds: seconds,
    buckets: [...buckets].map(([at, counts]) => ({ at: new Date(at * width).toISOString(), counts })),
  };
}

/** An event by its uid. Two assets of a tenant may have chosen the same one: `assetId` tells them apart. */
export async function eventByUid(
  siem: Siem,
  tenant: TenantScope,
  uid: string,
  assetId?: string,
): Promise<OcsfEvent | undefined> {
  const found = await rows<EventRow>(
    siem.reader,
    `SELECT ${READ} FROM events WHERE tenant_id = {tenant:String} AND uid = {uid:String}
     ${assetId === undefined ? '' : 'AND asset_id = {asset:String}'} ORDER BY events.time DESC LIMIT 1`,
    { tenant: tenant.tenantId, uid, ...(assetId === undefined ? {} : { asset: assetId }) },
  );
  return found[0] === undefined ? undefined : read(tenant, found[0]);
}

/** The event as it was published: what was sent, and the facts from the columns. */
function read(tenant: TenantScope, row: EventRow): OcsfEvent {
  return enriched(JSON.parse(row.raw) as OcsfEvent, {
    tenantId: tenant.tenantId,
    assetId: row.asset_id,
    receivedAtMs: Number(row.received_ms),
    originalTimeMs: row.original_ms === null ? undefined : Number(row.original_ms),
  });
}

function conditions(tenant: TenantScope, search: EventSearch) {
  const fromMs = Date.parse(search.from);
  const toMs = Date.parse(search.to);
  if (!(fromMs < toMs) || toMs - fromMs > RANGE_DAYS_MAX * DAY_MS) {
    throw siemErrors.make('SIEM_RANGE_INVALID', { from: search.from, to: search.to });
  }
  const parameters: Parameters = { tenant: tenant.tenantId, from: String(fromMs), to: String(toMs) };
  const where = [
    'tenant_id = {tenant:String}',
    'events.time >= fromUnixTimestamp64Milli({from:Int64})',
    'events.time < fromUnixTimestamp64Milli({to:Int64})',
  ];
  if (search.classUids !== undefined && search.classUids.length > 0) {
    parameters['classes'] = search.classUids;
    where.push('class_uid IN {classes:Array(UInt32)}');
  }
  if (search.assetId !== undefined) {
    parameters['asset'] = search.assetId;
    where.push('asset_id = {asset:String}');
  }
  for (const [index, word] of wordsOf(search.text).entries()) {
    parameters[`text${index}`] = word;
    where.push(`positionCaseInsensitiveUTF8(raw, {text${index}:String}) > 0`);
  }
  for (const [index, filter] of (search.filters ?? []).entries())
    where.push(fieldCondition(filter, `filter${index}`, parameters));
  return { where: where.join(' AND '), parameters, fromMs, toMs };
}

/** Words must all appear; quotes keep a phrase together. The event is stored as JSON, so they are looked for as JSON. */
function wordsOf(text: string | undefined): readonly string[] {
  return (text?.match(/"[^"]+"|\S+/g) ?? [])
    .slice(0, WORDS_MAX)
    .map((word) => JSON.stringify(word.replaceAll('"', '')).slice(1, -1));
}

/** What comes after the last event of the page before: a place in the order, so new events shift no page. */
function cursorCondition(cursor: string | undefined, parameters: Parameters): string {
  if (cursor === undefined) return '';
  const [, ms, uid, asset] = /^(-?\d{1,16})\.([\w.:-]{1,128})\.([\w:-]{1,128})$/.exec(cursor) ?? [];
  if (ms === undefined || uid === undefined || asset === undefined)
    throw siemErrors.make('SIEM_CURSOR_INVALID', {});
  Object.assign(parameters, { afterMs: ms, afterUid: uid, afterAsset: asset });
  return ` AND events.time <= fromUnixTimestamp64Milli({afterMs:Int64})
    AND (events.time, uid, asset_id) < (fromUnixTimestamp64Milli({afterMs:Int64}), {afterUid:String}, {afterAsset:String})`;
}

async function rows<Row>(
  client: ClickHouseClient,
  query: string,
  parameters: Parameters,
): Promise<readonly Row[]> {
  try {
    const result = await client.query({
      query,
      query_params: parameters,
      use_multipart_params: true,
      format: 'JSONEachRow',
      // Leaving does not stop a query; only this does.
      clickhouse_settings: { max_execution_time: SEARCH_SECONDS_MAX },
    });
    return await result.json<Row>();
  } catch (error) {
    const type = (error as { readonly type?: string }).type;
    if (type === 'TIMEOUT_EXCEEDED' || type === 'MEMORY_LIMIT_EXCEEDED') {
      throw siemErrors.make(
        'SIEM_SEARCH_TOO_HEAVY',
        { because: type.toLowerCase().replaceAll('_', ' ') },
        { cause: error },
      );
    }
    if (error instanceof Error && DAMAGE.test(error.message)) {
      const because = (type ?? 'unknown').toLowerCase().replaceAll('_', ' ');
      throw siemErrors.make('SIEM_EVENTS_DAMAGED', { because }, { cause: error });
    }
    throw error;
  }
}
