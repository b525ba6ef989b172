/**
 * Search: time range, class, asset, text, field filters. The tenant filter stands in one place, `conditions`.
 * All values are parameters; field names choose a column from a list or become a parameter of JSONExtract.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { EventFilter, EventHistogram, EventPage, EventSearch } from '@demarc/platform/contract/api';
import type { TenantScope } from '@demarc/platform/tenancy';
import { siemErrors } from './errors.ts';
import type { Siem } from './siem.ts';

const DAY_MS = 86_400_000;
const RANGE_DAYS_MAX = 400;
const BUCKETS = 60;
const LIMIT_DEFAULT = 100;
const PATH_DEPTH_MAX = 12;

type Parameters = Record<string, string | number | readonly string[] | readonly number[]>;

/** Attributes that have a column of their own; the rest is read from the stored event. */
const COLUMNS: Readonly<Record<string, string>> = {
  uid: 'uid',
  'metadata.uid': 'uid',
  'device.uid': 'asset_id',
  'device.hostname': 'hostname',
  'file.path': 'file_path',
  'actor.process.name': 'process_name',
  'actor.process.file.path': 'process_path',
  'actor.process.user.name': 'user_name',
  'finding_info.analytic.uid': 'rule_uid',
  class_uid: 'toString(class_uid)',
  activity_id: 'toString(activity_id)',
  severity_id: 'toString(severity_id)',
  message: 'message',
};

const OPERATORS: Readonly<Record<EventFilter['op'], (left: string, right: string) => string>> = {
  eq: (left, right) => `${left} = ${right}`,
  ne: (left, right) => `${left} != ${right}`,
  contains: (left, right) => `positionCaseInsensitiveUTF8(${left}, ${right}) > 0`,
  prefix: (left, right) => `startsWith(${left}, ${right})`,
};

/** Newest first. @throws SIEM_RANGE_INVALID, SIEM_FIELD_UNKNOWN, SIEM_CURSOR_INVALID, SIEM_SEARCH_TOO_HEAVY */
export async function searchEvents(siem: Siem, tenant: TenantScope, search: EventSearch): Promise<EventPage> {
  const startedAt = performance.now();
  const limit = search.limit ?? LIMIT_DEFAULT;
  const { where, parameters } = conditions(tenant, search);
  const counted = await rows<{ readonly n: string }>(
    siem.reader,
    `SELECT count() AS n FROM events WHERE ${where}`,
    parameters,
  );
  const after = cursorCondition(search.cursor, parameters);
  const found = await rows<{ readonly raw: string; readonly ms: string; readonly uid: string }>(
    siem.reader,
    `SELECT raw, toUnixTimestamp64Milli(time) AS ms, uid FROM events WHERE ${where}${after}
     ORDER BY time DESC, uid DESC LIMIT {limit:UInt32}`,
    { ...parameters, limit: limit + 1 },
  );
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.map((row) => JSON.parse(row.raw) as Record<string, unknown>),
    nextCursor: found.length > limit && last !== undefined ? `${last.ms}.${last.uid}` : null,
    matchedCount: Number(counted[0]?.n ?? 0),
    elapsedMs: performance.now() - startedAt,
  };
}

/** Counts by severity or class over time, in at most 61 equal buckets. */
export async function histogram(
  siem: Siem,
  tenant: TenantScope,
  search: EventSearch,
  by: 'severity_id' | 'class_uid' = 'severity_id',
): Promise<EventHistogram> {
  const { where, parameters } = conditions(tenant, search);
  const bucketSeconds = Math.max(
    1,
    Math.ceil((Date.parse(search.to) - Date.parse(search.from)) / 1_000 / BUCKETS),
  );
  const found = await rows<{ readonly at: string; readonly name: string; readonly n: string }>(
    siem.reader,
    `SELECT toUnixTimestamp(toStartOfInterval(time, toIntervalSecond({bucket:UInt32}))) AS at,
       toString(${by === 'class_uid' ? 'class_uid' : 'severity_id'}) AS name, count() AS n
     FROM events WHERE ${where} GROUP BY at, name ORDER BY at`,
    { ...parameters, bucket: bucketSeconds },
  );
  const buckets = new Map<number, Record<string, number>>();
  for (const { at, name, n } of found) {
    const counts = buckets.get(Number(at)) ?? {};
    counts[name] = Number(n);
    buckets.set(Number(at), counts);
  }
  return {
    bucketSeconds,
    buckets: [...buckets].map(([at, counts]) => ({ at: new Date(at * 1_000).toISOString(), counts })),
  };
}

