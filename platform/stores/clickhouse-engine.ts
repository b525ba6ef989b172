/**
 * ClickHouse as a supervised, unprivileged child: the real server inside the `chdb` library, its own HTTP
 * listener on loopback, a user for the server that may write and one for searches that may only read.
 */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemarcError } from '../errors/errors.ts';
import { type EngineProcess, spawnEngine } from './engine-process.ts';
import { storesErrors } from './errors.ts';
import { engineUser, privateDirectory } from './owner.ts';

const ENGINE = 'ClickHouse';
export const CLICKHOUSE_USER = 'demarc-events';
export const EVENTS_DATABASE = 'demarc';
export const EVENTS_WRITER = 'demarc_server';
export const EVENTS_READER = 'demarc_search';
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
const MEBIBYTE = 1_048_576;
/** Of the engine as a whole; a query that needs more is refused, the engine lives on. */
const MEMORY_BYTES_MAX = 3_072 * MEBIBYTE;
const QUERY_MEMORY_BYTES_MAX = 1_024 * MEBIBYTE;
const SEARCH_MEMORY_BYTES_MAX = 768 * MEBIBYTE;
export const SEARCH_SECONDS_MAX = 30;

export interface ClickHouseEngineOptions {
  readonly dataDirectory: string;
  readonly port: number;
  readonly logFile: string;
  readonly passwords: { readonly writer: string; readonly reader: string };
  /** The setting to name when the port is taken. */
  readonly portSetting?: string;
}

export interface ClickHouseEngine extends EngineProcess {
  readonly url: string;
  /** The engine starts without what it cannot read: somebody has to say so. */
  readonly degraded: DemarcError | undefined;
}

/**
 * Starts ClickHouse and returns when its listener answers.
 *
 * @throws STORES_PORT_TAKEN, STORES_DATA_DIRECTORY_LOCKED, STORES_DATA_DIRECTORY_CORRUPT, STORES_ENGINE_FAILED
 */
export async function startClickHouse(options: ClickHouseEngineOptions): Promise<ClickHouseEngine> {
  const user = engineUser(CLICKHOUSE_USER);
  await refuseTakenPort(options);
  privateDirectory(options.dataDirectory, user);
  const configFile = join(options.dataDirectory, 'server.xml');
  const usersFile = join(options.dataDirectory, 'users.xml');
  writePrivate(usersFile, usersXml(options.passwords), user);
  writePrivate(configFile, serverXml(options, usersFile), user);

  const logOffset = existsSync(options.logFile) ? readFileSync(options.logFile).length : 0;
  const child = await spawnEngine({
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('./clickhouse.child.ts', import.meta.url)),
      JSON.stringify({ config: configFile, ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) }),
    ],
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LANG: 'C.UTF-8' },
    cwd: '/',
    logFile: options.logFile,
    // The engine has no shutdown of its own here; parts are written whole, so an immediate end is safe.
    stopSignal: 'SIGTERM',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    tether: true,
  });
  const url = `http://127.0.0.1:${options.port}`;
  try {
    await answering(url, options, child, logOffset);
    return { ...child, url, degraded: await damaged(url, options) };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** Parts that the engine could not read when it started. */
async function damaged(url: string, options: ClickHouseEngineOptions): Promise<DemarcError | undefined> {
  const rows = await asWriter(
    url,
    options.passwords.writer,
    `SELECT table, count() AS parts FROM system.detached_parts
      WHERE database = '${EVENTS_DATABASE}' AND startsWith(reason, 'broken') GROUP BY table ORDER BY table FORMAT TSV`,
  );
  const found = rows
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
  if (found.length === 0) return undefined;
  return storesErrors.make('STORES_EVENTS_DAMAGED', {
    parts: found.reduce((sum, [, parts]) => sum + Number(parts), 0),
    tables: found.map(([table]) => table).join(', '),
    directory: options.dataDirectory,
  });
}

async function answering(
  url: string,
  options: ClickHouseEngineOptions,
  child: EngineProcess,
  logOffset: number,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let gone = false;
  void child.exited.then(() => {
    gone = true;
  });
  while (!gone && Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(2_000) });
      if (response.ok) {
        await asWriter(url, options.passwords.writer, 'CREATE DATABASE IF NOT EXISTS demarc');
        return;
      }
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw startFailure(options, logOffset);
}

/** @param query of our own text @returns what it answered */
async function asWriter(url: string, password: string, query: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-clickhouse-user': EVENTS_WRITER, 'x-clickhouse-key': password },
    body: query,
  });
  const said = await response.text();
  if (!response.ok) throw new Error(`ClickHouse refused what it needs to start: ${said.slice(0, 300)}`);
  return said;
}

