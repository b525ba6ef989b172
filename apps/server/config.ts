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
import { type Where, whereStoresAre } from '@demarc/platform/stores/engines';

export interface ServerConfig {
  readonly settings: Settings;
  readonly paths: Layout;
  readonly printed: readonly PrintedSetting[];
  readonly stores: Where;
  /** Of the role `demarc_server`, for a PostgreSQL where it must still be made. */
  readonly serverPassword: string;
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
  return {
    settings,
    paths,
    printed,
    stores: whereStoresAre(settings, paths, secrets),
    serverPassword: secrets.postgres.server,
    cliToken: readFileSync(paths.cliToken, 'utf8').trim(),
  };
}