export async function eventByUid(
  siem: Siem,
  tenant: TenantScope,
  uid: string,
): Promise<Record<string, unknown> | undefined> {
  const found = await rows<{ readonly raw: string }>(
    siem.reader,
    'SELECT raw FROM events WHERE tenant_id = {tenant:String} AND uid = {uid:String} LIMIT 1',
    { tenant: tenant.tenantId, uid },
  );
  return found[0] === undefined ? undefined : (JSON.parse(found[0].raw) as Record<string, unknown>);
}

function conditions(
  tenant: TenantScope,
  search: EventSearch,
): { readonly where: string; readonly parameters: Parameters } {
  const from = Date.parse(search.from);
  const to = Date.parse(search.to);
  if (!(from < to) || to - from > RANGE_DAYS_MAX * DAY_MS) {
    throw siemErrors.make('SIEM_RANGE_INVALID', { from: search.from, to: search.to });
  }
  const parameters: Parameters = { tenant: tenant.tenantId, from: String(from), to: String(to) };
  const where = [
    'tenant_id = {tenant:String}',
    'time >= fromUnixTimestamp64Milli({from:Int64})',
    'time < fromUnixTimestamp64Milli({to:Int64})',
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
    where.push(filterCondition(filter, index, parameters));
  return { where: where.join(' AND '), parameters };
}

/** Words must all appear; quotes keep a phrase together. The event is stored as JSON, so they are looked for as JSON. */
function wordsOf(text: string | undefined): readonly string[] {
  return (text?.match(/"[^"]+"|\S+/g) ?? [])
    .slice(0, 16)
    .map((word) => JSON.stringify(word.replaceAll('"', '')).slice(1, -1));
}

function filterCondition(filter: EventFilter, index: number, parameters: Parameters): string {
  const name = `value${index}`;
  parameters[name] = filter.value;
  const column = Object.hasOwn(COLUMNS, filter.field) ? COLUMNS[filter.field] : undefined;
  return OPERATORS[filter.op](column ?? jsonPath(filter.field, index, parameters), `{${name}:String}`);
}

function jsonPath(field: string, index: number, parameters: Parameters): string {
  const path = field.split('.');
  if (path.length > PATH_DEPTH_MAX || path.some((key) => !/^[a-z_][a-z0-9_]{0,63}$/.test(key))) {
    throw siemErrors.make('SIEM_FIELD_UNKNOWN', { field: field.slice(0, 128) });
  }
  const keys = path.map((key, depth) => {
    parameters[`key${index}_${depth}`] = key;
    return `{key${index}_${depth}:String}`;
  });
  // Strings come without quotes, numbers and booleans as they are written.
  return `trim(BOTH '"' FROM JSONExtractRaw(raw, ${keys.join(', ')}))`;
}

function cursorCondition(cursor: string | undefined, parameters: Parameters): string {
  if (cursor === undefined) return '';
  const [, ms, uid] = /^(\d{1,16})\.([\w.:-]{1,128})$/.exec(cursor) ?? [];
  if (ms === undefined || uid === undefined) throw siemErrors.make('SIEM_CURSOR_INVALID', {});
  parameters['afterMs'] = ms;
  parameters['afterUid'] = uid;
  return ' AND (time, uid) < (fromUnixTimestamp64Milli({afterMs:Int64}), {afterUid:String})';
}

async function rows<Row>(
  client: ClickHouseClient,
  query: string,
  parameters: Parameters,
): Promise<readonly Row[]> {
  try {
    const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' });
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
    throw error;
  }
}
