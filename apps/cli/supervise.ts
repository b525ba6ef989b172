/** The long-running parent of all parts. `up` starts it detached; `down` asks it to stop. */
import { chmodSync, mkdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadOrMakeSecrets } from '@demarc/platform/config/secrets';
import { DemarcError } from '@demarc/platform/errors';
import { openLog } from '@demarc/platform/log';
import { boundLog } from '@demarc/platform/log/bound';
import { writeNote } from '@demarc/platform/notes';
import { storesErrors } from '@demarc/platform/stores';
import { type PartState, Supervisor } from '@demarc/platform/supervisor';
import { readProcessFile, writeProcessFile } from '@demarc/platform/supervisor/processes';
import { buildAgentPackage } from './builds.ts';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';
import { externalParts } from './external.ts';
import { partsOf } from './platform.ts';
import { VERSION } from './version.ts';

/** Engines misbehave in ugly ways on a full disk: refuse to start, and say so while running. */
const FREE_BYTES_MIN = 536_870_912; // 512 MiB
const POLL_MS = 10_000;
/** Of the state file: its parts, with a reason of at most 1,000 characters each. */
const STATE_BYTES = 32_768;

export interface PlatformState {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  /** `starting` until every part is ready, `failed` when the start was given up. */
  readonly phase: 'starting' | 'running' | 'failed' | 'stopped';
  readonly parts: readonly PartState[];
  readonly error?: { readonly code: string; readonly message: string; readonly fix: string };
}

/** Runs until told to stop. @throws CLI_ALREADY_RUNNING, STORES_DISK_FULL, CLI_DATA_DIRECTORY_UNUSABLE */
export async function supervise(config: CliConfig): Promise<void> {
  prepareDirectories(config);
  const own = config.paths.processFile('supervisor');
  const other = readProcessFile(own);
  if (other !== undefined && other.pid !== process.pid) {
    throw cliErrors.make('CLI_ALREADY_RUNNING', {
      pid: other.pid,
      dataDirectory: config.settings.DEMARC_DATA_DIR,
    });
  }
  writeProcessFile(own, process.pid);
  const log = openLog();
  const startedAt = new Date().toISOString();
  let phase = 'starting' as PlatformState['phase'];
  let problem: PlatformState['error'];
  let disk = diskPart(config);
  let external = await externalParts(config, [], Date.now());
  let agentPackage = packagePart('starting', 'being built for machines that enrol');

  const write = (): void => {
    const state: PlatformState = {
      version: VERSION,
      pid: process.pid,
      startedAt,
      phase,
      parts: [...external, ...supervisor.parts(), disk, agentPackage],
      ...(problem === undefined ? {} : { error: problem }),
    };
    try {
      writeNote(config.paths.state, state, STATE_BYTES, 0o644);
    } catch (error) {
      // It goes on running without: a state nobody can read is no reason to stop protecting.
      log(`the state could not be written: ${String(error)}`);
    }
  };
  const supervisor = new Supervisor(partsOf(config, loadOrMakeSecrets(config.paths)), {
    onChange: (part) => {
      log(`${part.name}: ${part.health.state}: ${part.health.because}`);
      if (!ended) write();
    },
  });
  let ended = false;
  const stopRequested = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const logs = [...supervisor.parts().map(({ name }) => name), 'supervisor'].map(config.paths.logFile);
  const watcher = setInterval(() => {
    disk = diskPart(config);
    boundLogs(logs, log);
    void externalParts(config, external, Date.now()).then((parts) => {
      external = parts;
      if (!ended) write();
    });
  }, POLL_MS);

  const started = supervisor.start().then(
    () => {
      phase = 'running';
      write();
      // Nobody waits for it: the first machine is protected already.
      void buildAgentPackage(config).then(
        () => {
          agentPackage = packagePart('healthy', 'offered by the link');
          write();
        },
        (error: unknown) => {
          const because = error instanceof Error ? error.message.slice(0, 500) : String(error);
          agentPackage = packagePart(
            'failed',
            `other machines cannot be enrolled by the installer: ${because}`,
          );
          write();
        },
      );
    },
    (error: unknown) => {
      phase = 'failed';
      problem = describe(error);
      write();
      return error;
    },
  );
  const failure = await Promise.race([started, stopRequested]);
  if (failure === undefined) await stopRequested;
  clearInterval(watcher);
  await supervisor.stop();
  ended = true;
  if (phase !== 'failed') phase = 'stopped';
  write();
  rmSync(own, { force: true });
  if (failure !== undefined) process.exitCode = 1;
}

/** @throws STORES_DISK_FULL, CLI_DATA_DIRECTORY_UNUSABLE */
function prepareDirectories(config: CliConfig): void {
  const { paths, settings } = config;
  const directory = settings.DEMARC_DATA_DIR;
  try {
    // Engines run as users of their own and must get through to their own directories, not look around.
    for (const path of [dirname(paths.run), paths.run]) {
      mkdirSync(path, { recursive: true, mode: 0o711 });
      chmodSync(path, 0o711);
    }
    mkdirSync(paths.log, { recursive: true, mode: 0o700 });
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_DATA_DIRECTORY_UNUSABLE', { directory, because }, { cause: error });
  }
  refuseUnreachable(directory);
  const freeBytes = freeBytesOf(directory);
  if (freeBytes < FREE_BYTES_MIN) {
    throw storesErrors.make('STORES_DISK_FULL', { directory, freeBytes, neededBytes: FREE_BYTES_MIN });
  }
}

/** Engines and server are not root: a directory above that only root may enter would stop them later, unclearly. */
function refuseUnreachable(directory: string): void {
  if (process.getuid?.() !== 0) return;
  for (let above = dirname(directory); above !== '/'; above = dirname(above)) {
    if ((statSync(above).mode & 0o001) !== 0) continue;
    const because = `${above} may be entered by root alone, and PostgreSQL, ClickHouse and the server do not run as root.`;
    throw cliErrors.make('CLI_DATA_DIRECTORY_UNUSABLE', { directory, because });
  }
}

function boundLogs(files: readonly string[], log: (line: string) => void): void {
  for (const file of files) {
    try {
      if (boundLog(file)) log(`${file} was longer than its bound; what was in it is in ${file}.1`);
    } catch (error) {
      log(`${file} could not be cut: ${String(error)}`);
    }
  }
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function diskPart(config: CliConfig): PartState {
  const freeBytes = freeBytesOf(config.settings.DEMARC_DATA_DIR);
  const enough = freeBytes >= FREE_BYTES_MIN;
  const figures = { freeBytes, freeBytesMin: FREE_BYTES_MIN };
  const because = enough
    ? `${Math.floor(freeBytes / 1_048_576)} MiB free`
    : `only ${Math.floor(freeBytes / 1_048_576)} MiB free; the stores refuse to grow soon`;
  return {
    name: 'disk',
    pid: null,
    restartCount: 0,
    health: { state: enough ? 'healthy' : 'degraded', because, sinceMs: Date.now(), figures },
  };
}

function packagePart(state: PartState['health']['state'], because: string): PartState {
  return {
    name: 'agent-package',
    pid: null,
    restartCount: 0,
    health: { state, because, sinceMs: Date.now() },
  };
}

function describe(error: unknown): NonNullable<PlatformState['error']> {
  if (error instanceof DemarcError) return { code: error.code, message: error.message, fix: error.fix };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'CLI_START_FAILED', message, fix: 'Read the log of the part named here.' };
}
