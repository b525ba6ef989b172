/** The road against the real stores: nothing twice, nothing lost, nothing across tenants. */
import { createHash, randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { compileRule } from '@demarc/platform/sigma';
import { migrate, openClickHouse, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import {
  type Batch,
  carry,
  ensureEventTable,
  histogram,
  openSiem,
  type Siem,
  searchEvents,
  siemMigrations,
} from './siem.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');
const DAY_MS = 86_400_000;
const here = grantTenantScope('here');
const there = grantTenantScope('there');
const assetId = randomUUID();

let postgres: TestPostgres;
let clickhouse: TestClickHouse;
let store: PostgresStore;
let siem: Siem;

const rule = compileRule(
  `
title: Shadow file changed
id: 0b5f6d0e-8c1f-4e0e-9f0a-3f6f1b1d2c3d
logsource: { product: linux, category: file_event }
level: high
tags: [attack.credential-access, attack.t1003.008]
detection:
  selection: { file.path: /etc/shadow }
  condition: selection`,
  'shadow.yml',
);

function open(): Siem {
  return openSiem({
    inTenant: store.inTenant,
    clickhouse: openClickHouse(clickhouse),
    reader: openClickHouse(clickhouse.reader),
    rules: [rule],
    retentionDays: async () => 3_650,
    now: () => NOW,
  });
}

before(async () => {
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  await migrate(postgres.ownerConnection, siemMigrations);
  store = openPostgres({ connection: postgres.connection });
  siem = open();
  await ensureEventTable(siem.clickhouse);
});

after(async () => {
  await siem.clickhouse.close();
  await siem.reader.close();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await clickhouse[Symbol.asyncDispose]();
});

function change(path: string, time = NOW, uid: string = randomUUID()): OcsfEvent {
  return {
    class_uid: 1_001,
    category_uid: 1,
    activity_id: 3,
    type_uid: 100_103,
    severity_id: 1,
    time,
    message: `${path} changed`,
    actor: { process: { pid: 7, name: 'vi', user: { name: 'root' } } },
    device: { hostname: 'db-1', type_id: 1, uid: assetId },
    file: { name: path.split('/').at(-1), path, type_id: 1 },
    metadata: {
      uid,
      version: '1.8.0',
      product: { name: 'Demarc', vendor_name: 'Demarc' },
      profiles: ['host'],
    },
  };
}

function batchOf(events: readonly OcsfEvent[]): Batch {
  const batchToken = createHash('sha256').update(JSON.stringify(events)).digest('hex');
  return { batchToken, assetId, events: events.map((event, index) => ({ index, event })) };
}

const all = { from: new Date(NOW - 300 * DAY_MS).toISOString(), to: new Date(NOW + DAY_MS).toISOString() };
const found = (path: string, tenant = here) =>
  searchEvents(siem, tenant, {
    ...all,
    classUids: [1_001],
    filters: [{ field: 'file.path', op: 'eq', value: path }],
  });

test('a batch that is sent again is counted once', async (t: TestContext) => {
  const batch = batchOf([change('/a/again'), change('/a/again2')]);
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 2);
  const second = await carry(siem, here, batch);
  t.assert.deepEqual([second.acceptedCount, second.duplicateCount], [0, 2]);
  t.assert.equal((await found('/a/again')).matchedCount, 1);
});

test('a crash between the store and the receipt does not double the rows', async (t: TestContext) => {
  const batch = batchOf([change('/a/crash'), change('/etc/shadow', NOW, 'crash-shadow')]);
  let transactions = 0;
  const crashing: Siem = {
    ...siem,
    inTenant: async (tenant, work) => {
      transactions += 1;
      // The first transaction writes the batch down; the second would remember the receipt.
      if (transactions === 2) throw new Error('killed');
      return siem.inTenant(tenant, work);
    },
  };
  await t.assert.rejects(carry(crashing, here, batch), /killed/);
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 2);
  t.assert.equal((await found('/a/crash')).matchedCount, 1);
});

test('an event that comes again in another batch is a duplicate', async (t: TestContext) => {
  const event = change('/a/recut');
  await carry(siem, here, batchOf([event]));
  const receipt = await carry(siem, here, batchOf([event, change('/a/other')]));
  t.assert.deepEqual([receipt.acceptedCount, receipt.duplicateCount], [1, 1]);
  t.assert.equal((await found('/a/recut')).matchedCount, 1);
});

