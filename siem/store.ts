/** One insert a batch, keyed by its token: a retry cannot double it. Returns once it is on disk. */
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { TenantScope } from '@demarc/platform/tenancy';
import type { Batch } from './carry.ts';
import { siemErrors } from './errors.ts';
import { INSERT_EVENTS } from './event-table.ts';
import type { Load } from './load.ts';
import { INSERT_QUARANTINE, quarantineRows } from './quarantine.ts';
import type { Siem } from './siem.ts';

const INSERT_SECONDS_MAX = 45;

/**
 * @param stored uids that an earlier attempt at this batch has stored already
 * @throws SIEM_STORE_UNAVAILABLE
 */
export async function store(
  siem: Siem,
  tenant: TenantScope,
  batch: Batch,
  load: Load,
  stored: ReadonlySet<string>,
): Promise<void> {
  // Tokens are known to ClickHouse by table, not by tenant: nobody's batch may hide another's.
  const token = `${tenant.tenantId}/${batch.assetId}/${batch.batchToken}`;
  try {
    if (load.rejected.length > 0)
      await insert(siem, INSERT_QUARANTINE, [quarantineRows(tenant, batch, load)], token);
    await insert(siem, INSERT_EVENTS, load.rows(stored), token);
  } catch (error) {
    const because = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw siemErrors.make('SIEM_STORE_UNAVAILABLE', { because }, { cause: error });
  }
  // Not after an error: the request may still be reading the rows.
  load.release();
}

async function insert(siem: Siem, query: string, rows: readonly Buffer[], token: string): Promise<void> {
  if (rows.length === 0) return;
  const { stream } = await siem.clickhouse.exec({
    query,
    // The client's own insert takes objects only.
    values: Readable.from(rows, { objectMode: false }),
    clickhouse_settings: {
      insert_deduplication_token: token,
      insert_deduplicate: 1,
      // On by default since 26: the rows would be put together with those of others, and the token forgotten.
      async_insert: 0,
      // Ended there before it is given up here (`platform/stores/clickhouse.ts`): an insert that came true
      // after its batch was sent again in another cut would be there twice.
      max_execution_time: INSERT_SECONDS_MAX,
    },
  });
  // The reply has no rows; it must be read to its end for the connection to be used again.
  await finished(stream.resume());
}
