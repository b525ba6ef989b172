/** The road against the real stores: nothing twice, nothing lost, nothing across tenants. */
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { accept } from './accept.ts';
import { recall } from './batches.ts';
import { enrich } from './enrich.ts';
import { newLoad } from './load.ts';
import { carry, countsOf, eventByUid, readRecords, type Siem, searchEvents } from './siem.ts';
import { store } from './store.ts';
import {
  allTime,
  batchOf,
  change,
  DAY_MS,
  linesOf,
  MINUTE_MS,
  NOW,
  openTestRoad,
  type TestRoad,
} from './testing.ts';

const here = grantTenantScope('here');
const there = grantTenantScope('there');

let road: TestRoad;
let siem: Siem;
before(async () => {
  road = await openTestRoad();
  ({ siem } = road);
});
after(() => road[Symbol.asyncDispose]());

const found = (path: string, tenant = here) =>
  searchEvents(siem, tenant, {
    ...allTime,
    classUids: [1_001],
    filters: [{ field: 'file.path', op: 'eq', value: path }],
  });

async function count(table: string, where: string): Promise<number> {
  const result = await siem.clickhouse.query({
    query: `SELECT count() AS n FROM ${table} WHERE ${where}`,
    format: 'JSONEachRow',
  });
  return Number((await result.json<{ readonly n: string }>())[0]?.n);
}

/** Fails at the nth transaction: the first writes the batch down, the second would keep the receipt. */
function crashingAt(transaction: number): Siem {
  let transactions = 0;
  return {
    ...siem,
    inTenant: async (tenant, work) => {
      transactions += 1;
      if (transactions === transaction) throw new Error('killed');
      return siem.inTenant(tenant, work);
    },
  };
}

test('a batch that is sent again is counted once', async (t: TestContext) => {
  const batch = batchOf([change('/again/1'), change('/again/2')], randomUUID());
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 2);
  const second = await carry(siem, here, batch);
  t.assert.deepEqual([second.acceptedCount, second.duplicateCount], [0, 2]);
  t.assert.equal((await found('/again/1')).matchedCount, 1);
});

test('a crash between the store and the receipt does not double the rows', async (t: TestContext) => {
  const batch = batchOf([change('/crash/1'), change('/etc/shadow', NOW, 'crash-shadow')], randomUUID());
  await t.assert.rejects(carry(crashingAt(2), here, batch), { code: 'SIEM_LEDGER_UNAVAILABLE' });
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 2);
  t.assert.equal((await found('/crash/1')).matchedCount, 1);
  t.assert.equal(await count('events', `batch = '${batch.batchToken}'`), 3);
});

test('so too when ClickHouse has long forgotten the token', async (t: TestContext) => {
  const batch = batchOf([change('/forgot/1'), change('/etc/shadow', NOW, 'forgot-shadow')], randomUUID());
  await t.assert.rejects(carry(crashingAt(2), here, batch), { code: 'SIEM_LEDGER_UNAVAILABLE' });
  // A window of nothing forgets every token there is.
  const alter = (window: number) =>
    siem.clickhouse.command({
      query: `ALTER TABLE events MODIFY SETTING non_replicated_deduplication_window = ${window}`,
    });
  await alter(0);
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 2);
  await alter(10_000);
  t.assert.equal(await count('events', `batch = '${batch.batchToken}'`), 3);
});

test('a batch whose days were stored in part is completed', async (t: TestContext) => {
  const events = [0, 1, 2].map((day) => change(`/part/${day}`, NOW - day * DAY_MS));
  const batch = batchOf(events, randomUUID());
  // What a crash between two partitions leaves: ClickHouse commits each by itself.
  const load = await newLoad(siem, here, batch, NOW);
  load.add(enrich(here, batch.assetId, NOW, accept(batch.events, load)), []);
  await recall(siem, here, batch, load.timeMaxMs);
  await store(siem, here, batch, load, new Set(events.slice(1).map((event) => event.metadata.uid)));
  t.assert.equal(await count('events', `batch = '${batch.batchToken}'`), 1);
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 3);
  t.assert.equal(await count('events', `batch = '${batch.batchToken}'`), 3);
});

test('an event that comes again in another batch is a duplicate', async (t: TestContext) => {
  const assetId = randomUUID();
  const event = change('/recut/1');
  await carry(siem, here, batchOf([event], assetId));
  const receipt = await carry(siem, here, batchOf([event, change('/recut/2')], assetId));
  t.assert.deepEqual([receipt.acceptedCount, receipt.duplicateCount], [1, 1]);
  t.assert.equal((await found('/recut/1')).matchedCount, 1);
});

test('thousands of events that come again in other cuts are all duplicates', async (t: TestContext) => {
  const assetId = randomUUID();
  const events = Array.from({ length: 5_000 }, (_, index) =>
    change(`/many/${index}`, NOW - 3 * DAY_MS + index * 40_000),
  );
  await carry(siem, here, batchOf(events.slice(0, 2_500), assetId));
  await carry(siem, here, batchOf(events.slice(2_500), assetId));
  const receipt = await carry(siem, here, batchOf(events.toReversed(), assetId));
  t.assert.deepEqual([receipt.acceptedCount, receipt.duplicateCount], [0, 5_000]);
  t.assert.equal(await count('events', `asset_id = '${assetId}'`), 5_000);
});

