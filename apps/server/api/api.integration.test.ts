/** Every route, as each kind of caller, against the real stores. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Assurance, assuranceMigrations, loadCatalogue } from '@demarc/assurance';
import { fileIntegrityMonitoringServer } from '@demarc/file-integrity-monitoring/server';
import { hashToken, type Principal } from '@demarc/platform/identity';
import { migrate, openClickHouse, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { ensureEventTable, openSiem, type Siem, siemMigrations } from '@demarc/siem';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { FirstAdministrator, makeAccount, signIn } from '../accounts.ts';
import { enrolledAsset, listAssets } from '../link/assets.ts';
import { linkMigrations } from '../link/migrations.ts';
import { serverMigrations } from '../migrations.ts';
import { ensureFirstTenant } from '../tenants.ts';
import { buildApi } from './api.ts';

const CLI_TOKEN = 'the-token-of-the-local-command-line-0123456789';
const PASSWORD = 'four words that do not belong';
const service = 'file-integrity-monitoring';

let postgres: TestPostgres;
let clickhouse: TestClickHouse;
let store: PostgresStore;
let siem: Siem;
let assurance: Assurance;
let app: FastifyInstance;
let first: FirstAdministrator;
let scratch = '';
let assetId = '';
let now = Date.parse('2026-11-20T12:00:00.000Z');
const routes: { readonly method: string; readonly url: string; readonly open: boolean }[] = [];

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'demarc-api-'));
  chmodSync(scratch, 0o700);
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  await migrate(postgres.ownerConnection, {
    ...serverMigrations,
    ...linkMigrations,
    ...siemMigrations,
    ...assuranceMigrations,
  });
  store = openPostgres({ connection: postgres.connection });
  await ensureFirstTenant(store);
  await sql`INSERT INTO server_tenant (tenant_id, name) VALUES ('other', 'Another organisation')`.execute(
    store.db,
  );
  siem = openSiem({
    inTenant: store.inTenant,
    clickhouse: openClickHouse(clickhouse),
    reader: openClickHouse(clickhouse.reader),
    rules: [],
    retentionDays: async () => 90,
    now: () => now,
  });
  await ensureEventTable(siem.clickhouse);
  assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [fileIntegrityMonitoringServer.service],
    freshSecondsMax: 3_600,
    assets: async (tenant) =>
      (await listAssets(store, tenant, now)).map(({ assetId: id, name, type }) => ({
        assetId: id,
        name,
        type,
      })),
    onChange: () => undefined,
    now: () => now,
  });
  const request = {
    token: '',
    csr: '',
    hostname: 'db-1',
    machineId: 'a'.repeat(32),
    os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const },
  };
  assetId = await enrolledAsset(store, grantTenantScope('local'), request, '127.0.0.1', now);
  first = new FirstAdministrator(store, join(scratch, 'first'), () => now);
  app = await buildApi({
    store,
    siem,
    assurance,
    rooms: [fileIntegrityMonitoringServer],
    first,
    cliTokenHash: hashToken(CLI_TOKEN),
    hostNames: ['localhost', '127.0.0.1'],
    enrollment: async () => ({ token: 't', expiresAtMs: now, command: 'c', enrollCommand: 'e' }),
    status: () => ({ version: '0', startedAt: new Date(now).toISOString(), parts: [] }),
    publish: () => undefined,
    console: new Map(),
    now: () => now,
    log: (line, error) => console.error(line, error),
    onRoute: (method, url) => {
      const open = ['/v1/health', '/v1/session', '/v1/session/first'].includes(url) && method !== 'DELETE';
      if (method !== 'HEAD' && url.startsWith('/v1/')) routes.push({ method, url, open });
    },
  });
});

after(async () => {
  await app.close();
  assurance[Symbol.dispose]();
  await siem.clickhouse.close();
  await siem.reader.close();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await clickhouse[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

async function person(role: Principal['grants'][number]['role'], tenantId: string | null, who = '') {
  const email = `${role}-${tenantId ?? 'all'}${who}@example.org`;
  await makeAccount(store, { email, name: role, password: PASSWORD, grants: [{ role, tenantId }] });
  const cookie = `demarc_session=${await signIn(store, email, PASSWORD, now)}`;
  const me = await app.inject({ method: 'GET', url: '/v1/me', headers: { cookie } });
  return { cookie, 'x-demarc-csrf': me.json<{ csrfToken: string }>().csrfToken };
}

/** A request that is well formed, so that only the guard can say no. */
function requestTo(method: string, url: string, tenantId: string) {
  const path = url
    .replace(':tenantId', tenantId)
    .replace(':assetId', assetId)
    .replace(':entitlementId', randomUUID())
    .replace(':serviceId', service)
    .replace(':handoverId', randomUUID())
    .replace(':uid', 'nothing');
  const range = { from: '2026-11-20T10:00:00.000Z', to: '2026-11-20T11:00:00.000Z' };
  const query = path.includes('/matrix/why')
    ? `?assetId=${assetId}&controlId=VMS-09`
    : path.includes('integrity/changes')
      ? `?from=${range.from}&to=${range.to}`
      : '';
  const payload =
    method === 'GET' || method === 'DELETE'
      ? undefined
      : path.includes('/events/')
        ? range
        : path.endsWith('/cancel')
          ? { reason: 'r' }
          : path.endsWith('/notice')
            ? { reason: 'r', endsAt: '2027-01-01T00:00:00.000Z' }
            : path.endsWith('/simulations/purchase')
              ? { serviceId: service, assetIds: [assetId] }
              : path.endsWith('/simulations/cancellation')
                ? { entitlementId: randomUUID() }
                : path.endsWith('/sign')
                  ? { side: 'releasing' }
                  : path.endsWith('/entitlements')
                    ? { serviceId: service, assetIds: [randomUUID()], prerequisitesAccepted: true }
                    : {};
  return { method: method as 'GET', url: path + query, ...(payload === undefined ? {} : { payload }) };
}

