/**
 * Backup and restore of everything that is state: both stores and the keys, in one private directory with a
 * manifest of digests.
 *
 * PostgreSQL by its own pg_dump, ClickHouse by its own BACKUP: each consistent in itself. Events that arrive
 * between the two are in the later one only; agents still hold what no receipt named.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadOrMakeSecrets, type Secrets } from '@demarc/platform/config/secrets';
import { openClickHouse } from '@demarc/platform/stores';
import {
  CLICKHOUSE_USER,
  connectionAs,
  DATABASE,
  EVENTS_DATABASE,
  EVENTS_WRITER,
  engineUser,
  postgresBinaries,
  startClickHouse,
  startPostgres,
} from '@demarc/platform/stores/engines';
import * as z from 'zod';
import type { CliConfig } from './config.ts';
import { cliErrors } from './errors.ts';
import { supervisorPid } from './state.ts';
import { VERSION } from './version.ts';

const run = promisify(execFile);
const FORMAT = 1;
const POSTGRES_FILE = 'postgres.dump';
const EVENTS_FILE = 'events.tar.gz';
const BACKUP_TIMEOUT_SECONDS = 3_600;

const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  version: z.string(),
  madeAt: z.iso.datetime(),
  /** Path within the backup → SHA-256. */
  files: z.record(z.string().regex(/^[\w./-]+$/), z.string().regex(/^[0-9a-f]{64}$/)),
});
export type Manifest = z.infer<typeof Manifest>;

/** @throws CLI_NOT_RUNNING, CLI_RESTORE_NOT_EMPTY when `to` holds something */
export async function backUp(config: CliConfig, to: string): Promise<Manifest> {
  if (supervisorPid(config) === undefined)
    throw cliErrors.make('CLI_NOT_RUNNING', { dataDirectory: config.settings.DEMARC_DATA_DIR });
  if (existsSync(to) && readdirSync(to).length > 0)
    throw cliErrors.make('CLI_RESTORE_NOT_EMPTY', { directory: to });
  mkdirSync(join(to, 'keys'), { recursive: true, mode: 0o700 });
  chmodSync(to, 0o700);
  const secrets = loadOrMakeSecrets(config.paths);
  await dumpPostgres(config, secrets, join(to, POSTGRES_FILE));
  await backUpEvents(config, secrets, join(to, EVENTS_FILE));
  for (const name of readdirSync(config.paths.keys))
    copyFileSync(join(config.paths.keys, name), join(to, 'keys', name));
  const files: Record<string, string> = {};
  for (const name of [
    POSTGRES_FILE,
    EVENTS_FILE,
    ...readdirSync(join(to, 'keys')).map((key) => `keys/${key}`),
  ]) {
    chmodSync(join(to, name), 0o600);
    files[name] = await digestOf(join(to, name));
  }
  const manifest: Manifest = { format: FORMAT, version: VERSION, madeAt: new Date().toISOString(), files };
  // Last: a directory with a manifest is a whole backup.
  writeFileSync(join(to, 'manifest.json'), JSON.stringify(manifest, null, 2), { mode: 0o600 });
  return manifest;
}

/** Into an empty data directory. @throws CLI_BACKUP_UNREADABLE, CLI_RESTORE_NOT_EMPTY */
export async function restore(config: CliConfig, from: string): Promise<Manifest> {
  const manifest = await checked(from);
  const directory = config.settings.DEMARC_DATA_DIR;
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw cliErrors.make('CLI_RESTORE_NOT_EMPTY', { directory });
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  mkdirSync(config.paths.run, { recursive: true, mode: 0o711 });
  mkdirSync(config.paths.log, { recursive: true, mode: 0o700 });
  mkdirSync(config.paths.keys, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(join(from, 'keys'))) {
    copyFileSync(join(from, 'keys', name), join(config.paths.keys, name));
    chmodSync(join(config.paths.keys, name), 0o600);
  }
  const secrets = loadOrMakeSecrets(config.paths);
  await restorePostgres(config, secrets, join(from, POSTGRES_FILE));
  await restoreEvents(config, secrets, join(from, EVENTS_FILE));
  return manifest;
}

async function checked(from: string): Promise<Manifest> {
  const unreadable = (because: string) => cliErrors.make('CLI_BACKUP_UNREADABLE', { file: from, because });
  let manifest: Manifest;
  try {
    manifest = Manifest.parse(JSON.parse(readFileSync(join(from, 'manifest.json'), 'utf8')));
  } catch {
    throw unreadable('it has no readable manifest.json');
  }
  if (newerThan(manifest.version, VERSION))
    throw unreadable(`it was made by version ${manifest.version}, this is ${VERSION}`);
  for (const [name, digest] of Object.entries(manifest.files)) {
    if (name.includes('..') || !existsSync(join(from, name))) throw unreadable(`${name} is missing`);
    if ((await digestOf(join(from, name))) !== digest)
      throw unreadable(`${name} is not what was written: its digest differs`);
  }
  return manifest;
}

