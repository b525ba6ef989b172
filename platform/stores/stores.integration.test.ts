/** The real engines: what the platform relies on, tried against them and not against their documentation. */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { ClickHouseClient } from '@clickhouse/client';
import { sql } from 'kysely';
import { grantTenantScope } from '../tenancy/grant.ts';
import { openClickHouse } from './clickhouse.ts';
import { startClickHouse } from './clickhouse-engine.ts';
import { migrate } from './migrate.ts';
import { openPostgres, type PostgresStore } from './postgres.ts';
import { embeddedBinaries, postgresBinaries } from './postgres-binaries.ts';
import { startPostgres } from './postgres-engine.ts';
import { grantPlatformTable, protectTenantTable } from './tenant-table.ts';
import {
  freePort,
  scratchDirectory,
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from './testing.ts';

let postgres: TestPostgres;
let clickhouse: TestClickHouse;
let store: PostgresStore;
let writer: ClickHouseClient;
let reader: ClickHouseClient;
const here = grantTenantScope('here');
const there = grantTenantScope('there');
const passwords = { superuser: 'a-superuser', owner: 'an-owner', server: 'a-server' };

before(async () => {
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  await migrate(postgres.ownerConnection, {
    test_0001: {
      async up(db) {
        await db.schema
          .createTable('notes')
          .addColumn('tenant_id', 'text', (column) => column.notNull())
          .addColumn('body', 'text')
          .execute();
        await protectTenantTable(db, 'notes');
        await db.schema.createTable('settings').addColumn('name', 'text').addColumn('size', 'int8').execute();
        await grantPlatformTable(db, 'settings');
      },
    },
  });
  store = openPostgres({ connection: postgres.connection });
  writer = openClickHouse(clickhouse);
  reader = openClickHouse(clickhouse.reader);
});

after(async () => {
  await writer.close();
  await reader.close();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await clickhouse[Symbol.asyncDispose]();
});

const notes = (tenant: typeof here) =>
  store.inTenant(tenant, async (db) =>
    (await sql<{ body: string }>`SELECT body FROM notes`.execute(db)).rows.map(({ body }) => body),
  );

test('a tenant reads and writes its own rows, and no other', async (t: TestContext) => {
  await store.inTenant(here, (db) => sql`INSERT INTO notes VALUES ('here', 'mine')`.execute(db));
  t.assert.deepEqual(await notes(here), ['mine']);
  t.assert.deepEqual(await notes(there), []);
  await t.assert.rejects(
    store.inTenant(there, (db) => sql`INSERT INTO notes VALUES ('here', 'forged')`.execute(db)),
    { code: '42501' },
  );
  const touched = await store.inTenant(there, (db) => sql`UPDATE notes SET body = 'changed'`.execute(db));
  t.assert.equal(Number(touched.numAffectedRows), 0);
});

test('without a tenant there is nothing, and the scope does not outlive its transaction', async (t: TestContext) => {
  await notes(here);
  await t.assert.rejects(sql`SELECT * FROM notes`.execute(store.db), { code: '42501' });
});

test('the server’s role cannot switch row-level security off or become somebody who can', async (t: TestContext) => {
  for (const attempt of [
    sql`SET ROLE postgres`,
    sql`SET ROLE demarc_owner`,
    sql`ALTER TABLE notes DISABLE ROW LEVEL SECURITY`,
    sql`ALTER ROLE demarc_server BYPASSRLS`,
    sql`COPY settings FROM PROGRAM 'id'`,
  ]) {
    await t.assert.rejects(
      attempt.execute(store.db),
      /permission denied|must be owner|must be superuser|only roles with/i,
    );
  }
  await t.assert.rejects(
    store.inTenant(here, (db) => sql`SELECT * FROM settings`.execute(db)),
    { code: '42501' },
  );
});

test('nothing that a transaction may say itself shows another tenant’s rows', async (t: TestContext) => {
  await store.inTenant(here, (db) => sql`INSERT INTO notes VALUES ('here', 'secret')`.execute(db));
  await store.inTenant(there, (db) => sql`INSERT INTO notes VALUES ('there', 'theirs')`.execute(db));
  const attempts: Readonly<Record<string, readonly ReturnType<typeof sql>[]>> = {
    'back to the login': [sql`RESET ROLE`, sql`SELECT body FROM notes`],
    'no role at all': [sql`SET LOCAL ROLE NONE`, sql`SELECT body FROM notes`],
    'the owner': [sql`SET ROLE demarc_owner`],
    'the superuser': [sql`SET SESSION AUTHORIZATION postgres`],
    'the switch': [sql`SET LOCAL row_security = off`, sql`SELECT body FROM notes`],
    'a policy of its own': [sql`CREATE POLICY mine ON notes USING (true)`],
    'the policy gone': [sql`DROP POLICY tenant_rows ON notes`],
    'a function with other rights': [
      sql`CREATE FUNCTION spy() RETURNS SETOF notes LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM notes'`,
    ],
    'a function of the session': [
      sql`CREATE FUNCTION pg_temp.spy() RETURNS SETOF notes LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM notes'`,
    ],
    'a view': [sql`CREATE VIEW spy AS SELECT * FROM notes`],
    'everything at once': [sql`TRUNCATE notes`],
    'a copy in': [sql`COPY notes FROM STDIN`],
    'a copy into a file': [sql`COPY notes TO '/tmp/demarc-spy'`],
    'a copy into a program': [sql`COPY notes TO PROGRAM 'cat'`],
    'the file beneath': [sql`SELECT pg_read_file('PG_VERSION')`],
    'a statement that shows what it skips': [
      sql`INSERT INTO notes VALUES ('there', 'x') RETURNING (SELECT string_agg(body, ',') FROM notes WHERE tenant_id = 'here')`,
      sql`SELECT 1/(CASE WHEN count(*) > 0 THEN 0 ELSE 1 END) FROM notes WHERE tenant_id = 'here'`,
      sql`SELECT no_such_column FROM notes`,
    ],
  };
  for (const [name, statements] of Object.entries(attempts)) {
    await t.assert.rejects(
      store.inTenant(there, async (db) => {
        for (const statement of statements) await statement.execute(db);
      }),
      (error: { code?: string }) =>
        // Lack of rights, COPY under a policy, or (the last one) the column: never a row that was there.
        ['42501', '42703', '0A000'].includes(error.code ?? ''),
      name,
    );
  }
  // COPY, a plan and a leaky comparison see what SELECT sees.
  const copied = await store.inTenant(there, async (db) => {
    const { rows } = await sql<{
      seen: string;
    }>`SELECT query_to_xml('SELECT * FROM notes', true, false, '')::text AS seen`.execute(db);
    return rows[0]?.seen ?? '';
  });
  t.assert.match(copied, /theirs/);
  t.assert.doesNotMatch(copied, /secret/);
  t.assert.deepEqual(await notes(there), ['theirs']);
  t.assert.ok((await notes(here)).includes('secret'));
  // The owner of the tables is under the same policy: forced, and without a tenant there are no rows.
  await using asOwner = openPostgres({ connection: postgres.ownerConnection });
  t.assert.deepEqual((await sql`SELECT * FROM notes`.execute(asOwner.db)).rows, []);
});

test('numbers of eight bytes come back as numbers', async (t: TestContext) => {
  await sql`INSERT INTO settings VALUES ('a', ${9_007_199_254_740_991})`.execute(store.db);
  const { rows } = await sql<{
    size: unknown;
    n: unknown;
  }>`SELECT size, (SELECT count(*) FROM settings) AS n FROM settings`.execute(store.db);
  t.assert.deepEqual(rows, [{ size: 9_007_199_254_740_991, n: 1 }]);
});

test('PostgreSQL killed between acknowledged writes loses none', async (t: TestContext) => {
  const directory = scratchDirectory('kill');
  const options = {
    dataDirectory: join(directory, 'data'),
    socketDirectory: join(directory, 'run'),
    logFile: join(directory, 'log'),
    passwords,
    sharedBuffersMebibytes: 32,
  };
  let acknowledged = 0;
  for (let round = 0; round < 3; round += 1) {
    const engine = await startPostgres(options);
    await using own = openPostgres({
      connection: {
        kind: 'socket',
        directory: options.socketDirectory,
        port: 5432,
        database: 'demarc',
        user: 'postgres',
        password: passwords.superuser,
      },
    });
    await sql`CREATE TABLE IF NOT EXISTS counted (n int)`.execute(own.db);
    t.assert.equal(
      (await sql<{ n: number }>`SELECT count(*) AS n FROM counted`.execute(own.db)).rows[0]?.n,
      acknowledged,
    );
    const killAt = 20 + round * 17;
    for (let n = 0; n < killAt; n += 1) {
      await sql`INSERT INTO counted VALUES (${n})`.execute(own.db);
      acknowledged += 1;
    }
    process.kill(engine.pid, 'SIGKILL');
    await engine.exited;
  }
  rmSync(directory, { recursive: true, force: true });
});

test('a second PostgreSQL on the same data is refused by name', async (t: TestContext) => {
  const directory = scratchDirectory('lock');
  const options = {
    dataDirectory: join(directory, 'data'),
    socketDirectory: join(directory, 'run'),
    logFile: join(directory, 'log'),
    passwords,
    sharedBuffersMebibytes: 32,
  };
  const first = await startPostgres(options);
  await t.assert.rejects(startPostgres(options), { code: 'STORES_DATA_DIRECTORY_LOCKED' });
  await first.stop();
  // And one that is damaged says so, and is left as it is.
  writeFileSync(join(options.dataDirectory, 'global', 'pg_control'), 'damaged');
  await t.assert.rejects(startPostgres(options), { code: 'STORES_DATA_DIRECTORY_CORRUPT' });
  writeFileSync(join(options.dataDirectory, 'PG_VERSION'), '9\n');
  await t.assert.rejects(startPostgres(options), { code: 'STORES_DATA_DIRECTORY_CORRUPT' });
  rmSync(directory, { recursive: true, force: true });
});

test('a socket path that no kernel takes is refused before anything starts', async (t: TestContext) => {
  const socketDirectory = `/tmp/${'x'.repeat(110)}`;
  await t.assert.rejects(
    startPostgres({ dataDirectory: '/tmp/none', socketDirectory, logFile: '/tmp/none.log', passwords }),
    { code: 'STORES_SOCKET_PATH_TOO_LONG' },
  );
});

test('the embedded binaries stand in where Debian’s are missing, also from a checkout that is closed', async (t: TestContext) => {
  const embedded = embeddedBinaries();
  t.assert.ok(embedded !== undefined, 'the npm package is installed');
  const directory = scratchDirectory('embedded');
  // As a clone in the home of root is: nobody else may enter it.
  const closed = join(directory, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  cpSync(join(embedded.directory, '..'), join(closed, 'native'), { recursive: true });
  // Its links lead into it, as those of any checkout do, and not into this one, which may be open.
  const lib = join(closed, 'native', 'lib');
  for (const entry of readdirSync(lib, { withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(lib, entry.name);
    const leadsTo = join(lib, basename(readlinkSync(link)));
    rmSync(link);
    symlinkSync(leadsTo, link);
  }
  const options = {
    dataDirectory: join(directory, 'data'),
    socketDirectory: join(directory, 'run'),
    logFile: join(directory, 'log'),
    passwords,
    sharedBuffersMebibytes: 32,
  };
  const connection = {
    kind: 'socket' as const,
    directory: options.socketDirectory,
    port: 5432,
    database: 'demarc',
    user: 'postgres',
    password: passwords.superuser,
  };
  const binaries = { ...embedded, directory: join(closed, 'native', 'bin') };
  {
    await using _engine = await startPostgres({ ...options, binaries });
    await using own = openPostgres({ connection });
    await sql`CREATE TABLE kept (n int)`.execute(own.db);
    await sql`INSERT INTO kept VALUES (7)`.execute(own.db);
    const { rows } = await sql<{ server_version: string }>`SHOW server_version`.execute(own.db);
    t.assert.equal(rows[0]?.server_version.split('.')[0], embedded.version);
  }
  // Debian's, installed later, runs the same data.
  const debian = postgresBinaries(embedded.version);
  t.assert.notEqual(debian.directory, embedded.directory, 'Debian’s PostgreSQL is installed here');
  t.assert.equal(debian.version, embedded.version);
  {
    await using _engine = await startPostgres(options);
    await using own = openPostgres({ connection });
    t.assert.deepEqual((await sql`SELECT n FROM kept`.execute(own.db)).rows, [{ n: 7 }]);
  }
  rmSync(directory, { recursive: true, force: true });
});

test('ClickHouse: parameters of every kind come back as they went', async (t: TestContext) => {
  const texts = ["it's", 'back\\slash', 'new\nline', 'nul\0nul', '😀', "'); DROP TABLE x --", '{x:String}'];
  for (const text of texts) {
    const result = await reader.query({
      query: 'SELECT {text:String} AS text, {list:Array(String)} AS list',
      query_params: { text, list: texts },
      format: 'JSONEachRow',
    });
    t.assert.deepEqual(await result.json(), [{ text, list: texts }]);
  }
  const big = await reader.query({
    query: 'SELECT toUInt64(18446744073709551615) AS n',
    format: 'JSONEachRow',
  });
  t.assert.deepEqual(await big.json(), [{ n: '18446744073709551615' }]);
});

test('ClickHouse: a repeated token is one insert', async (t: TestContext) => {
  await writer.command({
    query:
      'CREATE TABLE once (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100',
  });
  for (let time = 0; time < 3; time += 1) {
    await writer.insert({
      table: 'once',
      values: [{ n: 1 }, { n: 2 }],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: 'a', insert_deduplicate: 1 },
    });
  }
  const count = await reader.query({ query: 'SELECT count() AS n FROM once', format: 'JSONEachRow' });
  t.assert.deepEqual(await count.json(), [{ n: '2' }]);
});

test('ClickHouse: neither user reaches files, networks or the system', async (t: TestContext) => {
  for (const client of [writer, reader]) {
    for (const query of [
      "SELECT * FROM file('/etc/passwd', LineAsString)",
      "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
      "SELECT * FROM remote('127.0.0.1', system.one)",
      'SYSTEM FLUSH LOGS',
      'CREATE USER mallory',
    ]) {
      await t.assert.rejects(
        client.command({ query }),
        { type: /ACCESS_DENIED|READONLY|ACCESS_STORAGE_READONLY|NO_ACCESS_STORAGE|UNKNOWN_FUNCTION/ },
        query,
      );
    }
  }
  await t.assert.rejects(reader.command({ query: 'INSERT INTO once VALUES (3)' }), {
    type: /ACCESS_DENIED|READONLY/,
  });
  const nobody = openClickHouse({ ...clickhouse, username: 'default', password: '', database: 'system' });
  await t.assert.rejects(nobody.command({ query: 'SELECT * FROM demarc.once' }), { type: 'ACCESS_DENIED' });
  await nobody.close();
});

test('ClickHouse: a search that takes too long is ended by the engine', async (t: TestContext) => {
  const query = 'SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))';
  await t.assert.rejects(reader.command({ query, clickhouse_settings: { max_execution_time: 1 } }), {
    type: 'TIMEOUT_EXCEEDED',
  });
  await t.assert.rejects(
    reader.command({ query, clickhouse_settings: { max_execution_time: 3_600 } }),
    /max_execution_time|SETTING_CONSTRAINT/,
  );
});

test('ClickHouse killed between acknowledged inserts loses none, and a second one is refused', async (t: TestContext) => {
  const directory = scratchDirectory('chkill');
  const port = await freePort();
  const options = {
    dataDirectory: join(directory, 'data'),
    logFile: join(directory, 'log'),
    port,
    passwords: { writer: randomUUID(), reader: randomUUID() },
  };
  let acknowledged = 0;
  for (let round = 0; round < 3; round += 1) {
    const engine = await startClickHouse(options);
    const client = openClickHouse({
      url: engine.url,
      username: 'demarc_server',
      password: options.passwords.writer,
      database: 'demarc',
    });
    await client.command({
      query:
        'CREATE TABLE IF NOT EXISTS counted (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1',
    });
    const count = await client.query({ query: 'SELECT count() AS n FROM counted', format: 'JSONEachRow' });
    t.assert.deepEqual(await count.json(), [{ n: String(acknowledged) }]);
    if (round === 0) {
      await t.assert.rejects(startClickHouse(options), { code: 'STORES_PORT_TAKEN' });
      await t.assert.rejects(startClickHouse({ ...options, port: await freePort() }), {
        code: 'STORES_DATA_DIRECTORY_LOCKED',
      });
    }
    for (let batch = 0; batch < 5; batch += 1) {
      await client.insert({
        table: 'counted',
        values: Array.from({ length: 100 }, (_, n) => ({ n })),
        format: 'JSONEachRow',
      });
      acknowledged += 100;
    }
    process.kill(engine.pid, 'SIGKILL');
    await engine.exited;
    await client.close();
  }
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true, force: true });
});

test('ClickHouse that starts without damaged parts says so', async (t: TestContext) => {
  const directory = scratchDirectory('chdamage');
  const options = {
    dataDirectory: join(directory, 'data'),
    logFile: join(directory, 'log'),
    port: await freePort(),
    passwords: { writer: randomUUID(), reader: randomUUID() },
  };
  {
    await using engine = await startClickHouse(options);
    t.assert.equal(engine.degraded, undefined);
    const client = openClickHouse({
      url: engine.url,
      username: 'demarc_server',
      password: options.passwords.writer,
      database: 'demarc',
    });
    await client.command({ query: 'CREATE TABLE hurt (n UInt32) ENGINE = MergeTree ORDER BY n' });
    await client.insert({ table: 'hurt', values: [{ n: 1 }], format: 'JSONEachRow' });
    await client.close();
  }
  // By day the engine speaks of its queries; what it writes there is bounded by saying only what matters.
  t.assert.doesNotMatch(readFileSync(options.logFile, 'utf8'), /<(?:Debug|Trace|Information)>/);
  const [part] = globSync(`${options.dataDirectory}/store/*/*/all_1_1_0/data.bin`);
  truncateSync(part ?? '', 3);
  {
    await using again = await startClickHouse(options);
    t.assert.equal(again.degraded?.code, 'STORES_EVENTS_DAMAGED');
    t.assert.match(again.degraded?.message ?? '', /1 damaged parts of hurt/);
  }
  rmSync(directory, { recursive: true, force: true });
});

test('a taken port is named with its setting', async (t: TestContext) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const directory = scratchDirectory('port');
  await t.assert.rejects(
    startClickHouse({
      dataDirectory: join(directory, 'd'),
      logFile: join(directory, 'l'),
      port,
      passwords: { writer: 'w', reader: 'r' },
    }),
    /DEMARC_CLICKHOUSE_PORT/,
  );
  server.close();
  rmSync(directory, { recursive: true, force: true });
});