test('an event with an impossible time that comes again is a duplicate too', async (t: TestContext) => {
  const assetId = randomUUID();
  const event = change('/clamped/again', 0);
  await carry(siem, here, batchOf([event], assetId));
  const receipt = await carry(siem, here, batchOf([event, change('/clamped/other', 1)], assetId));
  t.assert.deepEqual([receipt.acceptedCount, receipt.duplicateCount], [1, 1]);
});

test('an event twice in one batch is one event', async (t: TestContext) => {
  const event = change('/twice');
  const receipt = await carry(siem, here, batchOf([event, event], randomUUID()));
  t.assert.deepEqual([receipt.acceptedCount, receipt.duplicateCount], [1, 1]);
  t.assert.equal((await found('/twice')).matchedCount, 1);
});

test('an asset cannot suppress what another has to say', async (t: TestContext) => {
  const event = change('/suppressed', NOW, 'guessed-uid');
  await carry(siem, here, batchOf([event], randomUUID()));
  t.assert.equal((await carry(siem, here, batchOf([event], randomUUID()))).acceptedCount, 1);
  t.assert.equal((await carry(siem, there, batchOf([event], randomUUID()))).acceptedCount, 1);
  t.assert.equal((await found('/suppressed')).matchedCount, 2);
});

test('the same batch from two tenants is two batches', async (t: TestContext) => {
  const batch = batchOf([change('/same')], randomUUID());
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 1);
  t.assert.equal((await carry(siem, there, batch)).acceptedCount, 1);
  t.assert.equal((await found('/same', there)).matchedCount, 1);
});

test('the same event in batches at once is stored once', async (t: TestContext) => {
  const assetId = randomUUID();
  const event = change('/at-once');
  const receipts = await Promise.all([
    carry(siem, here, batchOf([event], assetId)),
    carry(siem, here, batchOf([event, change('/at-once/2')], assetId)),
    carry(siem, here, batchOf([event], assetId)),
  ]);
  t.assert.equal(
    receipts.reduce((sum, { acceptedCount }) => sum + acceptedCount, 0),
    2,
  );
  t.assert.equal((await found('/at-once')).matchedCount, 1);
});

test('an invalid event is refused by its index, kept, and does not sink the batch', async (t: TestContext) => {
  const bad = { ...change('/a/bad'), file: 'none' } as OcsfEvent;
  const batch = batchOf([change('/a/good'), bad], randomUUID());
  const receipt = await carry(siem, here, batch);
  t.assert.equal(receipt.acceptedCount, 1);
  t.assert.deepEqual(
    receipt.rejected.map(({ index, code }) => [index, code]),
    [[1, 'SIEM_EVENT_INVALID']],
  );
  t.assert.equal(
    await count('quarantine', `batch = '${batch.batchToken}' AND raw LIKE '%"/a/bad changed"%'`),
    1,
  );
});

for (const [name, event, code] of [
  ['a uid that would break a cursor', change('/x', NOW, 'with space'), 'SIEM_UID_INVALID'],
  [
    'an event without a uid',
    { ...change('/x'), metadata: { ...change('/x').metadata, uid: undefined } },
    'SIEM_UID_INVALID',
  ],
  ['seconds since the big bang', change('/x', Number.MAX_SAFE_INTEGER), 'SIEM_TIME_ABSURD'],
] as const) {
  test(`refused: ${name}`, async (t: TestContext) => {
    const receipt = await carry(siem, here, batchOf([event as OcsfEvent], randomUUID()));
    t.assert.deepEqual(
      receipt.rejected.map((rejected) => rejected.code),
      [code],
    );
  });
}

test('lines that are no records end in quarantine and in the receipt', async (t: TestContext) => {
  const body = Buffer.concat([
    linesOf([change('/lines/1')]),
    Buffer.from('\n{"kind":"event"\n'),
    linesOf([change('/lines/2')]),
  ]);
  const { events, malformed } = readRecords(body);
  const receipt = await carry(siem, here, {
    batchToken: 'f'.repeat(64),
    assetId: randomUUID(),
    events,
    malformed,
  });
  t.assert.equal(receipt.acceptedCount, 2);
  t.assert.deepEqual(
    receipt.rejected.map(({ index, code }) => [index, code]),
    [[1, 'SIEM_RECORD_MALFORMED']],
  );
});

