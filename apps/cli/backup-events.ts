/**
 * ClickHouse in a backup: each table as the engine's own columns (Native), compressed. It is the one form that
 * an embedded engine and a cluster elsewhere both write and read, so that either may be restored from the other.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { Secrets } from '@demarc/platform/config/secrets';
import { openClickHouse, prepareExternalClickHouse } from '@demarc/platform/stores';
import { startClickHouse, whereStoresAre } from '@demarc/platform/stores/engines';
import { EVENT_TABLES, ensureEventTable } from '@demarc/siem';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';

const SECONDS_MAX = 86_400;
type Client = ReturnType<typeof openClickHouse>;

export const EVENT_FILES = EVENT_TABLES.map((table) => `${table}.native.zst`);

/** One file a table, in `directory`. @throws CLI_BACKUP_FAILED */
export async function dumpEvents(
  config: CliConfig,
  secrets: Secrets,
  directory: string,
  onTable: (table: string, done: number) => void,
): Promise<void> {
  await withClient(config, secrets, async (client) => {
    for (const [index, table] of EVENT_TABLES.entries()) {
      onTable(table, index / EVENT_TABLES.length);
      const { stream } = await client.exec({
        query: `SELECT * FROM ${table} FORMAT Native`,
        // A reading that fails half-way breaks the connection off, and with it the pipeline.
        clickhouse_settings: { max_execution_time: SECONDS_MAX },
      });
      const file = createWriteStream(join(directory, EVENT_FILES[index] ?? ''), { mode: 0o600 });
      await pipeline(stream, createZstdCompress(), file);
    }
  });
}

/** @throws CLI_BACKUP_FAILED, CLI_RESTORE_NOT_EMPTY */
export async function restoreEvents(
  config: CliConfig,
  secrets: Secrets,
  directory: string,
  onTable: (table: string, done: number) => void,
): Promise<void> {
  const external = config.settings.DEMARC_CLICKHOUSE_URL;
  const where = whereStoresAre(config.settings, config.paths, secrets);
  const engine =
    external === undefined
      ? await startClickHouse({
          dataDirectory: config.paths.clickhouse,
          port: config.settings.DEMARC_CLICKHOUSE_PORT,
          logFile: config.paths.logFile('clickhouse'),
          passwords: secrets.clickhouse,
        })
      : await prepareExternalClickHouse(where.eventWriter);
  try {
    await withClient(config, secrets, async (client) => {
      await ensureEventTable(client);
      for (const [index, table] of EVENT_TABLES.entries()) {
        onTable(table, index / EVENT_TABLES.length);
        await refuseFilled(client, table);
        const values = createReadStream(join(directory, EVENT_FILES[index] ?? '')).pipe(
          createZstdDecompress(),
        );
        const { stream } = await client.exec({
          query: `INSERT INTO ${table} FORMAT Native`,
          values,
          clickhouse_settings: {
            max_execution_time: SECONDS_MAX,
            async_insert: 0,
            // A block of a quiet system may hold more days than a client is usually let write at once.
            max_partitions_per_insert_block: '0',
          },
        });
        await finished(stream.resume());
      }
    });
  } finally {
    await engine?.stop();
  }
}

async function refuseFilled(client: Client, table: string): Promise<void> {
  const answer = await client.query({
    query: `SELECT count() > 0 AS filled FROM ${table}`,
    format: 'JSONEachRow',
  });
  const [row] = await answer.json<{ readonly filled: number }>();
  if (row?.filled !== 0) throw cliErrors.make('CLI_RESTORE_NOT_EMPTY', { directory: `The table ${table}` });
}

async function withClient(
  config: CliConfig,
  secrets: Secrets,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = openClickHouse(whereStoresAre(config.settings, config.paths, secrets).eventWriter);
  try {
    await work(client);
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('CLI_')) throw error;
    const because = error instanceof Error ? error.message.slice(0, 400) : String(error);
    throw cliErrors.make('CLI_BACKUP_FAILED', { part: 'ClickHouse', because }, { cause: error });
  } finally {
    await client.close();
  }
}
