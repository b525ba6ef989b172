/** The road through the server; read it top to bottom. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { Receipt } from '@demarc/platform/link';
import type { TenantScope } from '@demarc/platform/tenancy';
import { accept, type Rejected } from './accept.ts';
import { recall, remember } from './batches.ts';
import { detect } from './detect.ts';
import { enrich } from './enrich.ts';
import { publish } from './publish.ts';
import type { Siem } from './siem.ts';
import { store } from './store.ts';

export interface Batch {
  /** SHA-256 (hex) of the record lines: the same bytes have the same token, however often they come. */
  readonly batchToken: string;
  readonly assetId: string;
  readonly events: readonly BatchEvent[];
  /** Records that could not even be read; they end in quarantine and in the receipt like invalid events. */
  readonly malformed?: readonly Rejected[];
}

export interface BatchEvent {
  /** The record's place in the batch, for the receipt. */
  readonly index: number;
  readonly event: OcsfEvent;
  /** The JSON it was read from, to be kept as it was sent; without it the event is written anew. */
  readonly json?: Uint8Array | undefined;
}

/**
 * Carries one batch from the link to the store and to whoever watches.
 *
 * Any step may be cut off by a crash; sending the same batch again ends in the same rows, counted once.
 *
 * @throws SIEM_STORE_UNAVAILABLE, SIEM_LEDGER_UNAVAILABLE, SIEM_BUSY; then nothing was acknowledged and
 *   the sender keeps the batch
 */
export async function carry(siem: Siem, tenant: TenantScope, batch: Batch): Promise<Receipt> {
  if (batch.events.length === 0 && (batch.malformed ?? []).length === 0) return nothing(batch);
  return siem.turns.take(tenant.tenantId, batch.assetId, async () => {
    const arrival = await recall(siem, tenant, batch);
    if (arrival.receipt !== undefined) return repeated(siem, arrival.receipt);
    const { fresh, duplicateCount, rejected, stored } = await accept(siem, tenant, batch, arrival);
    const events = enrich(tenant, batch.assetId, arrival.receivedAtMs, fresh);
    const findings = detect(siem, events);
    const all = [...events, ...findings];
    await store(
      siem,
      tenant,
      batch,
      arrival,
      all.filter(({ event }) => !stored.has(event.metadata.uid)),
      rejected,
    );
    const receipt: Receipt = {
      batchToken: batch.batchToken,
      acceptedCount: fresh.length,
      duplicateCount,
      rejected: rejected.map(({ index, code, detail }) => ({ index, code, detail })),
    };
    const counts = {
      accepted: fresh.length,
      duplicates: duplicateCount,
      rejected: rejected.length,
      clamped: fresh.filter(({ originalTimeMs }) => originalTimeMs !== undefined).length,
      findings: findings.length,
    };
    await remember(siem, tenant, batch, receipt, counts);
    siem.figures.batches += 1;
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) siem.figures[name] += counts[name];
    publish(siem, tenant, all);
    return receipt;
  });
}

/** A batch of evidence only: there is nothing here to remember. */
function nothing({ batchToken }: Batch): Receipt {
  return { batchToken, acceptedCount: 0, duplicateCount: 0, rejected: [] };
}

/** What was accepted then is a duplicate now. */
function repeated(siem: Siem, receipt: Receipt): Receipt {
  siem.figures.repeatedBatches += 1;
  return { ...receipt, acceptedCount: 0, duplicateCount: receipt.acceptedCount + receipt.duplicateCount };
}
