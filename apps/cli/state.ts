/** What the supervisor says of itself, read from its state file. */
import { readNote } from '@demarc/platform/notes';
import { readProcessFile } from '@demarc/platform/supervisor/processes';
import type { CliConfig } from './config.ts';
import type { PlatformState } from './supervise.ts';

/** The supervisor's process id while it runs. */
export function supervisorPid(config: CliConfig): number | undefined {
  return readProcessFile(config.paths.processFile('supervisor'))?.pid;
}

/** The last state written by process `pid`; undefined before it wrote one. */
export function platformState(config: CliConfig, pid?: number): PlatformState | undefined {
  const state = readNote(config.paths.state) as PlatformState | undefined;
  return pid === undefined || state?.pid === pid ? state : undefined;
}
