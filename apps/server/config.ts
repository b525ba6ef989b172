import { readFileSync } from 'node:fs';
import {
  defaultDataDirectory,
  type Layout,
  layout,
  type PrintedSetting,
  readSettings,
  type Settings,
} from '@demarc/platform/config';
import { loadOrMakeSecrets } from '@demarc/platform/config/secrets';
import type { ClickHouseConnection, PostgresConnection } from '@demarc/platform/stores';
import { connectionAs, EVENTS_DATABASE, EVENTS_READER, EVENTS_WRITER } from '@demarc/platform/stores/engines';

export interface ServerConfig {
  readonly settings: Settings;
  readonly paths: Layout;
  readonly printed: readonly PrintedSetting[];
  /** Runs migrations, then is closed. */
  readonly ownerConnection: PostgresConnection;
  readonly connection: PostgresConnection;
  readonly eventWriter: ClickHouseConnection;
  readonly eventReader: ClickHouseConnection;
  /** The local command line's token; only its hash is kept in memory. */
  readonly cliToken: string;
}

/** @throws CONFIG_UNKNOWN_SETTING, CONFIG_INVALID_SETTING */
export function readConfig(): ServerConfig {
  const { settings, printed } = readSettings(
    process.env,
    defaultDataDirectory(process.getuid?.() === 0, process.env['HOME']),
  );
  const paths = layout(settings.DEMARC_DATA_DIR);
  const secrets = loadOrMakeSecrets(paths);
  const socket = { socketDirectory: paths.postgresSocket };
  const external = settings.DEMARC_POSTGRES_URL;
  return {
    settings,
    paths,
    printed,
    ownerConnection:
      external === undefined
        ? connectionAs(socket, 'demarc_owner', secrets.postgres.owner)
        : { kind: 'url', url: external },
    connection:
      external === undefined
        ? connectionAs(socket, 'demarc_server', secrets.postgres.server)
        : { kind: 'url', url: withUser(external, 'demarc_server', secrets.postgres.server) },
    eventWriter: events(settings, EVENTS_WRITER, secrets.clickhouse.writer),
    eventReader: events(settings, EVENTS_READER, secrets.clickhouse.reader),
    cliToken: readFileSync(paths.cliToken, 'utf8').trim(),
  };
}

function events(settings: Settings, username: string, password: string): ClickHouseConnection {
  const external = settings.DEMARC_CLICKHOUSE_URL;
  if (external === undefined)
    return {
      url: `http://127.0.0.1:${settings.DEMARC_CLICKHOUSE_PORT}`,
      username,
      password,
      database: EVENTS_DATABASE,
    };
  const url = new URL(external);
  return {
    url: url.origin,
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1) || EVENTS_DATABASE,
  };
}

function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = encodeURIComponent(password);
  return changed.href;
}
