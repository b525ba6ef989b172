import { type PrintedSetting, readSettings, type Settings } from '@demarc/platform/config';

const DEFAULT_DIRECTORY = '/var/lib/demarc-agent';

export interface AgentConfig {
  readonly directory: string;
  readonly spoolBytesMax: number;
  readonly printed: readonly PrintedSetting[];
}

/** @throws CONFIG_UNKNOWN_SETTING, CONFIG_INVALID_SETTING */
export function readConfig(): AgentConfig {
  const { settings, printed }: { settings: Settings; printed: readonly PrintedSetting[] } = readSettings(
    process.env,
    DEFAULT_DIRECTORY,
  );
  return {
    directory: settings.DEMARC_AGENT_DIR ?? DEFAULT_DIRECTORY,
    spoolBytesMax: settings.DEMARC_SPOOL_BYTES_MAX,
    printed,
  };
}
