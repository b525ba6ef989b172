import {
  defaultDataDirectory,
  type Layout,
  layout,
  type PrintedSetting,
  readSettings,
  type Settings,
} from '@demarc/platform/config';

export interface CliConfig {
  readonly settings: Settings;
  readonly paths: Layout;
  readonly printed: readonly PrintedSetting[];
  /** What children inherit of the environment: how to find programs, and our own settings. */
  readonly childEnvironment: Readonly<Record<string, string>>;
}

const INHERITED =
  /^(PATH|HOME|LANG|LC_[A-Z]+|TZ|DEMARC_.+|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE(_PORTABLE)?|SSL_CERT_FILE)$/;

/** @throws CONFIG_UNKNOWN_SETTING, CONFIG_INVALID_SETTING */
export function readConfig(): CliConfig {
  const environment = process.env;
  const { settings, printed } = readSettings(
    environment,
    defaultDataDirectory(process.getuid?.() === 0, environment['HOME']),
  );
  const childEnvironment: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && INHERITED.test(name)) childEnvironment[name] = value;
  }
  childEnvironment['DEMARC_DATA_DIR'] = settings.DEMARC_DATA_DIR;
  return { settings, paths: layout(settings.DEMARC_DATA_DIR), printed, childEnvironment };
}