/** What a viewer may do; everything else below a tenant takes an administrator. */
const READS = [
  '/assets',
  '/assets/:assetId',
  '/events/search',
  '/events/histogram',
  '/events/by-uid/:uid',
  '/events/stream',
  '/matrix',
  '/matrix/why',
  '/services',
  '/simulations/purchase',
  '/simulations/cancellation',
  '/handovers',
  '/handovers/:handoverId',
  '/policies/:serviceId/assets/:assetId',
  '/integrity/changes',
];

test('there are routes to walk, and each says what it needs', (t: TestContext) => {
  t.assert.ok(routes.length >= 24, `${routes.length} routes`);
  t.assert.ok(
    routes.some(({ url }) => url.endsWith('integrity/changes')),
    'the room’s own routes are among them',
  );
});

test('every route, as each kind of caller', async (t: TestContext) => {
  const callers = {
    'provider-administrator': await person('provider-administrator', null),
    'tenant-administrator': await person('tenant-administrator', 'local'),
    viewer: await person('viewer', 'local'),
    'foreign-administrator': await person('tenant-administrator', 'other'),
    anonymous: {},
  };
  const surprises: string[] = [];
  for (const { method, url, open } of routes) {
    // Signing out ends the session the others still need; the stream never ends by itself.
    if (url === '/v1/session' || url === '/v1/session/first' || url.endsWith('/stream')) continue;
    for (const [caller, headers] of Object.entries(callers)) {
      const { statusCode } = await app.inject({ ...requestTo(method, url, 'local'), headers });
      const allowed = statusCode !== 401 && statusCode !== 403;
      if (allowed !== expected(method, url, open, caller))
        surprises.push(`${method} ${url} as ${caller}: ${statusCode}`);
      if (statusCode >= 500) surprises.push(`${method} ${url} as ${caller}: ${statusCode}`);
    }
  }
  t.assert.deepEqual(surprises, []);
});

function expected(method: string, url: string, open: boolean, caller: string): boolean {
  if (open) return true;
  if (caller === 'anonymous') return false;
  if (!url.startsWith('/v1/tenants/:tenantId'))
    return url !== '/v1/status' || caller === 'provider-administrator';
  if (caller === 'foreign-administrator') return false;
  if (caller !== 'viewer') return true;
  const below = url.slice('/v1/tenants/:tenantId'.length);
  return (
    READS.includes(below) &&
    (method === 'GET' || below.startsWith('/events/') || below.startsWith('/simulations/'))
  );
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly entitlementId: string;
  readonly handoverId: string;
  readonly settled: number;
  readonly accepted: number;
  readonly checked: number;
  readonly party: string;
}

