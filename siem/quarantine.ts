/** What cannot be an event, with the reason, so that its producer can be corrected and nothing vanishes. */
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Batch } from './carry.ts';
import type { Load } from './load.ts';
import { RowBinaryWriter } from './row-binary.ts';

export const INSERT_QUARANTINE = `INSERT INTO quarantine (tenant_id, received_at, batch, asset_id, record_index, code,
  detail, raw) FORMAT RowBinary`;

/** Of one record; enough to see what is wrong with it. */
const RAW_BYTES_MAX = 16_384;
/** Of one batch: a sender gone mad must not fill the disk. The receipt and the counts name all of them. */
const RECORDS_MAX = 200;

export function quarantineRows(tenant: TenantScope, batch: Batch, load: Load): Buffer {
  const writer = new RowBinaryWriter(65_536);
  const token = Buffer.from(batch.batchToken, 'latin1');
  for (const { index, code, detail, raw } of load.rejected.slice(0, RECORDS_MAX)) {
    writer.text(tenant.tenantId);
    writer.int64(load.receivedAtMs);
    writer.fixed(token);
    writer.text(batch.assetId);
    writer.uint32(index);
    writer.text(code);
    writer.text(detail);
    if (typeof raw === 'string') writer.text(raw.slice(0, RAW_BYTES_MAX));
    else writer.bytes(raw.subarray(0, RAW_BYTES_MAX));
  }
  return writer.written;
}