test('an invalid event is refused by its index and does not sink the batch', async (t: TestContext) => {
  const bad = { ...change('/a/bad'), file: 'none' } as OcsfEvent;
  const receipt = await carry(siem, here, batchOf([change('/a/good'), bad]));
  t.assert.equal(receipt.acceptedCount, 1);
  t.assert.deepEqual(
    receipt.rejected.map(({ index, code }) => [index, code]),
    [[1, 'SIEM_EVENT_INVALID']],
  );
});

test('a clock that is wrong by years does not hide an event', async (t: TestContext) => {
  await carry(siem, here, batchOf([change('/a/old', 0), change('/a/future', NOW + 400 * DAY_MS)]));
  const page = await found('/a/old');
  t.assert.equal(page.matchedCount, 1);
  t.assert.equal(page.events[0]?.['time'], NOW);
  t.assert.equal((await found('/a/future')).matchedCount, 1);
});

test('one tenant cannot find what another has', async (t: TestContext) => {
  await carry(siem, here, batchOf([change('/a/mine')]));
  t.assert.equal((await found('/a/mine', there)).matchedCount, 0);
});

test('a rule that matches makes a finding, once', async (t: TestContext) => {
  await carry(siem, here, batchOf([change('/etc/shadow', NOW, 'shadow-1')]));
  const page = await searchEvents(siem, here, {
    ...all,
    classUids: [2_004],
    filters: [{ field: 'finding_info.related_events', op: 'contains', value: 'shadow-1' }],
  });
  t.assert.equal(page.matchedCount, 1);
  t.assert.equal(page.events[0]?.['severity_id'], 4);
});

test('what people type is a value, never a query', async (t: TestContext) => {
  await carry(siem, here, batchOf([change("/a/it's \\ {x:String} 100%")]));
  t.assert.equal((await found("/a/it's \\ {x:String} 100%")).matchedCount, 1);
  const nothing = await searchEvents(siem, here, { ...all, text: "') OR 1=1 --" });
  t.assert.equal(nothing.matchedCount, 0);
  await t.assert.rejects(
    searchEvents(siem, here, { ...all, filters: [{ field: "file.path') OR 1=1 --", op: 'eq', value: '' }] }),
    { code: 'SIEM_FIELD_UNKNOWN' },
  );
});

test('an attribute without a column is found in the event', async (t: TestContext) => {
  await carry(siem, here, batchOf([change('/a/json')]));
  const page = await searchEvents(siem, here, {
    ...all,
    filters: [
      { field: 'actor.process.pid', op: 'eq', value: '7' },
      { field: 'file.name', op: 'eq', value: 'json' },
    ],
  });
  t.assert.equal(page.matchedCount, 1);
});

test('pages neither skip nor repeat, also with equal times', async (t: TestContext) => {
  const paths = Array.from({ length: 25 }, (_, index) => `/pages/${index}`);
  await carry(siem, here, batchOf(paths.map((path) => change(path))));
  const seen: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await searchEvents(siem, here, {
      ...all,
      limit: 7,
      filters: [{ field: 'file.path', op: 'prefix', value: '/pages/' }],
      ...(cursor === undefined ? {} : { cursor }),
    });
    seen.push(...page.events.map((event) => (event['file'] as { path: string }).path));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  t.assert.equal(seen.length, paths.length);
  t.assert.deepEqual(new Set(seen), new Set(paths));
});

test('the time chart counts what the search counts', async (t: TestContext) => {
  const chart = await histogram(siem, here, all);
  const counted = chart.buckets
    .flatMap((bucket) => Object.values(bucket.counts))
    .reduce((sum, count) => sum + count, 0);
  t.assert.equal(counted, (await searchEvents(siem, here, all)).matchedCount);
});

test('a watcher that is too slow is told what it missed', async (t: TestContext) => {
  const watcher = siem.watchers.watch(here);
  t.assert.ok(watcher !== undefined);
  for (let part = 0; part < 3; part += 1) {
    await carry(
      siem,
      here,
      batchOf(Array.from({ length: 400 }, (_, index) => change(`/slow/${part}/${index}`))),
    );
  }
  const taken = (await watcher?.take(10)) ?? [];
  t.assert.deepEqual(taken[0], { kind: 'dropped', count: 200 });
  t.assert.equal(taken.length, 1_001);
  watcher?.[Symbol.dispose]();
});
