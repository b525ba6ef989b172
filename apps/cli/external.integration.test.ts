/** Both stores run by somebody else: a PostgreSQL on TCP with its own users, and another ClickHouse. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import {
  type ForeignPostgres,
  startForeignPostgres,
  startTestClickHouse,
  type TestClickHouse,
} from '@demarc/platform/stores/testing';
import { Installation, said, until } from './testing.ts';

/** What a URL has to escape, and what a password file has to. */
const AWKWARD = 'p:a@s/s%w\\o?r&d';
const OWNER = 'cloud_admin';

let postgres: ForeignPostgres;
let clickhouse: TestClickHouse;
let other: TestClickHouse;

before(async () => {
  [postgres, clickhouse, other] = await Promise.all([
    startForeignPostgres(),
    startTestClickHouse(),
    startTestClickHouse(),
  ]);
  await postgres.administer(`CREATE ROLE ${OWNER} LOGIN PASSWORD '${AWKWARD}'`);
  for (const name of ['first', 'second']) await postgres.administer(`CREATE DATABASE ${name} OWNER ${OWNER}`);
});

after(async () => {
  for (const store of [postgres, clickhouse, other]) await store[Symbol.asyncDispose]();
});

const postgresUrl = (database: string, password = AWKWARD): string =>
  `postgres://${OWNER}:${encodeURIComponent(password)}@127.0.0.1:${postgres.port}/${database}`;
const clickhouseUrl = (of: TestClickHouse): string => {
  const url = new URL(of.url);
  url.username = of.username;
  url.password = of.password;
  url.pathname = of.database;
  return url.href;
};

test('what cannot be reached, or may not do what is needed, is said by name and without its secret', async (t: TestContext) => {
  const wrong = await Installation.make({
    DEMARC_POSTGRES_URL: postgresUrl('first', 'not-the-password'),
    DEMARC_CLICKHOUSE_URL: clickhouseUrl(clickhouse),
  });
  t.after(() => wrong[Symbol.asyncDispose]());
  const refused = await wrong.try('up');
  t.assert.notEqual(refused.code, 0);
  t.assert.match(said(refused), /STORES_EXTERNAL_UNREACHABLE.*DEMARC_POSTGRES_URL/s);
  t.assert.doesNotMatch(said(refused), /not-the-password/);
  await wrong.try('down');

  wrong.environment['DEMARC_POSTGRES_URL'] = postgresUrl('first');
  const unprepared = await wrong.try('up');
  t.assert.match(said(unprepared), /STORES_EXTERNAL_UNUSABLE.*demarc_server/s);
  await wrong.try('down');

  await postgres.administer(`ALTER ROLE ${OWNER} CREATEROLE`);
  wrong.environment['DEMARC_CLICKHOUSE_URL'] = clickhouseUrl({ ...clickhouse, password: 'not-the-password' });
  const events = await wrong.try('up');
  t.assert.match(said(events), /STORES_EXTERNAL_(UNREACHABLE|UNUSABLE).*DEMARC_CLICKHOUSE_URL/s);
  t.assert.doesNotMatch(said(events), /not-the-password/);
});

test('the platform runs on them, and a backup goes from theirs to ours and back', async (t: TestContext) => {
  await postgres.administer(`ALTER ROLE ${OWNER} CREATEROLE`);
  const theirs = await Installation.make({
    DEMARC_POSTGRES_URL: postgresUrl('first'),
    DEMARC_CLICKHOUSE_URL: clickhouseUrl(clickhouse),
  });
  t.after(() => theirs[Symbol.asyncDispose]());
  const { parts } = await theirs.json<{
    readonly parts: readonly {
      readonly name: string;
      readonly pid: number | null;
      readonly health: object;
    }[];
  }>('up');
  for (const name of ['postgres', 'clickhouse']) {
    const part = parts.find((candidate) => candidate.name === name);
    t.assert.equal(part?.pid, null);
    t.assert.match(JSON.stringify(part?.health), /healthy.*yours \(DEMARC_.*reached/);
  }
  await theirs.json('service', 'buy', 'file-integrity-monitoring', '--accept-prerequisites');
  const probe = join('/etc', `demarc-external-${process.pid}`);
  t.after(() => rmSync(probe, { force: true }));
  const found = (of: Installation) =>
    of.json<{ readonly events: readonly unknown[] }>('events', 'search', '--text', probe);
  await until(async () => {
    writeFileSync(probe, `${Date.now()}\n`);
    return (await found(theirs)).events.length > 0;
  });

  const asOf = new Date().toISOString();
  const everything = async (of: Installation) => {
    const events = await of.json<{ readonly matchedCount: number }>(
      'events',
      'search',
      '--to',
      asOf,
      '--limit',
      '1000',
    );
    const matrix = await of.json<{ readonly cells: unknown }>('matrix', '--as-of', asOf);
    return { matched: events.matchedCount, cells: matrix.cells, tenants: await of.json('tenant', 'list') };
  };
  const refused = await theirs.try('backup', '--to', join(theirs.directory, 'refused'));
  // Row-level security holds for their owner too: half a dump would be worse than none.
  t.assert.match(said(refused), /CLI_BACKUP_FAILED.*row-level security/s);
  await postgres.administer(`ALTER ROLE ${OWNER} BYPASSRLS`);
  await theirs.json('backup', '--to', join(theirs.directory, 'backup'));
  const before = await everything(theirs);
  t.assert.ok(before.matched > 0);
  await theirs.json('down');

  const ours = await Installation.make({});
  t.after(() => ours[Symbol.asyncDispose]());
  await ours.json('restore', '--from', join(theirs.directory, 'backup'));
  await ours.json('up');
  t.assert.deepEqual(await everything(ours), before);
  await ours.json('backup', '--to', join(ours.directory, 'backup'));
  await ours.json('down');

  const again = await Installation.make({
    DEMARC_POSTGRES_URL: postgresUrl('second'),
    DEMARC_CLICKHOUSE_URL: clickhouseUrl(other),
  });
  t.after(() => again[Symbol.asyncDispose]());
  await again.json('restore', '--from', join(ours.directory, 'backup'));
  await again.json('up');
  t.assert.deepEqual(await everything(again), before);
  await again.json('down');
  rmSync(again.environment['DEMARC_DATA_DIR'] ?? '', { recursive: true });
  const twice = await again.try('restore', '--from', join(ours.directory, 'backup'));
  t.assert.match(said(twice), /CLI_RESTORE_NOT_EMPTY|CLI_BACKUP_FAILED.*already exists/s);
});
