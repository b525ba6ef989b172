/** Door for integration tests: the real engines, each in a directory of its own that is removed after. */
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { ClickHouseConnection } from './clickhouse.ts';
import { EVENTS_DATABASE, EVENTS_READER, EVENTS_WRITER, startClickHouse } from './clickhouse-engine.ts';
import { engineUser } from './owner.ts';
import type { PostgresConnection } from './postgres.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { connectionAs, type PostgresEngineOptions, startPostgres } from './postgres-engine.ts';

const run = promisify(execFile);

export interface TestPostgres extends AsyncDisposable {
  readonly connection: PostgresConnection;
  readonly ownerConnection: PostgresConnection;
  readonly pid: number;
}

export interface TestClickHouse extends AsyncDisposable, ClickHouseConnection {
  /** The read-only user that searches use. */
  readonly reader: ClickHouseConnection;
  readonly pid: number;
}

const secret = (): string => randomBytes(24).toString('base64url');

export function scratchDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `demarc-${name}-`));
  // The engines' users must get through to their own directories below.
  chmodSync(directory, 0o711);
  return directory;
}

const clusterIn = (directory: string, superuser: string): PostgresEngineOptions => ({
  dataDirectory: join(directory, 'data'),
  socketDirectory: join(directory, 'run'),
  logFile: join(directory, 'log'),
  passwords: { superuser, owner: secret(), server: secret() },
  sharedBuffersMebibytes: 32,
});

/**
 * A copy of a cluster that was initialised once, beside the packages: that takes longer than all else of a start, and fifty
 * files of tests start one.
 *
 * @returns the password of its superuser
 */
async function initialisedOnce(dataDirectory: string): Promise<string> {
  // By what makes it, too: one that was made otherwise is not what the tests are about.
  const sources = ['postgres-engine.ts', 'postgres-roles.ts'].map((file) =>
    readFileSync(new URL(file, import.meta.url)),
  );
  const digest = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16);
  const name = `.demarc-cluster-${postgresBinaries().version}-${digest}`;
  const kept = fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));
  const passwordFile = join(kept, 'superuser');
  if (!existsSync(passwordFile)) {
    const directory = scratchDirectory('pg');
    const superuser = secret();
    const engine = await startPostgres(clusterIn(directory, superuser));
    await engine.stop();
    const made = mkdtempSync(`${kept}-`);
    await run('cp', ['-a', join(directory, 'data'), made]);
    writeFileSync(join(made, 'superuser'), superuser, { mode: 0o600 });
    rmSync(directory, { recursive: true });
    try {
      renameSync(made, kept);
    } catch (error) {
      // Another test made one meanwhile.
      rmSync(made, { recursive: true });
      if (!existsSync(passwordFile)) throw error;
    }
  }
  await run('cp', ['-a', join(kept, 'data'), dataDirectory]);
  return readFileSync(passwordFile, 'utf8');
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const directory = scratchDirectory('pg');
  const options = clusterIn(directory, await initialisedOnce(join(directory, 'data')));
  const { passwords } = options;
  const engine = await startPostgres(options);
  return {
    pid: engine.pid,
    connection: connectionAs(options, 'demarc_server', passwords.server),
    ownerConnection: connectionAs(options, 'demarc_owner', passwords.owner),
    async [Symbol.asyncDispose]() {
      await engine.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function startTestClickHouse(): Promise<TestClickHouse> {
  const directory = scratchDirectory('ch');
  const passwords = { writer: secret(), reader: secret() };
  const engine = await startClickHouse({
    dataDirectory: join(directory, 'data'),
    logFile: join(directory, 'log'),
    port: await freePort(),
    passwords,
  });
  const database = EVENTS_DATABASE;
  return {
    pid: engine.pid,
    url: engine.url,
    username: EVENTS_WRITER,
    password: passwords.writer,
    database,
    reader: { url: engine.url, username: EVENTS_READER, password: passwords.reader, database },
    async [Symbol.asyncDispose]() {
      await engine.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export interface ForeignPostgres extends AsyncDisposable {
  readonly port: number;
  /** As its superuser. */
  administer(query: string): Promise<void>;
}

/** A PostgreSQL as somebody else would run it: on TCP, with users of its own and none of ours. */
export async function startForeignPostgres(): Promise<ForeignPostgres> {
  const directory = scratchDirectory('theirs');
  const [data, passwordFile] = [join(directory, 'data'), join(directory, 'password')];
  const password = secret();
  const port = await freePort();
  const user = engineUser('postgres');
  const binaries = postgresBinaries();
  mkdirSync(data);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== undefined)
    for (const path of [directory, data, passwordFile]) chownSync(path, user.uid, user.gid);
  const as = {
    env: { ...binaries.env, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    cwd: '/',
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  };
  await run(
    join(binaries.directory, 'initdb'),
    ['-D', data, '-U', 'theirs', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
    as,
  );
  const engine = spawn(
    join(binaries.directory, 'postgres'),
    ['-D', data, '-k', directory, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
    { ...as, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => engine.once('exit', resolve));
  const administer = async (query: string): Promise<void> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'theirs', password, database: 'postgres' });
    try {
      await client.connect();
      await client.query(query);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  for (let tries = 0; ; tries += 1) {
    try {
      await administer('SELECT 1');
      break;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    port,
    administer,
    async [Symbol.asyncDispose]() {
      engine.kill('SIGINT');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
