/** Our own programs as supervised children: server and local agent. */
import { DemarcError } from '@demarc/platform/errors';
import { type EngineProcess, spawnEngine } from '@demarc/platform/stores/engines';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';

const STOP_TIMEOUT_MS = 20_000;
const READY_POLL_MS = 100;
const LAST_WORDS_CHARACTERS_MAX = 16_384;

export interface Child {
  readonly part: string;
  readonly main: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly readySecondsMax: number;
  /** Asked again and again until it says yes. */
  ready(child: EngineProcess): Promise<boolean>;
}

/** @throws what the child said of itself, CLI_START_FAILED, CLI_START_SLOW */
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
      throw await lastWords(wanted.part, logFile, ended);
    }
    if (await wanted.ready(child)) return child;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  await child.stop();
  throw cliErrors.make('CLI_START_SLOW', { part: wanted.part, seconds: wanted.readySecondsMax });
}

/**
 * Programs that know why end with `CODE: sentence`, and `Next step: …` behind it or on the next line: that is
 * the error, as if it had been thrown here.
 */
async function lastWords(
  part: string,
  log: string,
  how: { readonly code: number | null; readonly signal: string | null },
): Promise<DemarcError> {
  const { readFile } = await import('node:fs/promises');
  const text = (await readFile(log, 'utf8').catch(() => '')).slice(-LAST_WORDS_CHARACTERS_MAX);
  const known = knownError(text);
  if (known !== undefined) return known;
  const line = text
    .trim()
    .split('\n')
    .findLast((candidate) => /Error: /.test(candidate));
  const because = (line ?? `it ended (${how.signal ?? `exit code ${how.code}`})`).slice(0, 500);
  return cliErrors.make('CLI_START_FAILED', { part, because, log });
}

/** The last error that a program printed before its end; undefined when something else came after it. */
export function knownError(text: string): DemarcError | undefined {
  const found = /(?:^|\n)([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+): ([^\n]*?)\s+Next step: ([^\n]+)\s*$/.exec(text);
  const [, code, message, fix] = found ?? [];
  if (code === undefined || message === undefined || fix === undefined) return undefined;
  return new DemarcError({ code, message, fix, status: 503, retryable: true, details: {} });
}
