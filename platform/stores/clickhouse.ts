/** The event store's client; the same for the embedded engine and for a cluster elsewhere. */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { DemarcError } from '../errors/errors.ts';
import { storesErrors } from './errors.ts';

export interface ClickHouseConnection {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** Where the user itself is not bound, as the embedded engine's are: nothing is written, and a query ends. */
  readonly readOnly?: boolean;
}

const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 10;
/** What the embedded engine's profile `search` says (`clickhouse-engine.ts`). */
const READ_ONLY = { readonly: '2', max_execution_time: 30, max_memory_usage: '805306368' } as const;

export function openClickHouse(connection: ClickHouseConnection): ClickHouseClient {
  return createClient({
    url: connection.url,
    username: connection.username,
    password: connection.password,
    database: connection.database,
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: CONNECTIONS_MAX,
    // Compression on loopback costs more than it saves; a remote cluster is reached over its own network.
    // Its logger prints whole queries; callers get the typed error and say it once.
    log: { level: ClickHouseLogLevel.OFF },
    compression: { request: false, response: false },
    clickhouse_settings: {
      // JSON numbers lose what is above 2^53.
      output_format_json_quote_64bit_integers: 1,
      date_time_output_format: 'iso',
      ...(connection.readOnly === true ? READ_ONLY : {}),
    },
  });
}

/**
 * Asks a ClickHouse that somebody else runs for its name, and makes the database if it may.
 *
 * @throws STORES_EXTERNAL_UNREACHABLE, STORES_EXTERNAL_UNUSABLE
 */
export async function prepareExternalClickHouse(connection: ClickHouseConnection): Promise<void> {
  const setting = { store: 'ClickHouse', setting: 'DEMARC_CLICKHOUSE_URL' };
  // The database in the connection must exist before anything can be asked there.
  const client = openClickHouse({ ...connection, database: 'system' });
  try {
    const answer = await client.ping({ select: true });
    if (!answer.success)
      throw storesErrors.make('STORES_EXTERNAL_UNREACHABLE', { ...setting, because: said(answer.error) });
    const found = await client.query({
      query: 'SELECT count() AS found FROM system.databases WHERE name = {name:String}',
      query_params: { name: connection.database },
      format: 'JSONEachRow',
    });
    const [row] = await found.json<{ readonly found: string }>();
    if (row?.found !== '1')
      await client.command({
        query: 'CREATE DATABASE IF NOT EXISTS {name:Identifier}',
        query_params: { name: connection.database },
      });
  } catch (error) {
    if (error instanceof DemarcError) throw error;
    throw storesErrors.make(
      'STORES_EXTERNAL_UNUSABLE',
      { ...setting, because: said(error) },
      { cause: error },
    );
  } finally {
    await client.close();
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : String(error);
}
