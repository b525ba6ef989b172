/** The event store's client; the same for the embedded engine and for a cluster elsewhere. */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

export interface ClickHouseConnection {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 10;

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
    },
  });
}
