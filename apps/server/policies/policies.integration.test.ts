/** Layers of policy against the real PostgreSQL, with the real rooms' schemas. */
import { randomUUID } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { fileIntegrityMonitoring } from '@demarc/file-integrity-monitoring';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import { enrolledAsset } from '../link/assets.ts';
import { linkMigrations } from '../link/migrations.ts';
import { serverMigrations } from '../migrations.ts';
import { type AddedLayer, layersOf, policiesFor, type SettableScope, setPolicy } from './policies.ts';

let postgres: TestPostgres;
let store: PostgresStore;
let [web, db] = ['', ''];
let olderAsset = '';
const [local, other] = [grantTenantScope('local'), grantTenantScope('other')];
const T = Date.parse('2026-11-26T12:00:00.000Z');
const groups = new Map<string, readonly string[]>();
let added: readonly AddedLayer[] = [];
const sources = {
  groupsOf: async (assetId: string): Promise<readonly string[]> => groups.get(assetId) ?? [],
  added: async (): Promise<readonly AddedLayer[]> => added,
};

before(async () => {
  postgres = await startTestPostgres();
  // As an installation was before policies had scopes, with a policy in it.
  const { server_0013_policy_scopes: latest, ...before13 } = serverMigrations;
  await migrate(postgres.ownerConnection, { ...before13, ...linkMigrations });
  store = openPostgres({ connection: postgres.connection });
  olderAsset = randomUUID();
  await store.inTenant(local, (db) =>
    sql`INSERT INTO server_policy (tenant_id, asset_id, service_id, policy, set_by, set_at_ms)
      VALUES ('local', ${olderAsset}, 'file-integrity-monitoring', '{"canarySeconds": 77}'::jsonb, 'ann', ${T})`.execute(
      db,
    ),
  );
  if (latest === undefined) throw new Error('the migration has another name');
  await migrate(postgres.ownerConnection, { ...serverMigrations, ...linkMigrations });
  await sql`INSERT INTO server_tenant (tenant_id, name) VALUES ('local', 'l'), ('other', 'o')
    ON CONFLICT DO NOTHING`.execute(store.db);
  [web, db] = [await machine('web-1', 'a'), await machine('db-1', 'b')];
});
after(async () => {
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

function machine(hostname: string, letter: string): Promise<string> {
  const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };
  const request = { token: '', csr: '', hostname, machineId: letter.repeat(32), os };
  return enrolledAsset(store, local, request, '127.0.0.1', T);
}
const set = (scope: SettableScope, policy: Readonly<Record<string, unknown>>, tenant: TenantScope = local) =>
  setPolicy(
    store,
    tenant,
    scope,
    fileIntegrityMonitoring,
    policy,
    { actor: 'ann', nowMs: T },
    [
      { assetId: web, name: 'web-1' },
      { assetId: db, name: 'db-1' },
    ],
    sources,
  );
async function on(assetId: string, tenant: TenantScope = local) {
  const [found] = await policiesFor(store, tenant, assetId, [fileIntegrityMonitoring], sources);
  if (found === undefined) throw new Error('no policy');
  const { canarySeconds, heartbeatSeconds } = found.policy as Record<string, number>;
  return { ...found, canarySeconds, heartbeatSeconds };
}

test('a policy from before scopes is that of its machine', async (t: TestContext) => {
  const { canarySeconds, layers } = await on(olderAsset);
  t.assert.equal(canarySeconds, 77);
  t.assert.deepEqual(
    layers.map(({ scope, setBy, setAtMs }) => [scope, setBy, setAtMs]),
    [[{ kind: 'asset', assetId: olderAsset }, 'ann', T]],
  );
});

test('the more specific is set over the less, field by field', async (t: TestContext) => {
  groups.set(web, ['servers', 'dmz']);
  await set({ kind: 'tenant' }, { canarySeconds: 100, heartbeatSeconds: 10 });
  await set({ kind: 'group', groupId: 'servers' }, { canarySeconds: 200 });
  await set({ kind: 'group', groupId: 'dmz' }, { canarySeconds: 300 });
  t.assert.deepEqual([(await on(web)).canarySeconds, (await on(web)).heartbeatSeconds], [300, 10]);
  t.assert.equal((await on(db)).canarySeconds, 100);
  await set({ kind: 'asset', assetId: web }, { canarySeconds: 400 });
  const { canarySeconds, policyVersion, layers } = await on(web);
  t.assert.equal(canarySeconds, 400);
  t.assert.deepEqual(
    layers.map(({ scope }) => scope.kind),
    ['tenant', 'group', 'group', 'asset'],
  );
  await set({ kind: 'asset', assetId: web }, {});
  t.assert.equal((await on(web)).canarySeconds, 300);
  t.assert.notEqual((await on(web)).policyVersion, policyVersion);
  t.assert.equal((await layersOf(store, local, fileIntegrityMonitoring.id)).length, 4);
});

test('what would not hold on a machine is refused, and named; nothing has changed', async (t: TestContext) => {
  const was = await on(db);
  await t.assert.rejects(set({ kind: 'tenant' }, { canarySeconds: 1 }), {
    code: 'API_REQUEST_INVALID',
    message: /on web-1|on db-1/,
  });
  t.assert.equal((await on(db)).policyVersion, was.policyVersion);
});

test('layers that do not fit together any more do not take the whole policy away', async (t: TestContext) => {
  await store.inTenant(local, (sqlDb) =>
    sql`INSERT INTO server_policy_scope (tenant_id, scope, service_id, policy, set_by, set_at_ms)
      VALUES ('local', 'group:late', 'file-integrity-monitoring', '{"canarySeconds": "soon"}'::jsonb, 'ann', ${T})`.execute(
      sqlDb,
    ),
  );
  groups.set(db, ['late']);
  const { canarySeconds, layers } = await on(db);
  t.assert.equal(canarySeconds, 100);
  t.assert.match(layers.find(({ problem }) => problem !== null)?.problem ?? '', /canarySeconds/);
});

test('what a room adds by itself is set over what people set', async (t: TestContext) => {
  added = [
    {
      by: 'file-integrity-monitoring',
      serviceId: 'file-integrity-monitoring',
      policy: { canarySeconds: 500 },
      atMs: T,
    },
    { by: 'other', serviceId: 'other', policy: { canarySeconds: 600 }, atMs: T },
  ];
  const { canarySeconds, layers } = await on(web);
  added = [];
  t.assert.equal(canarySeconds, 500);
  t.assert.deepEqual(layers.at(-1)?.scope, { kind: 'service', serviceId: 'file-integrity-monitoring' });
  t.assert.equal((await on(web)).canarySeconds, 300);
});

test('another tenant has none of it', async (t: TestContext) => {
  t.assert.deepEqual((await on(web, other)).layers, []);
  t.assert.deepEqual(await layersOf(store, other, fileIntegrityMonitoring.id), []);
});
