/**
 * The events table in ClickHouse.
 *
 * One partition a day keeps parts few; tenant first in the order keeps one tenant's search off the others'
 * data. The columns are what people filter by; `raw` is the event as it is, and the truth.
 */
import type { ClickHouseClient } from '@clickhouse/client';

/** How many batches back a repeated token is recognised; with the batch ledger far more than enough. */
const DEDUPLICATION_WINDOW = 10_000;

const EVENTS = `
CREATE TABLE IF NOT EXISTS events (
  tenant_id LowCardinality(String),
  time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  uid String,
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
  raw String CODEC(ZSTD(3)),
  INDEX uid_bloom uid TYPE bloom_filter(0.01) GRANULARITY 4,
  INDEX text_tokens lower(raw) TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 4
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
  asset_id LowCardinality(String),
  code LowCardinality(String),
  detail String,
  raw String CODEC(ZSTD(3))
) ENGINE = MergeTree
PARTITION BY toDate(received_at)
ORDER BY (tenant_id, received_at)
TTL toDateTime(received_at) + toIntervalDay(30)
SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, fsync_after_insert = 1`;

export async function ensureEventTable(client: ClickHouseClient): Promise<void> {
  for (const query of [EVENTS, QUARANTINE]) await client.command({ query });
}

/** One row as it is inserted; field for field the table above. */
export interface EventRow {
  readonly tenant_id: string;
  readonly time: number;
  readonly uid: string;
  readonly batch: string;
  readonly asset_id: string;
  readonly class_uid: number;
  readonly activity_id: number;
  readonly severity_id: number;
  readonly message: string;
  readonly file_path: string;
  readonly process_name: string;
  readonly process_path: string;
  readonly user_name: string;
  readonly hostname: string;
  readonly rule_uid: string;
  readonly received_at: number;
  readonly original_time: number | null;
  readonly retention_days: number;
  readonly raw: string;
}
