/** One insert a batch, keyed by its token: a retry cannot double it. Returns once it is on disk. */
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Rejected } from './accept.ts';
import type { Carried } from './enrich.ts';
import { siemErrors } from './errors.ts';
import type { EventRow } from './event-table.ts';
import type { Siem } from './siem.ts';

const QUARANTINED_BYTES_MAX = 65_536;

/** @throws SIEM_STORE_UNAVAILABLE */
export async function store(
  siem: Siem,
  tenant: TenantScope,
  batchToken: string,
  events: readonly Carried[],
  rejected: readonly Rejected[],
): Promise<void> {
  const retentionDays = await siem.retentionDays(tenant);
  try {
    if (events.length > 0) {
      const rows = events.map((carried) => JSON.stringify(rowOf(tenant, batchToken, retentionDays, carried)));
      await insert(siem.clickhouse, 'INSERT INTO events FORMAT JSONEachRow', rows, batchToken);
    }
    const [first] = rejected;
    if (first !== undefined) {
      const receivedAt = siem.now();
      const rows = rejected.map(({ code, detail, raw }) =>
        JSON.stringify({
          tenant_id: tenant.tenantId,
          received_at: receivedAt,
          asset_id: '',
          code,
          detail,
          raw: raw.slice(0, QUARANTINED_BYTES_MAX),
        }),
      );
      await insert(siem.clickhouse, 'INSERT INTO quarantine FORMAT JSONEachRow', rows, batchToken);
    }
  } catch (error) {
    const because = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw siemErrors.make('SIEM_STORE_UNAVAILABLE', { because }, { cause: error });
  }
}

/** Raw bytes through `exec`: the client's own insert would turn every row to JSON a second time. */
async function insert(
  client: ClickHouseClient,
  query: string,
  rows: readonly string[],
  token: string,
): Promise<void> {
  const body = Buffer.from(rows.join('\n'));
  const { stream } = await client.exec({
    query,
    values: Readable.from([body], { objectMode: false }),
    clickhouse_settings: { insert_deduplication_token: token, insert_deduplicate: 1 },
  });
  for await (const _ of stream) {
    // The reply to an insert has no rows; it must be read to its end for the connection to be used again.
  }
}

function rowOf(tenant: TenantScope, batch: string, retentionDays: number, carried: Carried): EventRow {
  const { event, assetId, receivedAtMs, originalTimeMs } = carried;
  const process = at(at(event, 'actor'), 'process');
  return {
    tenant_id: tenant.tenantId,
    time: event.time,
    uid: event.metadata.uid,
    batch,
    asset_id: assetId,
    class_uid: event.class_uid,
    activity_id: Number(event['activity_id'] ?? 0),
    severity_id: Number(event['severity_id'] ?? 0),
    message: text(event['message']),
    file_path: text(at(at(event, 'file'), 'path')),
    process_name: text(at(process, 'name')),
    process_path: text(at(at(process, 'file'), 'path')),
    user_name: text(at(at(process, 'user'), 'name')),
    hostname: text(at(at(event, 'device'), 'hostname')),
    rule_uid: text(at(at(at(event, 'finding_info'), 'analytic'), 'uid')),
    received_at: receivedAtMs,
    original_time: originalTimeMs === undefined ? null : clampToColumn(originalTimeMs),
    retention_days: retentionDays,
    raw: JSON.stringify(event),
  };
}

/** DateTime64(3) holds 1900 to 2299. */
function clampToColumn(time: number): number {
  return Math.min(10_413_791_999_000, Math.max(-2_208_988_800_000, time));
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
