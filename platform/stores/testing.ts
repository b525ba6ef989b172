/** Door for integration tests: the real engines, each in a directory of its own that is removed after. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseConnection } from './clickhouse.ts';
import { EVENTS_DATABASE, EVENTS_READER, EVENTS_WRITER, startClickHouse } from './clickhouse-engine.ts';
import type { PostgresConnection } from './postgres.ts';
import { connectionAs, startPostgres } from './postgres-engine.ts';

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

export async function startTestPostgres(): Promise<TestPostgres> {
  const directory = scratchDirectory('pg');
  const passwords = { superuser: secret(), owner: secret(), server: secret() };
  const options = {
    dataDirectory: join(directory, 'data'),
    socketDirectory: join(directory, 'run'),
    logFile: join(directory, 'log'),
    passwords,
    sharedBuffersMebibytes: 32,
  };
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
    backupDirectory: join(directory, 'backup'),
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

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