test('nobody accepts or signs for a party that they do not speak for', async (t: TestContext) => {
  const tenant = await person('tenant-administrator', 'local', '-2');
  const provider = await person('provider-administrator', null, '-2');
  const ams = await person('ams-engineer', 'local');
  const post = async (headers: Record<string, string>, path: string, payload: object) => {
    const url = `/v1/tenants/local/${path}`;
    const answer = await app.inject({ method: 'POST', url, headers, payload });
    return { ...answer.json<Answer>(), status: answer.statusCode };
  };
  const { entitlementId } = await post(tenant, 'entitlements', {
    serviceId: service,
    assetIds: [assetId],
    prerequisitesAccepted: true,
  });
  const endsAt = new Date(now + 86_400_000).toISOString();
  const entitlement = `entitlements/${entitlementId}`;
  const { handoverId } = await post(tenant, `${entitlement}/notice`, { endsAt, reason: 'r' });
  const handover = `handovers/${handoverId}`;
  const refused = { status: 403, code: 'ASSURANCE_PARTY_NOT_YOURS' };
  const said = ({ status, code }: Pick<Answer, 'status' | 'code'>) => ({ status, code });
  const takenBack = { reason: 'r', acceptHandback: true };
  t.assert.deepEqual(said(await post(provider, `${entitlement}/cancel`, takenBack)), refused);
  const until = new Date(now + 10 * 86_400_000).toISOString();
  t.assert.deepEqual(said(await post(ams, `${handover}/settle`, { riskAcceptedUntil: until })), refused);
  t.assert.equal((await post(tenant, `${handover}/settle`, { taker: 'ams' })).settled, 0);
  t.assert.equal((await post(provider, `${handover}/accept`, {})).code, 'ASSURANCE_NOTHING_PROPOSED');
  t.assert.ok((await post(ams, `${handover}/accept`, {})).accepted > 0);
  t.assert.ok((await post(ams, `${handover}/check`, {})).checked > 0);
  t.assert.deepEqual(said(await post(ams, `${handover}/sign`, { side: 'releasing' })), refused);
  t.assert.equal((await post(provider, `${handover}/sign`, { side: 'releasing' })).party, 'provider');
  t.assert.equal((await post(tenant, `${handover}/sign`, { side: 'receiving' })).party, 'customer');
  const url = `/v1/tenants/local/${handover}/certificate`;
  const certificate = await app.inject({ method: 'GET', url, headers: tenant });
  t.assert.equal(certificate.headers['content-type'], 'application/pdf');
  t.assert.equal(certificate.rawPayload.subarray(0, 5).toString(), '%PDF-');
  const viewer = await app.inject({ method: 'GET', url, headers: await person('viewer', 'local', '-2') });
  t.assert.equal(viewer.statusCode, 403);
  t.assert.equal((await post(tenant, `${entitlement}/cancel`, { reason: 'r' })).status, 200);
  t.assert.equal(
    (await post(tenant, `${entitlement}/cancel`, { reason: 'r' })).code,
    'ASSURANCE_END_CONFIRMED',
  );
  t.assert.equal((await post(tenant, `${entitlement}/notice/withdraw`, { reason: 'r' })).status, 200);
  const supposed = await post(ams, 'simulations/cancellation', { entitlementId, taker: 'ams' });
  t.assert.equal(supposed.status, 200);
});

test('the stream is guarded like everything else', async (t: TestContext) => {
  const { statusCode } = await app.inject({ method: 'GET', url: '/v1/tenants/local/events/stream' });
  t.assert.equal(statusCode, 401);
});

test('a cookie alone changes nothing', async (t: TestContext) => {
  const { cookie } = await person('tenant-administrator', 'csrf-test').catch(() =>
    person('provider-administrator', 'csrf-test'),
  );
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/tenants/csrf-test/schedule/accept',
    headers: { cookie },
    payload: {},
  });
  t.assert.equal(answer.statusCode, 403);
  t.assert.equal(answer.json<{ code: string }>().code, 'API_CSRF_REFUSED');
});

test('a name that was pointed here is refused', async (t: TestContext) => {
  const answer = await app.inject({
    method: 'GET',
    url: '/v1/health',
    headers: { host: 'evil.example:8420' },
  });
  t.assert.equal(answer.statusCode, 421);
});

test('the local command line’s token works, another does not', async (t: TestContext) => {
  const as = (token: string) =>
    app.inject({ method: 'GET', url: '/v1/status', headers: { authorization: `Bearer ${token}` } });
  t.assert.equal((await as(CLI_TOKEN)).statusCode, 200);
  t.assert.equal((await as(`${CLI_TOKEN}x`)).statusCode, 401);
});