/** Numbers, part by part: 0.10.0 is newer than 0.9.0. */
function newerThan(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let part = 0; part < 3; part += 1) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

async function dumpPostgres(config: CliConfig, secrets: Secrets, file: string): Promise<void> {
  await withPasswordFile(config, secrets, async (env, connection) => {
    await run(
      join(postgresBinaries().directory, 'pg_dump'),
      [...connection, '--format=custom', `--file=${file}`, DATABASE],
      { env },
    );
  });
}

async function restorePostgres(config: CliConfig, secrets: Secrets, file: string): Promise<void> {
  const engine = await startPostgres({
    dataDirectory: config.paths.postgres,
    socketDirectory: config.paths.postgresSocket,
    logFile: config.paths.logFile('postgres'),
    passwords: secrets.postgres,
  });
  try {
    await withPasswordFile(config, secrets, async (env, connection) => {
      await run(
        join(postgresBinaries().directory, 'pg_restore'),
        [...connection, '--exit-on-error', '--single-transaction', `--dbname=${DATABASE}`, file],
        { env },
      );
    });
  } finally {
    await engine.stop();
  }
}

/** The password goes through a private file: arguments and environments are read by others. */
async function withPasswordFile(
  config: CliConfig,
  secrets: Secrets,
  work: (env: Record<string, string>, connection: readonly string[]) => Promise<void>,
): Promise<void> {
  const { paths, settings } = config;
  if (settings.DEMARC_POSTGRES_URL !== undefined)
    return work({ PATH: '/usr/bin:/bin' }, [`--dbname=${settings.DEMARC_POSTGRES_URL}`]);
  const passwordFile = join(paths.keys, '.pgpass');
  const { directory, port } = connectionAs({ socketDirectory: paths.postgresSocket }, 'postgres', '') as {
    readonly directory: string;
    readonly port: number;
  };
  writeFileSync(passwordFile, `*:*:*:postgres:${secrets.postgres.superuser}\n`, { mode: 0o600 });
  try {
    await work({ PATH: '/usr/bin:/bin', PGPASSFILE: passwordFile }, [
      `--host=${directory}`,
      `--port=${port}`,
      '--username=postgres',
      '--no-password',
    ]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function backUpEvents(config: CliConfig, secrets: Secrets, file: string): Promise<void> {
  const name = `backup-${process.pid}.tar.gz`;
  await onEvents(
    config,
    secrets,
    `BACKUP DATABASE ${EVENTS_DATABASE} TO File({file:String})`,
    join(config.paths.clickhouseBackup, name),
  );
  moveFile(join(config.paths.clickhouseBackup, name), file);
}

async function restoreEvents(config: CliConfig, secrets: Secrets, file: string): Promise<void> {
  const engine = await startClickHouse({
    dataDirectory: config.paths.clickhouse,
    backupDirectory: config.paths.clickhouseBackup,
    port: config.settings.DEMARC_CLICKHOUSE_PORT,
    logFile: config.paths.logFile('clickhouse'),
    passwords: secrets.clickhouse,
  });
  const inside = join(config.paths.clickhouseBackup, 'restore.tar.gz');
  try {
    copyFileSync(file, inside);
    chmodSync(inside, 0o600);
    const owner = engineUser(CLICKHOUSE_USER);
    if (owner !== undefined) chownSync(inside, owner.uid, owner.gid);
    await onEvents(
      config,
      secrets,
      `RESTORE DATABASE ${EVENTS_DATABASE} FROM File({file:String}) SETTINGS allow_non_empty_tables = true`,
      inside,
    );
  } finally {
    rmSync(inside, { force: true });
    await engine.stop();
  }
}

/** BACKUP takes its path as a literal only; it is ours, and quoted all the same. */
async function onEvents(config: CliConfig, secrets: Secrets, query: string, file: string): Promise<void> {
  const client = openClickHouse({
    url: `http://127.0.0.1:${config.settings.DEMARC_CLICKHOUSE_PORT}`,
    username: EVENTS_WRITER,
    password: secrets.clickhouse.writer,
    database: 'system',
  });
  const literal = `'${file.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  try {
    await client.command({
      query: query.replace('{file:String}', literal),
      clickhouse_settings: { max_execution_time: BACKUP_TIMEOUT_SECONDS },
    });
  } finally {
    await client.close();
  }
}

function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // Another file system.
    copyFileSync(from, to);
    rmSync(from);
  }
  if (process.getuid?.() === 0) chownSync(to, 0, 0);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  if (statSync(file).size > 0) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
