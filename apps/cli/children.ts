/** Our own programs as supervised children: server and local agent. */
import { fileURLToPath } from 'node:url';
import { type EngineProcess, spawnEngine } from '@demarc/platform/stores/engines';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';

const STOP_TIMEOUT_MS = 20_000;
const READY_POLL_MS = 100;

export const program = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface Child {
  readonly part: string;
  readonly main: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly readySecondsMax: number;
  /** Asked again and again until it says yes. */
  ready(child: EngineProcess): Promise<boolean>;
}

/** @throws CLI_START_FAILED, CLI_START_SLOW */
export async function startChild(config: CliConfig, wanted: Child): Promise<EngineProcess> {
  const logFile = config.paths.logFile(wanted.part);
  const child = await spawnEngine({
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', wanted.main, ...wanted.args],
    env: wanted.environment,
    cwd: '/',
    logFile,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    tether: true,
  });
  let ended: { readonly code: number | null; readonly signal: string | null } | undefined;
  void child.exited.then((how) => {
    ended = how;
  });
  const deadline = Date.now() + wanted.readySecondsMax * 1_000;
  while (Date.now() < deadline) {
    if (ended !== undefined) {
      const because = await lastWords(logFile, ended);
      throw cliErrors.make('CLI_START_FAILED', { part: wanted.part, because, log: logFile });
    }
    if (await wanted.ready(child)) return child;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  await child.stop();
  throw cliErrors.make('CLI_START_SLOW', { part: wanted.part, seconds: wanted.readySecondsMax });
}

/** Programs end with one line `CODE: sentence Next step: …` when they know why. */
async function lastWords(
  logFile: string,
  how: { readonly code: number | null; readonly signal: string | null },
): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n');
  const known = lines.findLast((line) => /^[A-Z][A-Z0-9_]+: /.test(line) || /Error: /.test(line));
  return (known ?? `it ended (${how.signal ?? `exit code ${how.code}`})`).slice(0, 500);
}
