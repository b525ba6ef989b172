/** Which stores the settings mean: the embedded ones, or those of somebody else. */
import type { Layout, Settings } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import type { ClickHouseConnection } from './clickhouse.ts';
import { EVENTS_DATABASE, EVENTS_READER, EVENTS_WRITER } from './clickhouse-engine.ts';
import type { PostgresConnection } from './postgres.ts';
import { connectionAs } from './postgres-engine.ts';
import { asServer } from './postgres-external.ts';

export interface Where {
  /** Owns the tables and runs migrations. */
  readonly owner: PostgresConnection;
  readonly server: PostgresConnection;
  readonly eventWriter: ClickHouseConnection;
  readonly eventReader: ClickHouseConnection;
}

export function whereStoresAre(settings: Settings, paths: Layout, secrets: Secrets): Where {
  const postgres = settings.DEMARC_POSTGRES_URL;
  const socket = { socketDirectory: paths.postgresSocket };
  const { writer, reader } = secrets.clickhouse;
  return {
    owner:
      postgres === undefined
        ? connectionAs(socket, 'demarc_owner', secrets.postgres.owner)
        : { kind: 'url', url: postgres },
    server:
      postgres === undefined
        ? connectionAs(socket, 'demarc_server', secrets.postgres.server)
        : { kind: 'url', url: asServer(postgres, secrets.postgres.server) },
    eventWriter: events(settings, EVENTS_WRITER, writer),
    eventReader: { ...events(settings, EVENTS_READER, reader), ...readOnly(settings) },
  };
}

/** The embedded engine's own user for searches is bound by its profile, and may not say it again. */
function readOnly(settings: Settings): { readonly readOnly?: boolean } {
  return settings.DEMARC_CLICKHOUSE_URL === undefined ? {} : { readOnly: true };
}

function events(settings: Settings, username: string, password: string): ClickHouseConnection {
  const external = settings.DEMARC_CLICKHOUSE_URL;
  if (external === undefined) {
    const url = `http://127.0.0.1:${settings.DEMARC_CLICKHOUSE_PORT}`;
    return { url, username, password, database: EVENTS_DATABASE };
  }
  const url = new URL(external);
  return {
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || EVENTS_DATABASE,
  };
}