function startFailure(options: ClickHouseEngineOptions, logOffset: number): DemarcError {
  const said = existsSync(options.logFile)
    ? readFileSync(options.logFile).subarray(logOffset).toString('utf8')
    : '';
  const directory = options.dataDirectory;
  if (/Cannot lock file|Another server instance/i.test(said)) {
    return storesErrors.make('STORES_DATA_DIRECTORY_LOCKED', { engine: ENGINE, directory });
  }
  if (/Address already in use/i.test(said)) return portTaken(options);
  if (/No space left on device/i.test(said)) {
    return storesErrors.make('STORES_DISK_FULL', { directory, freeBytes: 0, neededBytes: 64 * MEBIBYTE });
  }
  const code = /Code: \d+\. DB::Exception: ([^\n]{1,300})/.exec(said)?.[1];
  if (code !== undefined)
    return storesErrors.make('STORES_DATA_DIRECTORY_CORRUPT', { engine: ENGINE, directory, because: code });
  const because = said.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  return storesErrors.make('STORES_ENGINE_FAILED', {
    engine: ENGINE,
    because: because || 'it said nothing',
    log: options.logFile,
  });
}

/** The engine's own complaint about a taken port comes late and unclear: ask the kernel first. */
async function refuseTakenPort(options: ClickHouseEngineOptions): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen(options.port, '127.0.0.1', resolve);
    });
  } catch (error) {
    throw portTaken(options, error);
  }
  await new Promise((resolve) => probe.close(resolve));
}

function portTaken(options: ClickHouseEngineOptions, cause?: unknown): DemarcError {
  return storesErrors.make(
    'STORES_PORT_TAKEN',
    { port: options.port, setting: options.portSetting ?? 'DEMARC_CLICKHOUSE_PORT' },
    { cause },
  );
}

function writePrivate(file: string, content: string, user: { uid: number; gid: number } | undefined): void {
  // Written over only when it changes: on a full disk that would leave half a file, and no way back.
  if (!existsSync(file) || readFileSync(file, 'utf8') !== content)
    writeFileSync(file, content, { mode: 0o600 });
  chmodSync(file, 0o600);
  if (user !== undefined) chownSync(file, user.uid, user.gid);
}

function serverXml(options: ClickHouseEngineOptions, usersFile: string): string {
  return `<clickhouse>
  <logger><console>1</console></logger>
  <path>${xml(options.dataDirectory)}</path>
  <users_config>${xml(usersFile)}</users_config>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${options.port}</http_port>
  <max_server_memory_usage>${MEMORY_BYTES_MAX}</max_server_memory_usage>
  <mark_cache_size>${64 * MEBIBYTE}</mark_cache_size>
</clickhouse>
`;
}

/**
 * The built-in `default` user must stay without a password, because the engine's own session logs in as it;
 * it may start the listener, read a table of numbers, and nothing else.
 */
function usersXml(passwords: ClickHouseEngineOptions['passwords']): string {
  const hash = (password: string): string => createHash('sha256').update(password).digest('hex');
  const local = '<networks><ip>127.0.0.1</ip></networks><quota>default</quota>';
  const grants = (...queries: readonly string[]): string =>
    `<grants>${queries.map((query) => `<query>${query}</query>`).join('')}</grants>`;
  return `<clickhouse>
  <users>
    <default><password></password>${local}<profile>default</profile>${grants('GRANT SYSTEM LISTEN ON *.*', 'GRANT SELECT ON system.numbers')}</default>
    <${EVENTS_WRITER}><password_sha256_hex>${hash(passwords.writer)}</password_sha256_hex>${local}<profile>writer</profile>${grants(
      `GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, TRUNCATE, OPTIMIZE ON ${EVENTS_DATABASE}.*`,
      'GRANT TABLE ENGINE ON *',
      'GRANT SELECT ON system.*',
    )}</${EVENTS_WRITER}>
    <${EVENTS_READER}><password_sha256_hex>${hash(passwords.reader)}</password_sha256_hex>${local}<profile>search</profile>${grants(
      `GRANT SELECT ON ${EVENTS_DATABASE}.*`,
    )}</${EVENTS_READER}>
  </users>
  <profiles>
    <default><max_memory_usage>${64 * MEBIBYTE}</max_memory_usage></default>
    <writer><max_memory_usage>${QUERY_MEMORY_BYTES_MAX}</max_memory_usage></writer>
    <search>
      <readonly>2</readonly>
      <max_memory_usage>${SEARCH_MEMORY_BYTES_MAX}</max_memory_usage>
      <max_execution_time>${SEARCH_SECONDS_MAX}</max_execution_time>
      <constraints><max_memory_usage><max>${SEARCH_MEMORY_BYTES_MAX}</max></max_memory_usage><max_execution_time><max>${SEARCH_SECONDS_MAX}</max></max_execution_time></constraints>
    </search>
  </profiles>
  <quotas><default></default></quotas>
</clickhouse>
`;
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
