/**
 * The platform as parts: which there are, in which order they start, and when each is ready.
 *
 * postgres and clickhouse → server → agent. Engines are left out where a URL names one of yours; the agent is
 * left out where we are not root, because fanotify needs it, and that is said.
 */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Secrets } from '@demarc/platform/config/secrets';
import { readNote } from '@demarc/platform/notes';
import { startClickHouse, startPostgres } from '@demarc/platform/stores/engines';
import type { PartDefinition, RunningPart } from '@demarc/platform/supervisor';
import { endLeftover, writeProcessFile } from '@demarc/platform/supervisor/processes';
import { knownError, startChild } from './children.ts';
import type { CliConfig } from './config.ts';
import { program } from './programs.ts';

const run = promisify(execFile);
const LEFTOVER_TIMEOUT_MS = 20_000;
const SERVER_READY_SECONDS_MAX = 90;
const AGENT_READY_SECONDS_MAX = 60;

export function partsOf(config: CliConfig, secrets: Secrets): readonly PartDefinition[] {
  const { settings } = config;
  const parts: PartDefinition[] = [];
  if (settings.DEMARC_POSTGRES_URL === undefined) parts.push(postgres(config, secrets));
  if (settings.DEMARC_CLICKHOUSE_URL === undefined)
    parts.push({ ...clickhouse(config, secrets), isBeside: true });
  parts.push(server(config));
  if (process.getuid?.() === 0) parts.push(agent(config));
  return parts;
}

/** Remembers the part's process, so that it is found again if the supervisor is killed; ends an old one first. */
function remembered(
  config: CliConfig,
  name: string,
  signal: NodeJS.Signals,
  start: () => Promise<RunningPart>,
): PartDefinition {
  const file = config.paths.processFile(name);
  return {
    name,
    restart: true,
    async start() {
      await endLeftover(file, signal, LEFTOVER_TIMEOUT_MS);
      const running = await start();
      try {
        writeProcessFile(file, running.pid);
      } catch (error) {
        // A process that nobody could find again must not stay.
        await running.stop();
        throw error;
      }
      return running;
    },
  };
}

function postgres(config: CliConfig, secrets: Secrets): PartDefinition {
  return remembered(config, 'postgres', 'SIGINT', () =>
    startPostgres({
      dataDirectory: config.paths.postgres,
      socketDirectory: config.paths.postgresSocket,
      logFile: config.paths.logFile('postgres'),
      passwords: secrets.postgres,
    }),
  );
}

function clickhouse(config: CliConfig, secrets: Secrets): PartDefinition {
  return remembered(config, 'clickhouse', 'SIGTERM', () =>
    startClickHouse({
      dataDirectory: config.paths.clickhouse,
      port: config.settings.DEMARC_CLICKHOUSE_PORT,
      logFile: config.paths.logFile('clickhouse'),
      passwords: secrets.clickhouse,
    }),
  );
}

function server(config: CliConfig): PartDefinition {
  return remembered(config, 'server', 'SIGTERM', () =>
    startChild(config, {
      part: 'server',
      main: program('apps/server/main.ts'),
      args: [],
      environment: config.childEnvironment,
      readySecondsMax: SERVER_READY_SECONDS_MAX,
      ready: () => answers(`${apiUrl(config)}/v1/health`),
    }),
  );
}

function agent(config: CliConfig): PartDefinition {
  const directory = config.settings.DEMARC_AGENT_DIR ?? config.paths.agent;
  const environment = { ...config.childEnvironment, DEMARC_AGENT_DIR: directory };
  const statusFile = join(directory, 'status.json');
  return remembered(config, 'agent', 'SIGTERM', async () => {
    if (!isEnrolled(directory)) await enroll(config, environment);
    return startChild(config, {
      part: 'agent',
      main: program('apps/agent/main.ts'),
      args: ['run'],
      environment,
      readySecondsMax: AGENT_READY_SECONDS_MAX,
      ready: async (child) => connected(statusFile, child.pid),
    });
  });
}

/** A damaged identity is none: the same machine enrols again and is the same asset. */
function isEnrolled(agentDirectory: string): boolean {
  try {
    const identity: unknown = JSON.parse(readFileSync(join(agentDirectory, 'identity.json'), 'utf8'));
    return typeof identity === 'object' && identity !== null && 'certificate' in identity;
  } catch {
    return false;
  }
}

/** The machine the platform runs on is its first asset. The token travels in a file, never in arguments. */
async function enroll(config: CliConfig, environment: Readonly<Record<string, string>>): Promise<void> {
  const token = readFileSync(config.paths.cliToken, 'utf8').trim();
  const response = await fetch(`${apiUrl(config)}/v1/tenants/local/enrollment-tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  if (!response.ok)
    throw new Error(`no enrolment token for this machine: ${(await response.text()).slice(0, 300)}`);
  const enrolment = ((await response.json()) as { readonly token: string }).token;
  const tokenFile = join(config.paths.run, 'enrollment-token');
  writeFileSync(tokenFile, enrolment, { mode: 0o600 });
  try {
    const link = `https://127.0.0.1:${config.settings.DEMARC_LINK_LISTEN.port}`;
    await run(
      process.execPath,
      [program('apps/agent/main.ts'), 'enroll', '--server', link, '--token-file', tokenFile],
      {
        env: environment,
      },
    );
  } catch (error) {
    throw knownError((error as { readonly stderr?: string }).stderr ?? '') ?? error;
  } finally {
    rmSync(tokenFile, { force: true });
  }
}

export function apiUrl(config: CliConfig): string {
  const { host, port } = config.settings.DEMARC_API_LISTEN;
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

function connected(statusFile: string, pid: number): boolean {
  const status = readNote(statusFile) as { readonly pid?: number; readonly connected?: boolean } | undefined;
  return status?.pid === pid && status.connected === true;
}
