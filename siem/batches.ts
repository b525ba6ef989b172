/** The ledger of batches: see `migrations.ts`. */
import type { Receipt } from '@demarc/platform/link';
import type { TenantScope } from '@demarc/platform/tenancy';
import { sql } from 'kysely';
import type { Batch } from './carry.ts';
import type { Siem } from './siem.ts';

/** Agents keep a batch for as long as their spool lasts; after this a token is only in ClickHouse's window. */
const LEDGER_DAYS = 45;
const DAY_MS = 86_400_000;
const SWEEP_EVERY_BATCHES = 1_000;

export interface Arrival {
  /** Of the first time this batch arrived; the instant its events are judged by. */
  readonly receivedAtMs: number;
  readonly receipt: Receipt | undefined;
}

interface BatchRow {
  readonly received_at_ms: number;
  readonly receipt: Receipt | null;
}

/** Writes the batch down if it is new; says what is known of it. */
export async function recall(siem: Siem, tenant: TenantScope, batch: Batch): Promise<Arrival> {
  const now = siem.now();
  return siem.inTenant(tenant, async (db) => {
    const { rows } = await sql<BatchRow>`
      INSERT INTO siem_batch (tenant_id, batch_token, asset_id, received_at_ms)
      VALUES (${tenant.tenantId}, ${batch.batchToken}, ${batch.assetId}, ${now})
      ON CONFLICT (tenant_id, asset_id, batch_token) DO UPDATE SET batch_token = excluded.batch_token
      RETURNING received_at_ms, receipt`.execute(db);
    const row = rows[0];
    if (row === undefined) throw new Error('the batch ledger returned no row');
    return { receivedAtMs: row.received_at_ms, receipt: row.receipt ?? undefined };
  });
}

export async function remember(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  receipt: Receipt,
): Promise<void> {
  await siem.inTenant(tenant, async (db) => {
    await sql`UPDATE siem_batch SET receipt = ${JSON.stringify(receipt)}::jsonb
      WHERE tenant_id = ${tenant.tenantId} AND asset_id = ${batch.assetId} AND batch_token = ${batch.batchToken}`.execute(
      db,
    );
    if (siem.figures.batches % SWEEP_EVERY_BATCHES === 0) {
      await sql`DELETE FROM siem_batch WHERE received_at_ms < ${siem.now() - LEDGER_DAYS * DAY_MS}`.execute(
        db,
      );
    }
  });
  siem.figures.batches += 1;
}
