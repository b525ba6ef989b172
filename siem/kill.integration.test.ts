/** `kill -9` of the server while it carries batches: nothing acknowledged is lost, nothing is there twice. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, type TestContext, test } from 'node:test';
import { openPostgres, type PostgresConnection } from '@demarc/platform/stores';
import type { TestClickHouse } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import { type Batch, carry } from './siem.ts';
import { batchOf, change, DAY_MS, NOW, openTestRoad, openTestSiem, type TestRoad } from './testing.ts';

const KILLS = 10;
const BATCHES = 60;
const EVENTS_PER_BATCH = 300;
const AGENTS = 3;
const here = grantTenantScope('here');

interface Stores {
  readonly postgres: PostgresConnection;
  readonly clickhouse: Pick<TestClickHouse, 'url' | 'username' | 'password' | 'database' | 'reader'>;
}

/** The child: a server that carries what it is sent and answers with the token, until it is killed. */
async function serve(): Promise<void> {
  process.once('message', (stores: Stores) => {
    const siem = openTestSiem(openPostgres({ connection: stores.postgres }), stores.clickhouse);
    process.on('message', (batch: Batch) => {
      void carry(siem, here, batch).then(({ batchToken }) => process.send?.(batchToken));
    });
    // With its rules compiled, so that the deaths fall among batches and not before the first one.
    void siem.rulesets.of(here).then(() => process.send?.('ready'));
  });
}

let road: TestRoad;

/** Sends each agent's batches in order until one is killed or all are acknowledged. */
async function sendUntilKilled(batches: readonly Batch[], done: Set<string>, lifeMs: number): Promise<void> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child: ChildProcess = fork(import.meta.filename, ['serve'], { env, stdio: 'inherit' });
  const { url, username, password, database, reader } = road.clickhouse;
  const stores: Stores = {
    postgres: road.postgres.connection,
    clickhouse: { url, username, password, database, reader },
  };
  child.send(stores);
  await once(child, 'message');
  const gone = once(child, 'exit');
  const sendNext = (assetId: string): void => {
    const next = batches.find((batch) => batch.assetId === assetId && !done.has(batch.batchToken));
    if (next !== undefined) child.send(next, () => undefined);
    else if (done.size === batches.length) child.kill('SIGKILL');
  };
  child.on('message', (token: string) => {
    done.add(token);
    sendNext(batches.find((batch) => batch.batchToken === token)?.assetId ?? '');
  });
  for (const assetId of new Set(batches.map((batch) => batch.assetId))) sendNext(assetId);
  const timer = setTimeout(() => child.kill('SIGKILL'), lifeMs);
  await gone;
  clearTimeout(timer);
}

if (process.argv[2] === 'serve') await serve();
else {
  before(async () => {
    road = await openTestRoad();
  });
  after(() => road[Symbol.asyncDispose]());

  test('after many deaths every event and every finding is there once', async (t: TestContext) => {
    const agents = Array.from({ length: AGENTS }, () => randomUUID());
    const batches = Array.from({ length: BATCHES }, (_, batch) =>
      batchOf(
        Array.from({ length: EVENTS_PER_BATCH }, (_, index) =>
          // Two days, so that a batch is two partitions that are committed one after the other.
          change(index % 100 === 0 ? '/etc/shadow' : `/kill/${batch}/${index}`, NOW - (index % 2) * DAY_MS),
        ),
        agents[batch % AGENTS] ?? '',
      ),
    );
    const done = new Set<string>();
    let kills = 0;
    while (done.size < batches.length) {
      // The first ones die young, sometimes before their first batch; the last may finish.
      await sendUntilKilled(batches, done, kills < KILLS ? 60 + (kills % 6) * 90 : 60_000);
      kills += 1;
    }
    const result = await road.siem.clickhouse.query({
      query: `SELECT class_uid, count() AS n, uniqExact(uid) AS uids FROM events GROUP BY class_uid ORDER BY class_uid`,
      format: 'JSONEachRow',
    });
    t.assert.deepEqual(await result.json(), [
      { class_uid: 1_001, n: String(BATCHES * EVENTS_PER_BATCH), uids: String(BATCHES * EVENTS_PER_BATCH) },
      { class_uid: 2_004, n: String(BATCHES * 3), uids: String(BATCHES * 3) },
    ]);
    t.assert.ok(kills > 3, `only ${kills} deaths: the batches were done too soon to prove anything`);
    const interrupted = await road.siem.inTenant(here, async (db) => {
      const { rows } = await sql<{
        readonly n: number;
      }>`SELECT count(*) AS n FROM siem_batch WHERE attempts > 1`.execute(db);
      return rows[0]?.n ?? 0;
    });
    t.assert.ok(interrupted > 0, 'no batch was cut off on its way');
    t.diagnostic(`${kills} deaths, ${interrupted} of ${done.size} batches cut off on their way`);
  });
}