test('the first link is for an installation without accounts, and for once', async (t: TestContext) => {
  await first.offer('http://localhost');
  t.assert.throws(() => readFileSync(join(scratch, 'first')), 'there are accounts already');
  await sql`TRUNCATE server_account CASCADE`.execute(
    openPostgres({ connection: postgres.ownerConnection }).db,
  );
  await first.offer('http://localhost');
  const token = readFileSync(join(scratch, 'first'), 'utf8').trim().split('token=')[1];
  const body = { token, email: 'ann@example.org', name: 'Ann', password: PASSWORD };
  const make = (payload: object) => app.inject({ method: 'POST', url: '/v1/session/first', payload });
  t.assert.equal(
    (await make({ ...body, token: 'x'.repeat(43) })).json<{ code: string }>().code,
    'IDENTITY_FIRST_LINK_INVALID',
  );
  t.assert.equal(
    (await make({ ...body, password: 'short' })).json<{ code: string }>().code,
    'IDENTITY_PASSWORD_WEAK',
  );
  t.assert.equal((await make(body)).statusCode, 200);
  t.assert.equal((await make({ ...body, email: 'eve@example.org' })).statusCode, 403);
});

test('sign-in: wrong, right, and slower after failures', async (t: TestContext) => {
  const tryIt = (password: string) =>
    app.inject({ method: 'POST', url: '/v1/session', payload: { email: 'ann@example.org', password } });
  t.assert.equal((await tryIt('wrong')).statusCode, 401);
  t.assert.equal((await tryIt(PASSWORD)).statusCode, 200);
  for (let attempt = 0; attempt < 6; attempt += 1) await tryIt('wrong');
  t.assert.equal((await tryIt(PASSWORD)).statusCode, 401, 'locked for a moment');
  now += 20 * 60_000;
  t.assert.equal((await tryIt(PASSWORD)).statusCode, 200);
});

test('a session ends by itself and by signing out', async (t: TestContext) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/session',
    payload: { email: 'ann@example.org', password: PASSWORD },
  });
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
  t.assert.match(String(answer.headers['set-cookie']), /HttpOnly; SameSite=Strict/);
  const me = () => app.inject({ method: 'GET', url: '/v1/me', headers: { cookie } });
  const csrf = (await me()).json<{ csrfToken: string }>().csrfToken;
  t.assert.equal(
    (await app.inject({ method: 'DELETE', url: '/v1/session', headers: { cookie, 'x-demarc-csrf': csrf } }))
      .statusCode,
    200,
  );
  t.assert.equal((await me()).statusCode, 401);
  const again = await app.inject({
    method: 'POST',
    url: '/v1/session',
    payload: { email: 'ann@example.org', password: PASSWORD },
  });
  const idle = String(again.headers['set-cookie']).split(';')[0] ?? '';
  now += 13 * 3_600_000;
  t.assert.equal(
    (await app.inject({ method: 'GET', url: '/v1/me', headers: { cookie: idle } })).statusCode,
    401,
  );
});

test('every error is a problem with a next step', async (t: TestContext) => {
  const authorization = `Bearer ${CLI_TOKEN}`;
  for (const [url, status] of [
    ['/v1/nowhere', 404],
    ['/v1/tenants/Not%20a%20tenant/assets', 400],
    ['/v1/tenants/local/matrix?asOf=yesterday', 400],
    [`/v1/tenants/local/assets/${randomUUID()}`, 404],
  ] as const) {
    const answer = await app.inject({ method: 'GET', url, headers: { authorization } });
    t.assert.equal(answer.statusCode, status, url);
    t.assert.match(String(answer.headers['content-type']), /application\/problem\+json/);
    t.assert.ok(answer.json<{ fix: string }>().fix.length > 0);
  }
});

test('the OpenAPI document is 3.1 and names every route', async (t: TestContext) => {
  const answer = await app.inject({
    method: 'GET',
    url: '/v1/openapi.json',
    headers: { authorization: `Bearer ${CLI_TOKEN}` },
  });
  const document = answer.json<{ openapi: string; paths: Record<string, Record<string, unknown>> }>();
  t.assert.equal(document.openapi, '3.1.0');
  const named = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const missing = routes.filter(
    ({ method, url }) =>
      url !== '/v1/openapi.json' && !named.includes(`${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`),
  );
  t.assert.deepEqual(missing, []);
});
