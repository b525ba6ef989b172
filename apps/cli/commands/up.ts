import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { DemarcError } from '@demarc/platform/errors';
import type { Command } from 'commander';
import { buildConsole, buildPrograms } from '../builds.ts';
import { knownError } from '../children.ts';
import type { CliConfig } from '../config.ts';
import { cliErrors } from '../errors.ts';
import type { Deps } from '../main.ts';
import { bar, Progress, print, table } from '../output.ts';
import { apiUrl } from '../platform.ts';
import { checkout } from '../programs.ts';
import { platformState, supervisorPid } from '../state.ts';
import { type PlatformState, supervise } from '../supervise.ts';

const UP_SECONDS_MAX = 240;
const POLL_MS = 100;

export function register(program: Command, { config, output }: Deps): void {
  program
    .command('up')
    .description('start the platform and protect this machine')
    .option('--foreground', 'stay in the foreground')
    .action(async (options: { readonly foreground?: boolean }) => {
      const progress = new Progress(output);
      progress.show('console and programs: building');
      const [unbundled] = await Promise.all([buildPrograms(), buildConsole()]);
      if (unbundled !== undefined)
        console.error(`Programs start from their sources, which takes longer: ${unbundled}`);
      if (options.foreground === true) {
        progress.end();
        await supervise(config);
        return;
      }
      const alreadyRunning = supervisorPid(config) !== undefined;
      const pid = supervisorPid(config) ?? startSupervisor(config);
      const state = await running(config, pid, progress);
      const first = firstAdministratorLink(config);
      const result = {
        url: apiUrl(config),
        firstAdministratorLink: first ?? null,
        alreadyRunning,
        parts: state.parts,
      };
      print(output, result, () => summary(config, state, first));
    });
}

function startSupervisor(config: CliConfig): number {
  const log = openLogFile(config);
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', checkout('apps/cli/main.ts'), 'supervise'],
    { detached: true, stdio: ['ignore', log, log], env: config.childEnvironment, cwd: '/' },
  );
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error('the supervisor could not be started');
  return child.pid;
}

/** @throws CLI_DATA_DIRECTORY_UNUSABLE */
function openLogFile(config: CliConfig): number {
  try {
    mkdirSync(config.paths.log, { recursive: true, mode: 0o700 });
    return openSync(config.paths.logFile('supervisor'), 'a', 0o600);
  } catch (error) {
    const directory = config.settings.DEMARC_DATA_DIR;
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_DATA_DIRECTORY_UNUSABLE', { directory, because }, { cause: error });
  }
}

/** Waits until every part is healthy. @throws the error that the supervisor met, or CLI_START_SLOW */
async function running(config: CliConfig, pid: number, progress: Progress): Promise<PlatformState> {
  const deadline = Date.now() + UP_SECONDS_MAX * 1_000;
  let slowest = 'the supervisor';
  while (Date.now() < deadline) {
    const state = platformState(config, pid);
    if (state?.phase === 'failed' && state.error !== undefined) {
      progress.end();
      throw new DemarcError({ ...state.error, status: 503, retryable: true, details: {} });
    }
    if (
      state?.phase === 'running' &&
      state.parts.every((part) => part.pid === null || part.health.state !== 'starting')
    ) {
      progress.end();
      return state;
    }
    if (state === undefined && !alive(pid)) {
      progress.end();
      throw lastError(config);
    }
    const ready = state?.parts.filter((part) => part.health.state === 'healthy').length ?? 0;
    slowest = state?.parts.find((part) => part.health.state === 'starting')?.name ?? slowest;
    progress.show(`${bar(ready / Math.max(1, state?.parts.length ?? 5))} starting ${slowest}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  progress.end();
  throw cliErrors.make('CLI_START_SLOW', { part: slowest, seconds: UP_SECONDS_MAX });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The supervisor ended before it could write its state: its log has the error as this command would print it. */
function lastError(config: CliConfig): DemarcError {
  const log = config.paths.logFile('supervisor');
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  const because = text.trim().split('\n').at(-1) || 'it said nothing';
  return knownError(text) ?? cliErrors.make('CLI_START_FAILED', { part: 'the supervisor', because, log });
}

function firstAdministratorLink(config: CliConfig): string | undefined {
  try {
    return readFileSync(config.paths.firstAdministrator, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function summary(config: CliConfig, state: PlatformState, first: string | undefined): string {
  const parts = table(
    ['part', 'state', 'why'],
    state.parts.map((part) => [part.name, part.health.state, part.health.because]),
  );
  const signIn =
    first === undefined
      ? `Sign in:  ${apiUrl(config)}`
      : `Make the first administrator (one-time link):\n  ${first}`;
  const unprotected =
    process.getuid?.() === 0 ? '' : '\nThis machine is not protected: the agent needs root (fanotify).';
  return `${parts}\n\nConsole:  ${apiUrl(config)}\n${signIn}${unprotected}`;
}
