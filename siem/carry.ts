/** The road through the server; read it top to bottom. */
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { Receipt } from '@demarc/platform/link';
import type { TenantScope } from '@demarc/platform/tenancy';
import { accept } from './accept.ts';
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
  /** `index` is the record's place in the batch, for the receipt. */
  readonly events: readonly { readonly index: number; readonly event: OcsfEvent }[];
}

/**
 * Carries one batch from the link to the store and to whoever watches.
 *
 * Any step may be cut off by a crash; sending the same batch again ends in the same rows, counted once.
 *
 * @throws SIEM_STORE_UNAVAILABLE; then nothing was acknowledged and the sender keeps the batch
 */
export async function carry(siem: Siem, tenant: TenantScope, batch: Batch): Promise<Receipt> {
  const before = await recall(siem, tenant, batch);
  if (before.receipt !== undefined) return repeated(before.receipt);
  const { fresh, duplicateCount, rejected } = await accept(siem, tenant, batch, before);
  const events = enrich(tenant, batch.assetId, fresh);
  const findings = detect(siem, events);
  const all = [...events, ...findings];
  await store(siem, tenant, batch.batchToken, all, rejected);
  const receipt: Receipt = {
    batchToken: batch.batchToken,
    acceptedCount: fresh.length,
    duplicateCount,
    rejected: rejected.map(({ index, code, detail }) => ({ index, code, detail })),
  };
  await remember(siem, tenant, batch, receipt);
  publish(siem, tenant, all);
  return receipt;
}

/** What was accepted then is a duplicate now. */
function repeated(receipt: Receipt): Receipt {
  return { ...receipt, acceptedCount: 0, duplicateCount: receipt.acceptedCount + receipt.duplicateCount };
}