test('an event is kept byte for byte as it was sent', async (t: TestContext) => {
  const event = change('/bytes/ü/"quoted"/\u0000');
  const spaced = Buffer.from(`{"kind":"event","event":${JSON.stringify(event).replace(':', ' :  ')}}`);
  const { events } = readRecords(spaced);
  await carry(siem, here, { batchToken: 'e'.repeat(64), assetId: randomUUID(), events });
  const result = await siem.clickhouse.query({
    query: 'SELECT raw FROM events WHERE uid = {uid:String}',
    query_params: { uid: event.metadata.uid },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ readonly raw: string }>();
  t.assert.equal(row?.raw, spaced.toString().slice('{"kind":"event","event":'.length, -1));
});

test('what is read is what was published', async (t: TestContext) => {
  using watcher = siem.watchers.watch(here);
  const batch = batchOf([change('/live/1'), change('/etc/shadow', 5, 'live-clamped')], randomUUID());
  await carry(siem, here, batch);
  const messages = (await watcher?.take(1_000)) ?? [];
  t.assert.equal(messages.length, 3);
  for (const message of messages) {
    if (message.kind !== 'event') throw new Error(message.kind);
    const { uid } = message.event['metadata'] as { readonly uid: string };
    t.assert.deepEqual(await eventByUid(siem, here, uid, batch.assetId), message.event);
  }
});

test('a clock that is wrong by years does not hide an event', async (t: TestContext) => {
  await carry(
    siem,
    here,
    batchOf([change('/clock/old', 0), change('/clock/future', NOW + 400 * DAY_MS)], randomUUID()),
  );
  const page = await found('/clock/old');
  t.assert.equal(page.matchedCount, 1);
  t.assert.equal(page.events[0]?.['time'], NOW);
  const metadata = page.events[0]?.['metadata'] as { readonly original_time: string } | undefined;
  t.assert.equal(metadata?.original_time, '1970-01-01T00:00:00.000Z');
  t.assert.equal((await found('/clock/future')).matchedCount, 1);
});

test('a clock that is a little wrong is believed', async (t: TestContext) => {
  for (const time of [NOW + 5 * MINUTE_MS, NOW - 8 * DAY_MS]) {
    await carry(siem, here, batchOf([change(`/believed/${time}`, time)], randomUUID()));
    t.assert.equal((await found(`/believed/${time}`)).events[0]?.['time'], time);
  }
});

test('a batch over many days touches few partitions', async (t: TestContext) => {
  const assetId = randomUUID();
  const events = Array.from({ length: 1_000 }, (_, index) =>
    change(`/days/${index}`, NOW - (index % 40) * DAY_MS),
  );
  t.assert.equal((await carry(siem, here, batchOf(events, assetId))).acceptedCount, 1_000);
  t.assert.equal(await count('events', `asset_id = '${assetId}'`), 1_000);
  const result = await siem.clickhouse.query({
    query: 'SELECT uniqExact(toDate(time)) AS n FROM events WHERE asset_id = {assetId:String}',
    query_params: { assetId },
    format: 'JSONEachRow',
  });
  t.assert.ok(Number((await result.json<{ readonly n: string }>())[0]?.n) <= 9);
});

test('a rule that matches makes a finding, once, that points to its event', async (t: TestContext) => {
  const batch = batchOf([change('/etc/shadow', NOW, 'shadow-1')], randomUUID());
  await carry(siem, here, batch);
  const page = await searchEvents(siem, here, {
    ...allTime,
    classUids: [2_004],
    filters: [{ field: 'finding_info.related_events.uid', op: 'eq', value: 'shadow-1' }],
  });
  t.assert.equal(page.matchedCount, 1);
  t.assert.equal(page.events[0]?.['severity_id'], 4);
});

test('the retention of a tenant is kept by the store itself', async (t: TestContext) => {
  const short: Siem = { ...siem, now: Date.now, retentionDays: async () => 1 };
  const assetId = randomUUID();
  const events = [change('/kept', Date.now() - 1_000), change('/gone', Date.now() - 3 * DAY_MS)];
  await carry(short, here, batchOf(events, assetId));
  await siem.clickhouse.command({ query: 'OPTIMIZE TABLE events FINAL' });
  t.assert.equal(await count('events', `asset_id = '${assetId}' AND file_path = '/gone'`), 0);
  t.assert.equal(await count('events', `asset_id = '${assetId}' AND file_path = '/kept'`), 1);
});

test('whatever was not stored as it came is counted, also after a restart', async (t: TestContext) => {
  const before = await countsOf(siem, here, 1);
  const event = change('/counted/1');
  const bad = { ...change('/counted/2'), severity_id: 77 } as OcsfEvent;
  await carry(siem, here, batchOf([event, event, bad, change('/etc/shadow', 5)], randomUUID()));
  const now = await countsOf(siem, here, 1);
  const added = Object.fromEntries(
    Object.entries(now).map(([name, n]) => [name, n - before[name as keyof typeof before]]),
  );
  t.assert.deepEqual(added, { accepted: 2, duplicates: 1, rejected: 1, clamped: 1, findings: 1 });
  t.assert.equal((await countsOf(siem, there, 1)).rejected, 0);
});

test('a store that does not answer is a reason to come again, not a loss', async (t: TestContext) => {
  const batch = batchOf([change('/later')], randomUUID());
  const deaf: Siem = {
    ...siem,
    clickhouse: Object.assign(Object.create(siem.clickhouse), {
      exec: () => Promise.reject(new Error('refused')),
    }),
  };
  await t.assert.rejects(carry(deaf, here, batch), { code: 'SIEM_STORE_UNAVAILABLE', retryable: true });
  t.assert.equal((await carry(siem, here, batch)).acceptedCount, 1);
});
