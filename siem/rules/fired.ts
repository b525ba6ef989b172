/** How often each rule has fired, from the findings that are stored. */
import type { ClickHouseClient } from '@clickhouse/client';
import { DETECTION_FINDING } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';

export const FIRED_DAYS = 30;
const SECONDS_MAX = 20;
const RULES_MAX = 100_000;

export interface Fired {
  readonly count: number;
  readonly lastMs: number;
}

export async function firedOf(
  reader: ClickHouseClient,
  tenant: TenantScope,
  nowMs: number,
): Promise<ReadonlyMap<string, Fired>> {
  const result = await reader.query({
    query: `SELECT rule_uid AS rule, count() AS n, toUnixTimestamp64Milli(max(events.time)) AS last FROM events
      WHERE tenant_id = {tenant:String} AND class_uid = {class:UInt32}
        AND events.time >= fromUnixTimestamp64Milli({from:Int64})
      GROUP BY rule_uid LIMIT {limit:UInt32}`,
    query_params: {
      tenant: tenant.tenantId,
      class: DETECTION_FINDING,
      from: String(nowMs - FIRED_DAYS * 86_400_000),
      limit: RULES_MAX,
    },
    format: 'JSONEachRow',
    clickhouse_settings: { max_execution_time: SECONDS_MAX },
  });
  const rows = await result.json<{ readonly rule: string; readonly n: string; readonly last: string }>();
  return new Map(rows.map(({ rule, n, last }) => [rule, { count: Number(n), lastMs: Number(last) }]));
}
