/**
 * The ledger of batches in PostgreSQL: which token arrived when, and what was answered.
 *
 * Written before the events are stored, so that a batch that comes again after a crash is carried with the
 * instant of its first arrival and gives the same rows.
 */
import type { Receipt } from '@demarc/platform/link';
import type { AnyDatabase } from '@demarc/platform/stores';
import type { TenantScope } from '@demarc/platform/tenancy';
import { type Kysely, sql } from 'kysely';
import type { Batch } from './carry.ts';
import { siemErrors } from './errors.ts';
import type { Siem } from './siem.ts';

/** Agents keep a batch for as long as their spool lasts; after this a token is only in ClickHouse's window. */
const LEDGER_DAYS = 45;
const DAY_MS = 86_400_000;
const SWEEP_EVERY_BATCHES = 1_000;

export interface Arrival {
  /** Of the first time this batch arrived; the instant its events are judged by. */
  readonly receivedAtMs: number;
  /** Carried before, without coming to a receipt. */
  readonly isRepeat: boolean;
  readonly receipt: Receipt | undefined;
  /** No event of this asset that is later than this is stored; undefined where nothing is. */
  readonly timeBeforeMs: number | undefined;
}

interface BatchRow {
  readonly received_at_ms: number;
  readonly attempts: number;
  readonly receipt: Receipt | null;
  readonly time_before_ms: number | null;
}

/**
 * Writes the batch down if it is new; says what is known of it and of its asset.
 *
 * @param timeMaxMs the latest time among its events that may be stored
 */
export async function recall(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  timeMaxMs: number,
): Promise<Arrival> {
  const now = siem.now();
  const { tenantId } = tenant;
  const { assetId, batchToken } = batch;
  return inLedger(siem, tenant, async (db) => {
    const { rows } = await sql<BatchRow>`
      WITH arrived AS (
        INSERT INTO siem_batch (tenant_id, asset_id, batch_token, received_at_ms, time_max_ms)
        VALUES (${tenantId}, ${assetId}, ${batchToken}, ${now}, ${timeMaxMs})
        ON CONFLICT (tenant_id, asset_id, batch_token) DO UPDATE SET attempts = siem_batch.attempts + 1
        RETURNING received_at_ms, attempts, receipt
      )
      SELECT arrived.*, (
        SELECT max(time_max_ms) FROM siem_batch
        WHERE tenant_id = ${tenantId} AND asset_id = ${assetId} AND batch_token <> ${batchToken}
      ) AS time_before_ms
      FROM arrived`.execute(db);
    const row = rows[0];
    if (row === undefined) throw new Error('the batch ledger returned no row');
    return {
      receivedAtMs: row.received_at_ms,
      isRepeat: row.attempts > 1,
      receipt: row.receipt ?? undefined,
      timeBeforeMs: row.time_before_ms ?? undefined,
    };
  });
}

/** What became of a batch's records, kept by day: whatever was not stored as it came is counted. */
export interface BatchCounts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly clamped: number;
  readonly findings: number;
}

/** The receipt and the counts stand or fall together: a batch that comes again is not counted again. */
export async function remember(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  receipt: Receipt,
  counts: BatchCounts,
): Promise<void> {
  const day = new Date(siem.now()).toISOString().slice(0, 10);
  const names = Object.entries(counts).filter(([, count]) => count > 0);
  await inLedger(siem, tenant, async (db) => {
    await sql`UPDATE siem_batch SET receipt = ${JSON.stringify(receipt)}::jsonb
      WHERE tenant_id = ${tenant.tenantId} AND asset_id = ${batch.assetId}
        AND batch_token = ${batch.batchToken}`.execute(db);
    if (names.length > 0) {
      const rows = names.map(
        ([name, count]) => sql`(${tenant.tenantId}, ${day}::date, ${name}, ${count}::int8)`,
      );
      await sql`INSERT INTO siem_counter (tenant_id, day, name, count) VALUES ${sql.join(rows)}
        ON CONFLICT (tenant_id, day, name) DO UPDATE SET count = siem_counter.count + excluded.count`.execute(
        db,
      );
    }
    if (siem.figures.batches % SWEEP_EVERY_BATCHES === 0) {
      const before = siem.now() - LEDGER_DAYS * DAY_MS;
      await sql`DELETE FROM siem_batch WHERE received_at_ms < ${before}`.execute(db);
    }
  });
  siem.figures.batches += 1;
  for (const name of Object.keys(counts) as (keyof BatchCounts)[]) siem.figures[name] += counts[name];
}

/** What `remember` counted, summed over the last days. */
export async function countsOf(siem: Siem, tenant: TenantScope, days: number): Promise<BatchCounts> {
  const from = new Date(siem.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  const rows = await inLedger(siem, tenant, async (db) => {
    const result = await sql<{ readonly name: string; readonly count: number }>`
      SELECT name, sum(count)::int8 AS count FROM siem_counter
      WHERE tenant_id = ${tenant.tenantId} AND day >= ${from}::date GROUP BY name`.execute(db);
    return result.rows;
  });
  const none: BatchCounts = { accepted: 0, duplicates: 0, rejected: 0, clamped: 0, findings: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ name, count }) => [name, count])) };
}

async function inLedger<T>(
  siem: Siem,
  tenant: TenantScope,
  work: (db: Kysely<AnyDatabase>) => Promise<T>,
): Promise<T> {
  try {
    return await siem.inTenant(tenant, work);
  } catch (error) {
    const because = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw siemErrors.make('SIEM_LEDGER_UNAVAILABLE', { because }, { cause: error });
  }
}
