/**
 * The events table in ClickHouse.
 *
 * One partition a day keeps parts few; tenant first in the order keeps one tenant's search off the others'
 * data. The columns are what people filter by; `raw` is the event byte for byte as it was sent, and the
 * truth. What the server adds (tenant, asset, the instants) is in columns, and put into the event when it
 * is read (`enrich.ts`).
 *
 * There is no index over the words of `raw`: a token filter cannot answer a search for a part of a word,
 * and building one took a third of the insert's time.
 */
import type { ClickHouseClient } from '@clickhouse/client';
import type { Carried } from './enrich.ts';
import type { RowBinaryWriter } from './row-binary.ts';

/** How many batches back a repeated token is recognised; the second line of defence behind the ledger. */
const DEDUPLICATION_WINDOW = 10_000;
const QUARANTINE_DAYS = 30;

const EVENTS = `
CREATE TABLE IF NOT EXISTS events (
  tenant_id LowCardinality(String),
  time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  uid String CODEC(ZSTD(1)),
  batch FixedString(64) CODEC(ZSTD(1)),
  asset_id LowCardinality(String),
  class_uid UInt32,
  activity_id UInt16,
  severity_id UInt8,
  message String CODEC(ZSTD(1)),
  file_path String CODEC(ZSTD(1)),
  process_name LowCardinality(String),
  process_path String CODEC(ZSTD(1)),
  user_name LowCardinality(String),
  hostname LowCardinality(String),
  rule_uid LowCardinality(String),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  original_time Nullable(DateTime64(3, 'UTC')),
  retention_days UInt16,
  raw String CODEC(ZSTD(1)),
  INDEX uid_bloom uid TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX original_time_range original_time TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (tenant_id, time, uid)
TTL toDateTime(time) + toIntervalDay(retention_days)
SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, fsync_after_insert = 1, fsync_part_directory = 1`;

/** What cannot be an event is kept, bounded in time, so that somebody can find out why. */
const QUARANTINE = `
CREATE TABLE IF NOT EXISTS quarantine (
  tenant_id LowCardinality(String),
  received_at DateTime64(3, 'UTC'),
  batch FixedString(64) CODEC(ZSTD(1)),
  asset_id LowCardinality(String),
  record_index UInt32,
  code LowCardinality(String),
  detail String CODEC(ZSTD(1)),
  raw String CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (tenant_id, received_at, batch, record_index)
TTL toDateTime(received_at) + toIntervalDay(${QUARANTINE_DAYS})
SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, fsync_after_insert = 1, fsync_part_directory = 1`;

/** What a backup has to hold. */
export const EVENT_TABLES = ['events', 'quarantine'] as const;

export async function ensureEventTable(client: ClickHouseClient): Promise<void> {
  for (const query of [EVENTS, QUARANTINE]) await client.command({ query });
}

export const INSERT_EVENTS = `INSERT INTO events (tenant_id, time, uid, batch, asset_id, class_uid, activity_id,
  severity_id, message, file_path, process_name, process_path, user_name, hostname, rule_uid, received_at,
  original_time, retention_days, raw) FORMAT RowBinary`;

/** Of a row, beside the event itself. */
export const ROW_BYTES_HINT = 512;

/** One row, in the order of `INSERT_EVENTS`. @param token the batch's, as its 64 characters */
export function writeRow(
  writer: RowBinaryWriter,
  carried: Carried,
  token: Uint8Array,
  retentionDays: number,
): void {
  const { event, raw, facts } = carried;
  const process = at(event['actor'], 'process');
  writer.text(facts.tenantId);
  writer.int64(event.time);
  writer.text(event.metadata.uid);
  writer.fixed(token);
  writer.text(facts.assetId);
  writer.uint32(event.class_uid);
  writer.uint16(number(event['activity_id']));
  writer.uint8(number(event['severity_id']));
  writer.text(text(event['message']));
  writer.text(text(at(event['file'], 'path')));
  writer.text(text(at(process, 'name')));
  writer.text(text(at(at(process, 'file'), 'path')));
  writer.text(text(at(at(process, 'user'), 'name')));
  writer.text(text(at(event['device'], 'hostname')));
  writer.text(text(at(at(event['finding_info'], 'analytic'), 'uid')));
  writer.int64(facts.receivedAtMs);
  if (facts.originalTimeMs === undefined) writer.uint8(1);
  else {
    writer.uint8(0);
    writer.int64(facts.originalTimeMs);
  }
  writer.uint16(retentionDays);
  if (typeof raw === 'string') writer.text(raw);
  else writer.bytes(raw);
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
