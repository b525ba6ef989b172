/** Orders against the real PostgreSQL: who sees them, when they are in force, and what agents may say of them. */
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { ORDERS_MAX } from '@demarc/platform/contract/orders';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { serverMigrations } from '../migrations.ts';
import { giveOrder, listOrders, orderOf, ordersInForce, takeBackOrder, tellOrders } from './orders.ts';

let postgres: TestPostgres;
let store: PostgresStore;
const [local, other] = [grantTenantScope('local'), grantTenantScope('other')];
const T = Date.parse('2026-11-26T12:00:00.000Z');
const SERVICE = 'host-intrusion-detection';
const by = { accountId: 'account-1', name: 'Pat Example', party: 'provider' };

before(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, serverMigrations);
  store = openPostgres({ connection: postgres.connection });
});
after(async () => {
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const give = (assetId: string, seconds = 600, range = '203.0.113.9') =>
  giveOrder(
    store,
    local,
    {
      assetId,
      serviceId: SERVICE,
      kind: 'block-address',
      what: { range },
      by,
      because: 'it scans us',
      seconds,
    },
    T,
  );

test('an order is in force until its time is over, and stays on record', async (t: TestContext) => {
  const assetId = randomUUID();
  const { id, state, inForce } = await give(assetId);
  t.assert.deepEqual([state, inForce], ['waiting', true]);
  const given = (await ordersInForce(store, local, assetId, T)).get(SERVICE);
  t.assert.deepEqual(given, [
    {
      id,
      kind: 'block-address',
      what: { range: '203.0.113.9' },
      by: 'Pat Example',
      because: 'it scans us',
      givenAtMs: T,
      untilMs: T + 600_000,
    },
  ]);
  t.assert.equal((await ordersInForce(store, local, assetId, T + 600_000)).size, 0);
  const { orders } = await listOrders(store, local, assetId, T + 600_000);
  t.assert.deepEqual(
    orders.map((order) => [order.id, order.inForce]),
    [[id, false]],
  );
});

test('it is taken back once, with who and why', async (t: TestContext) => {
  const assetId = randomUUID();
  const { id } = await give(assetId);
  const taken = await takeBackOrder(store, local, id, 'Ann Example', 'it was our own scanner', T + 1_000);
  t.assert.deepEqual(taken.takenBack, {
    at: new Date(T + 1_000).toISOString(),
    by: 'Ann Example',
    because: 'it was our own scanner',
  });
  t.assert.equal((await ordersInForce(store, local, assetId, T + 1_000)).size, 0);
  await t.assert.rejects(takeBackOrder(store, local, id, 'Ann Example', 'again', T + 2_000), {
    code: 'API_NOT_FOUND',
  });
});

test('another tenant sees nothing of it, and takes nothing back', async (t: TestContext) => {
  const assetId = randomUUID();
  const { id } = await give(assetId);
  t.assert.equal((await ordersInForce(store, other, assetId, T)).size, 0);
  t.assert.deepEqual((await listOrders(store, other, undefined, T)).orders, []);
  await t.assert.rejects(orderOf(store, other, id, T), { code: 'API_NOT_FOUND' });
  await t.assert.rejects(takeBackOrder(store, other, id, 'Mallory', 'mine now', T), {
    code: 'API_NOT_FOUND',
  });
  await tellOrders(store, other, assetId, [{ id, state: 'done', because: 'no', atMs: T }]);
  t.assert.equal((await orderOf(store, local, id, T)).state, 'waiting');
});

test('an agent speaks of its own orders only, and older news change nothing', async (t: TestContext) => {
  const [assetId, neighbour] = [randomUUID(), randomUUID()];
  const { id } = await give(assetId);
  const tell = (asset: string, state: 'in-force' | 'refused', because: string, atMs: number) =>
    tellOrders(store, local, asset, [{ id, state, because, atMs }]);
  await tell(neighbour, 'refused', 'I will not', T + 9_000);
  t.assert.equal((await orderOf(store, local, id, T)).state, 'waiting');
  // Its clock may be behind ours: what it says first counts.
  await tell(assetId, 'in-force', 'dropped in the kernel', T - 5_000);
  await tell(assetId, 'refused', 'an old request, late', T - 6_000);
  const { state, stateBecause } = await orderOf(store, local, id, T);
  t.assert.deepEqual([state, stateBecause], ['in-force', 'dropped in the kernel']);
});

test('there is a bound for each machine, also for those who ask at once', async (t: TestContext) => {
  const assetId = randomUUID();
  for (let index = 0; index < ORDERS_MAX - 1; index += 1)
    await give(assetId, 600, `203.0.113.${index % 250}`);
  const outcomes = await Promise.allSettled([give(assetId), give(assetId), give(assetId)]);
  t.assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  await t.assert.rejects(give(assetId), { code: 'ORDER_TOO_MANY' });
  await give(randomUUID());
});
