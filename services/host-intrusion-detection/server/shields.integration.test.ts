/** Shields against the real PostgreSQL: through the routes as the server mounts them, and what agents are then told. */
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { shieldLayers, shieldMigrations, shieldRoutes, withdrawFixed } from './shields.ts';

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly preventsAt: string | null;
  readonly history: readonly {
    readonly action: string;
    readonly by: string;
    readonly accountId: string | null;
  }[];
}

let postgres: TestPostgres;
let store: PostgresStore;
let now = Date.parse('2026-11-26T12:00:00.000Z');
const DAY = 86_400_000;
const [local, other] = [grantTenantScope('local'), grantTenantScope('other')];

before(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, shieldMigrations);
  store = openPostgres({ connection: postgres.connection });
});
after(async () => {
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

async function ask<Reply = Shown>(
  method: string,
  path: string,
  input: { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown } = {},
  tenant: TenantScope = local,
): Promise<Reply> {
  const route = shieldRoutes.find((each) => each.method === method && each.path === path);
  if (route === undefined) throw new Error(`there is no ${method} ${path}`);
  const context = testServerContext({ inTenant: store.inTenant, now: () => now });
  const reply = await route.handle(context, tenant, {
    params: input.params ?? {},
    query: input.query ?? {},
    body: route.body?.parse(input.body),
    accountId: 'a-1',
    accountName: 'Ann',
    speaksFor: () => true,
  });
  return route.response.parse(reply) as Reply;
}
const asked = (assetId: string, more: object = {}): { readonly body: unknown } => ({
  body: {
    assetId,
    vulnerability: 'CVE-2020-0796',
    against: { what: 'attacks', kinds: ['smbghost'] },
    because: 'found by the scan of today',
    ...more,
  },
});
const layers = (assetId: string, tenant = local) =>
  shieldLayers({ inTenant: store.inTenant, now: () => now }, tenant, assetId);
const responses = (response: string) => ({
  'host-intrusion-detection': { network: { responses: { smbghost: response } } },
});

test('from a finding to the patch: watches, prevents, is withdrawn', async (t: TestContext) => {
  const assetId = randomUUID();
  const opened = await ask('POST', 'shields', asked(assetId));
  t.assert.deepEqual([opened.state, opened.preventsAt], ['detect', new Date(now + DAY).toISOString()]);
  t.assert.deepEqual(await layers(assetId), responses('observe'));
  now += DAY;
  t.assert.deepEqual(await layers(assetId), responses('block'));
  const params = { shieldId: opened.id };
  const wrong = await ask('POST', 'shields/:shieldId/was-wrong', { params, body: { because: 'our backup' } });
  t.assert.equal(wrong.state, 'detect');
  t.assert.deepEqual(await layers(assetId), responses('observe'));
  await ask('POST', 'shields/:shieldId/prevent', { params, body: { because: 'it was not it' } });
  t.assert.deepEqual(await layers(assetId), responses('block'));
  const ended = await ask('POST', 'shields/:shieldId/withdraw', {
    params,
    body: { because: 'patched, scanned again' },
  });
  t.assert.deepEqual(
    ended.history.map(({ action, by }) => [action, by]),
    [
      ['opened', 'Ann'],
      ['prevents', 'time'],
      ['was-wrong', 'Ann'],
      ['prevents', 'Ann'],
      ['withdrawn', 'Ann'],
    ],
  );
  t.assert.equal(ended.history.at(-1)?.accountId, 'a-1');
  t.assert.deepEqual(await layers(assetId), {});
  await t.assert.rejects(ask('POST', 'shields/:shieldId/prevent', { params, body: { because: 'again' } }), {
    code: 'HIDS_SHIELD_REFUSES',
  });
  const { shields } = await ask<{ readonly shields: readonly Shown[] }>('GET', 'shields', {
    query: { assetId },
  });
  t.assert.deepEqual(
    shields.map(({ id, state }) => [id, state]),
    [[opened.id, 'withdrawn']],
  );
});

test('once a scan no longer sees the weakness, its shields go; those that were opened later stay', async (t: TestContext) => {
  const [patched, open] = [randomUUID(), randomUUID()];
  const [gone, otherWeakness, stays] = [
    await ask('POST', 'shields', asked(patched)),
    await ask('POST', 'shields', asked(patched, { vulnerability: 'CVE-2017-0144' })),
    await ask('POST', 'shields', asked(open)),
  ];
  now += 1_000;
  const fixedAtMs = now;
  now += 1_000;
  const later = await ask('POST', 'shields', asked(patched));
  const asks: string[] = [];
  const context = testServerContext({
    inTenant: store.inTenant,
    now: () => now,
    use: ((name: string) =>
      name === 'fixed-weaknesses'
        ? async (_tenant: TenantScope, of: readonly { readonly assetId: string }[]) => {
            asks.push(...of.map(({ assetId }) => assetId));
            return [{ assetId: patched, vulnerability: 'CVE-2020-0796', fixedAtMs }];
          }
        : undefined) as ServerRoomContext['use'],
  });
  t.assert.equal(await withdrawFixed(context, other), 0, 'nobody else’s');
  t.assert.equal(await withdrawFixed(context, local), 1);
  t.assert.ok(asks.includes(patched) && asks.includes(open));
  const { shields } = await ask<{ readonly shields: readonly Shown[] }>('GET', 'shields', {});
  const stateOf = (id: string) => shields.find((shield) => shield.id === id)?.state;
  t.assert.deepEqual(
    [gone, otherWeakness, stays, later].map(({ id }) => stateOf(id)),
    ['withdrawn', 'detect', 'detect', 'detect'],
  );
  const { history } = shields.find(({ id }) => id === gone.id) ?? gone;
  t.assert.deepEqual(
    history.map(({ action, by, accountId }) => [action, by, accountId]),
    [
      ['opened', 'Ann', 'a-1'],
      ['withdrawn', 'vulnerability scanning', null],
    ],
  );
  t.assert.equal(await withdrawFixed(context, local), 0);
});

test('another tenant neither sees nor changes it', async (t: TestContext) => {
  const assetId = randomUUID();
  const { id } = await ask('POST', 'shields', asked(assetId));
  t.assert.deepEqual(await ask('GET', 'shields', {}, other), { shields: [], more: false });
  t.assert.deepEqual(await layers(assetId, other), {});
  const withdraw = { params: { shieldId: id }, body: { because: 'not mine' } };
  await t.assert.rejects(ask('POST', 'shields/:shieldId/withdraw', withdraw, other), {
    code: 'HIDS_SHIELD_UNKNOWN',
  });
});

test('a machine has so many at once, and those that time ended make room', async (t: TestContext) => {
  const assetId = randomUUID();
  for (let index = 0; index < 64; index += 1)
    await ask('POST', 'shields', asked(assetId, { expiresAfterDays: index < 2 ? 1 : 300 }));
  await t.assert.rejects(ask('POST', 'shields', asked(assetId)), { code: 'HIDS_SHIELDS_TOO_MANY' });
  now += 2 * DAY;
  await ask('POST', 'shields', asked(assetId));
  await ask('POST', 'shields', asked(assetId));
  await t.assert.rejects(ask('POST', 'shields', asked(assetId)), { code: 'HIDS_SHIELDS_TOO_MANY' });
});

test('what is no shield is refused before anything is kept', async (t: TestContext) => {
  for (const body of [
    { against: { what: 'attacks', kinds: ['syn-scan'] } },
    { against: { what: 'port', protocol: 'tcp', port: 0 } },
    { vulnerability: 'ms' },
    { because: '' },
  ])
    await t.assert.rejects(ask('POST', 'shields', asked(randomUUID(), body)), { name: 'ZodError' });
});
