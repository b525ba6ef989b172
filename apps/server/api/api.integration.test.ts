/** Every route, as each kind of caller, against the real stores. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Assurance } from '@demarc/assurance';
import { checkOscal, documentsOf } from '@demarc/assurance/oscal';
import type { GivenOrder } from '@demarc/platform/contract/api/orders';
import type { MadeSource, Source, SourceDetail } from '@demarc/platform/contract/intake';
import { hashToken, type Principal } from '@demarc/platform/identity';
import { openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { AccessLog } from '../access-log.ts';
import { FirstAdministrator } from '../accounts.ts';
import { Exporter } from '../exports/exporter.ts';
import { type QuietIntake, quietIntake } from '../intake/testing.ts';
import { ROOMS } from '../services.ts';
import { openTestServer, type TestServer } from '../testing.ts';
import { cookieOf, signInAs } from '../testing-accounts.ts';
import { buildApi } from './api.ts';

const CLI_TOKEN = 'the-token-of-the-local-command-line-0123456789';
const PASSWORD = 'four words that do not belong';
const service = 'file-integrity-monitoring';

let server: TestServer;
let store: PostgresStore;
let assurance: Assurance;
let app: FastifyInstance;
let first: FirstAdministrator;
let access: AccessLog;
let quiet: QuietIntake;
let scratch = '';
let assetId = '';
let now = Date.parse('2026-11-20T12:00:00.000Z');
const routes: { readonly method: string; readonly url: string; readonly open: boolean }[] = [];

before(async () => {
  server = await openTestServer({ rooms: ROOMS, freshSecondsMax: 3_600, now: () => now });
  ({ store, assurance, directory: scratch } = server);
  await sql`INSERT INTO server_tenant (tenant_id, name) VALUES ('other', 'Another organisation')`.execute(
    store.db,
  );
  ({ assetId } = await server.enrolled('db-1'));
  first = new FirstAdministrator(store, join(scratch, 'first'), () => now);
  access = new AccessLog(
    store,
    () => now,
    (error) => console.error(error),
  );
  quiet = quietIntake(store, join(scratch, 'intake'), () => now);
  app = await buildApi({
    sources: quiet.sources,
    access,
    exporter: new Exporter(console.error),
    platformKeyPem: server.key.publicKeyPem,
    store,
    siem: server.siem,
    assurance,
    rooms: ROOMS,
    roomContexts: server.contexts,
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
  await quiet[Symbol.asyncDispose]();
  await access[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** As long as that holds. */
const signedIn = new Map<string, string>();

/** Somebody with this role, made when they are first asked for; `who` tells two of one role apart. */
async function person(role: Principal['grants'][number]['role'], tenantId: string | null, who = '') {
  const email = `${role}-${tenantId ?? 'all'}${who}@example.org`;
  const known = signedIn.get(email);
  const still = known && (await app.inject({ method: 'GET', url: '/v1/me', headers: { cookie: known } }));
  if (known && still && still.statusCode === 200)
    return { cookie: known, 'x-demarc-csrf': still.json<{ csrfToken: string }>().csrfToken };
  const { rows } = await sql`SELECT 1 FROM server_account WHERE email = ${email}`.execute(store.db);
  const cookie =
    rows.length === 0
      ? await signInAs(store, { email, name: role, grants: [{ role, tenantId }], nowMs: now })
      : await cookieOf(store, email, now);
  signedIn.set(email, cookie);
  const me = await app.inject({ method: 'GET', url: '/v1/me', headers: { cookie } });
  return { cookie, 'x-demarc-csrf': me.json<{ csrfToken: string }>().csrfToken };
}

/** Well formed, for routes below a tenant that want more than nothing. */
const BODIES_OF_CLAIMS: Readonly<Record<string, object>> = {
  '/parties': { partyId: 'acme', name: 'Acme' },
  '/groups': { groupId: 'prod', name: 'production', labels: { env: 'prod' } },
  '/inventory/assets': { assetId: 'net-1', name: 'front', type: 'network' },
  '/inventory/assets/:assetId/labels': { labels: {} },
  '/inventory/assets/:assetId/retire': { reason: 'gone' },
  '/claims': { controls: ['VMS-09'], duties: ['operate'], party: 'ams' },
  '/decisions/:decisionId': { answer: 'customer application team' },
};

/** Orders, and routes of the rooms. */
const BODIES_OF_ROOMS: Readonly<Record<string, object>> = {
  '/orders': {
    assetId: randomUUID(),
    serviceId: 'host-intrusion-detection',
    kind: 'block-address',
    what: { range: '192.0.2.1' },
    because: 'because',
    seconds: 60,
  },
  '/orders/:orderId/take-back': { because: 'because' },
  '/shields': {
    assetId: randomUUID(),
    vulnerability: 'CVE-2020-0796',
    against: { what: 'attacks', kinds: ['smbghost'] },
    because: 'because',
  },
  '/shields/:shieldId/prevent': { because: 'because' },
  '/shields/:shieldId/was-wrong': { because: 'because' },
  '/shields/:shieldId/withdraw': { because: 'because' },
  '/firewall/simulate': {
    assetId: randomUUID(),
    policy: {},
    from: '2026-11-20T10:00:00.000Z',
    to: '2026-11-20T11:00:00.000Z',
  },
  '/patching/windows': { name: 'w', minutes: 60, startsAt: '2026-12-20T12:00:00.000Z' },
  '/patching/windows/:windowId': { name: 'w', minutes: 60, startsAt: '2026-12-20T12:00:00.000Z' },
  '/patching/windows/:windowId/remove': { because: 'because' },
  '/patching/freezes': {
    from: '2026-12-20T12:00:00.000Z',
    to: '2026-12-21T12:00:00.000Z',
    reason: 'because',
  },
  '/patching/freezes/:freezeId/remove': { because: 'because' },
  '/patching/plans/:planId/publish': { because: 'because' },
  '/patching/jobs/:jobId/approve': { because: 'because' },
  '/patching/jobs/:jobId/decline': { because: 'because' },
  '/patching/jobs/:jobId/roll-back': { because: 'because' },
  '/firewall/check': { policy: {} },
  '/firewall/explain': { policy: {}, packet: 'tcp 203.0.113.9:40000 > 10.0.0.2:22 in' },
};

/** A request that is well formed, so that only the guard can say no. */
function requestTo(method: string, url: string, tenantId: string) {
  const path = url
    .replace(':tenantId', tenantId)
    .replace(':assetId', url.includes('/inventory/') ? randomUUID() : assetId)
    .replace(':saying', 'accept')
    .replace(':decisionId', 'OM-02')
    .replace(/:(claimId|groupId|snapshotId|sourceId|orderId|shieldId|reportId|scheduleId)/, randomUUID())
    .replace(/:(windowId|freezeId|planId|jobId)/, randomUUID())
    .replace(':findingId', 'f'.repeat(32))
    .replace(':format', 'json')
    .replace(':entitlementId', randomUUID())
    .replace(':serviceId', service)
    .replace(':handoverId', randomUUID())
    .replace(':uid', 'nothing')
    .replace(':controlId', 'VMS-09')
    .replace(':riskId', 'R-01')
    .replace(':version/:document', '1.2.2/catalog.json')
    .replace(':frameworkId', 'nist-800-53-r5')
    .replace(/:(approvalId|exceptionId|poamId)/, 'nothing');
  const range = { from: '2026-11-20T10:00:00.000Z', to: '2026-11-20T11:00:00.000Z' };
  const query = path.includes('/matrix/why')
    ? `?assetId=${assetId}&controlId=VMS-09`
    : path.endsWith('/audit/evidence')
      ? `?assetId=${assetId}&rule=VMS-09.1`
      : path.endsWith('/audit/sample')
        ? '?controlId=VMS-09'
        : path.includes('integrity/changes') || path.endsWith('/patching/calendar')
          ? `?from=${range.from}&to=${range.to}`
          : '';
  const payload =
    method === 'GET' || method === 'DELETE'
      ? undefined
      : path.includes('/events/')
        ? range
        : path.endsWith('/cancel')
          ? { reason: 'r' }
          : path.endsWith('/attestations')
            ? { rule: 'DAT-01.2', statement: 's', until: '2027-01-01T00:00:00.000Z' }
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
                      : (BODIES[url.slice('/v1/tenants/:tenantId'.length)] ??
                        BODIES_OF_CLAIMS[url.slice('/v1/tenants/:tenantId'.length)] ??
                        BODIES_OF_ROOMS[url.slice('/v1/tenants/:tenantId'.length)] ??
                        {});
  return { method: method as 'GET', url: path + query, ...(payload === undefined ? {} : { payload }) };
}

const REASON = { reason: 'r' };
const LATER = '2026-12-20T12:00:00.000Z';
/** What the routes of workbook and register ask for. */
const file = (text: string) => ({ format: 'csv', contentBase64: Buffer.from(text).toString('base64') });
const FRAMEWORK = file('ID,Title\n1,One\n');
const MAPPING = file('Source,Target\nVMS-09,si-7\n');
const BODIES: Readonly<Record<string, object>> = {
  '/sources': { name: 'web', settings: { kind: 'http' } },
  '/workbook/annotations': { controls: ['VMS-09'], rationale: 'r' },
  '/workbook/comments': { controlId: 'VMS-09', text: 't' },
  '/workbook/preview': { decision: 'exception', controls: ['VMS-09'] },
  '/workbook/not-applicable': { controls: ['FND-01'], ...REASON, reviewAt: LATER },
  '/workbook/not-applicable/:approvalId/revoke': REASON,
  '/exceptions': { controls: ['VMS-09'], ...REASON, expiresAt: LATER },
  '/exceptions/:exceptionId/revoke': REASON,
  '/standards': { standardId: 's', version: '1', title: 't', useCase: 'u' },
  '/standards/assign': { standardId: 's', version: '1', scopes: [{ kind: 'tenant' }] },
  '/standards/withdraw': { standardId: 'other', scope: { kind: 'tenant' }, ...REASON },
  '/standards/retire': { standardId: 'other', version: '1', ...REASON },
  '/risks': {
    riskId: 'R-99',
    title: 't',
    scenario: 's',
    likelihood: 3,
    impact: 3,
    owner: 'o',
    reviewAt: LATER,
  },
  '/risks/:riskId/review': { note: 'n', reviewAt: LATER },
  '/risks/:riskId/close': REASON,
  '/appetite': { score: 9, ...REASON },
  '/poam': { controlId: 'GOV-04', assetId: 'tenant', finding: 'f', dueAt: LATER },
  '/poam/:poamId': { status: 'done' },
  '/frameworks': { ...FRAMEWORK, frameworkId: 'mine' },
  '/oscal/import': { files: [{ file: 'catalog.json', document: { catalog: {} } }] },
  '/frameworks/preview': FRAMEWORK,
  '/framework-mappings': { ...MAPPING, sourceFrameworkId: 'demarc', targetFrameworkId: 'nist-800-53-r5' },
  '/framework-mappings/preview': {
    ...MAPPING,
    sourceFrameworkId: 'demarc',
    targetFrameworkId: 'nist-800-53-r5',
  },
};

/** What a viewer may do; everything else below a tenant takes an administrator. */
const READS = [
  '/orders',
  '/shields',
  '/firewall/simulate',
  '/firewall/check',
  '/firewall/explain',
  '/assets',
  '/assets/:assetId',
  '/events/search',
  '/events/histogram',
  '/events/by-uid/:uid',
  '/events/stream',
  '/matrix',
  '/matrix/why',
  '/workbook',
  '/workbook/controls/:controlId',
  '/exceptions',
  '/standards',
  '/risks',
  '/poam',
  '/frameworks',
  '/frameworks/:frameworkId/coverage',
  '/services',
  '/simulations/purchase',
  '/simulations/cancellation',
  '/handovers',
  '/handovers/:handoverId',
  '/policies/:serviceId',
  '/policies/:serviceId/assets/:assetId',
  '/integrity/changes',
  '/stack',
  '/stack/timeline',
  '/mine',
  '/gaps',
  '/parties',
  '/groups',
  '/inventory/assets',
  '/claims',
  '/decisions',
  '/snapshots',
  '/sources',
  '/sources/:sourceId',
  '/rules',
  '/rules/:ruleId',
  '/rules/try',
  '/findings/:uid',
  '/vulnerabilities/findings',
  '/vulnerabilities/findings/:findingId',
  '/vulnerabilities/machines',
  '/vulnerabilities/advisories',
  '/vulnerabilities/feeds',
  '/vulnerabilities/exceptions',
  '/vulnerabilities/settings',
  '/vulnerabilities/reports',
  '/vulnerabilities/reports/:reportId',
  '/vulnerabilities/report-schedules',
  '/vulnerabilities/report-schedules/preview',
  '/patching/settings',
  '/patching/windows',
  '/patching/freezes',
  '/patching/calendar',
  '/patching/plans',
  '/patching/plans/:planId',
  '/patching/jobs',
  '/patching/jobs/:jobId',
];
/** What an auditor may take away of a room, beside what a viewer may read. */
const AUDITORS_OF_ROOMS = ['/vulnerabilities/reports', '/vulnerabilities/reports/:reportId/:format'];

test('there are routes to walk, and each says what it needs', (t: TestContext) => {
  t.assert.ok(routes.length >= 24, `${routes.length} routes`);
  t.assert.ok(
    routes.some(({ url }) => url.endsWith('integrity/changes')),
    'the room’s own routes are among them',
  );
});

test('every table of tenants’ rows is behind row-level security, also for its owner', async (t: TestContext) => {
  // Read before a tenant is known: who signs in, which certificate speaks. The server's role alone sees them.
  const platform = ['link_certificate', 'link_enrollment_token', 'server_grant', 'server_tenant'];
  await using owner = openPostgres({ connection: server.postgres.ownerConnection });
  const { rows } = await sql<{
    name: string;
    guarded: boolean;
    policies: number;
    tenant: boolean;
  }>`SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS guarded,
      (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) AS policies,
      has_any_column_privilege('demarc_tenant', pg_class.oid, 'SELECT, INSERT, UPDATE') AS tenant
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id'
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY relname`.execute(owner.db);
  t.assert.ok(rows.length >= 10, `${rows.length} tables`);
  const open = rows.filter(({ guarded, policies }) => !guarded || policies !== 1);
  t.assert.deepEqual(
    open.map(({ name }) => name),
    platform,
  );
  t.assert.deepEqual(
    open.filter(({ tenant }) => tenant),
    [],
  );
});

test('every route, as each kind of caller', async (t: TestContext) => {
  const callers = {
    'provider-administrator': await person('provider-administrator', null),
    'tenant-administrator': await person('tenant-administrator', 'local'),
    viewer: await person('viewer', 'local'),
    auditor: await person('auditor', 'local'),
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

const OF_THE_PROVIDER = ['/v1/status', '/v1/obligations'];

/** Auditors take copies and keep records; what they keep moves nothing. */
const AUDITORS = ['/audit/', '/exports', '/handovers/:handoverId/certificate'];

function expected(method: string, url: string, open: boolean, caller: string): boolean {
  if (open) return true;
  if (caller === 'anonymous') return false;
  if (!url.startsWith('/v1/tenants/:tenantId'))
    return !OF_THE_PROVIDER.includes(url) || caller === 'provider-administrator';
  if (caller === 'foreign-administrator') return false;
  // How an estate is run is for its customer to decide, not for who is allowed to write claims alone.
  if (url.endsWith('/decisions/:decisionId') && method === 'POST') return caller === 'tenant-administrator';
  const below = url.slice('/v1/tenants/:tenantId'.length);
  if (caller === 'auditor' && AUDITORS_OF_ROOMS.includes(below)) return true;
  if (caller === 'auditor' && (below === '/snapshots' || AUDITORS.some((start) => below.startsWith(start))))
    return true;
  if (caller !== 'viewer' && caller !== 'auditor') return true;
  return (
    READS.includes(below) &&
    (method === 'GET' ||
      below.startsWith('/events/') ||
      below.startsWith('/simulations/') ||
      below.startsWith('/firewall/') ||
      below.endsWith('/preview') ||
      below === '/rules/try')
  );
}

test('who may decide what in workbook and register, by role', async (t: TestContext) => {
  const roles = ['tenant-administrator', 'ams-engineer', 'auditor', 'viewer'] as const;
  const headers = new Map<string, object>([
    ['tenant-administrator', await person('tenant-administrator', 'local')],
    ['ams-engineer', await person('ams-engineer', 'local')],
    ['auditor', await person('auditor', 'local')],
    ['viewer', await person('viewer', 'local')],
  ]);
  const writes = Object.keys(BODIES).map((below) => `/v1/tenants/:tenantId${below}`);
  for (const role of roles)
    for (const url of writes) {
      const { statusCode } = await app.inject({
        ...requestTo('POST', url, 'local'),
        headers: { ...headers.get(role) },
      });
      t.assert.equal(statusCode === 403, role !== 'tenant-administrator', `${url} as ${role}: ${statusCode}`);
    }
});

test('an exception over the API: two accounts, and a status that stays what it is', async (t: TestContext) => {
  const ann = await person('tenant-administrator', 'local');
  const bob = await person('provider-administrator', null);
  const ask = (headers: object, url: string, payload: object) =>
    app.inject({ method: 'POST', url: `/v1/tenants/local${url}`, headers: { ...headers }, payload });
  const body = { controls: ['VMS-09'], reason: 'r', expiresAt: LATER };
  const { exceptionId } = (await ask(ann, '/exceptions', body)).json<{ exceptionId: string }>();
  const code = async (headers: object, payload: object): Promise<string> =>
    (await ask(headers, `/exceptions/${exceptionId}/approve`, payload)).json<{ code?: string }>().code ??
    'none';
  t.assert.equal(await code(ann, {}), 'EXCEPTION_SAME_PERSON');
  t.assert.equal(await code(ann, { person: 'Somebody Else' }), 'WORKBOOK_PERSON_FORBIDDEN');
  t.assert.equal(await code({ authorization: `Bearer ${CLI_TOKEN}` }, {}), 'WORKBOOK_PERSON_MISSING');
  t.assert.equal(await code(bob, {}), 'none');
  const read = async <T>(below: string): Promise<T> =>
    (await app.inject({ method: 'GET', url: `/v1/tenants/local${below}`, headers: { ...ann } })).json<T>();
  const { exceptions } = await read<{
    exceptions: readonly { exceptionId: string; phase: string; approver: string }[];
  }>('/exceptions');
  const found = exceptions.find((each) => each.exceptionId === exceptionId);
  t.assert.deepEqual([found?.phase, found?.approver], ['running-out', 'provider-administrator']);
  const { rows } = await read<{
    rows: readonly { controlId: string; status: string; exceptedCount: number }[];
  }>('/workbook');
  const row = rows.find(({ controlId }) => controlId === 'VMS-09');
  t.assert.deepEqual([row?.status, row?.exceptedCount], ['not-assessed', 1]);
});

test('the register as it was: a risk above the appetite says since when', async (t: TestContext) => {
  const authorization = `Bearer ${CLI_TOKEN}`;
  const risks = async (query = '') =>
    (
      await app.inject({
        method: 'GET',
        url: `/v1/tenants/local/risks${query}`,
        headers: { authorization },
      })
    ).json<{
      appetite: number;
      risks: readonly { riskId: string; aboveAppetite: boolean; aboveSince: string | null }[];
    }>();
  const before = new Date(now).toISOString();
  now += 60_000;
  const set = await app.inject({
    method: 'POST',
    url: '/v1/tenants/local/appetite',
    headers: { authorization },
    payload: { score: 1, reason: 'nothing at all', person: 'Ann' },
  });
  t.assert.equal(set.statusCode, 200);
  const after = await risks();
  t.assert.equal(after.appetite, 1);
  const risk = after.risks.find(({ riskId }) => riskId === 'R-99');
  t.assert.deepEqual([risk?.aboveAppetite, risk?.aboveSince], [true, new Date(now).toISOString()]);
  t.assert.equal((await risks(`?asOf=${before}`)).appetite, 9);
});

test('only who speaks for a party accepts for it', async (t: TestContext) => {
  const customer = await person('tenant-administrator', 'voices');
  const ams = await person('ams-engineer', 'voices');
  await sql`INSERT INTO server_tenant (tenant_id, name) VALUES ('voices', 'Voices') ON CONFLICT DO NOTHING`.execute(
    store.db,
  );
  const send = (headers: object, path: string, payload: object) =>
    app.inject({
      method: 'POST',
      url: `/v1/tenants/voices${path}`,
      headers: { ...headers },
      payload,
    });
  const proposal = { controls: ['area:governance'], duties: ['assure'], party: 'ams' };
  const proposed = (await send(customer, '/claims', proposal)).json<{ claimId: string; accepted: boolean }>();
  t.assert.equal(proposed.accepted, false);
  const accept = (headers: object) => send(headers, `/claims/${proposed.claimId}/accept`, {});
  const refused = await accept(customer);
  t.assert.equal(refused.statusCode, 403);
  t.assert.equal(refused.json<{ code: string }>().code, 'CLAIM_VOICE_MISSING');
  const forOthers = await send(ams, '/claims', { ...proposal, proposer: 'customer' });
  t.assert.equal(forOthers.json<{ code: string }>().code, 'CLAIM_VOICE_MISSING');
  t.assert.equal((await accept(ams)).statusCode, 200);
  const matrix = await app.inject({
    method: 'GET',
    url: '/v1/tenants/voices/matrix',
    headers: { authorization: `Bearer ${CLI_TOKEN}` },
  });
  const parties = matrix
    .json<{ cells: { area: string; duties: { duty: string; party: string }[] }[] }>()
    .cells.filter(({ area }) => area === 'governance')
    .flatMap(({ duties }) => duties.filter(({ duty }) => duty === 'assure').map(({ party }) => party));
  t.assert.ok(parties.length > 0 && parties.every((party) => party === 'ams'));
});

test('a snapshot has the digest that the same two instants give again, and each party signs for itself', async (t: TestContext) => {
  const auditor = await person('auditor', 'local');
  const customer = await person('tenant-administrator', 'local');
  const post = (headers: object, path: string, payload: object) =>
    app.inject({
      method: 'POST',
      url: `/v1/tenants/local/snapshots${path}`,
      headers: { ...headers },
      payload,
    });
  now += 1_000;
  const record = (await post(auditor, '', {})).json<{ snapshotId: string; digest: string }>();
  const wanted = await post(auditor, '', { purpose: 'agreement' });
  t.assert.equal(wanted.statusCode, 403);
  const taken = (await post(customer, '', {})).json<{ snapshotId: string; digest: string }>();
  t.assert.equal(taken.digest, record.digest);
  t.assert.equal(
    (await post(customer, `/${taken.snapshotId}/acknowledge`, { party: 'provider' })).statusCode,
    403,
  );
  t.assert.equal((await post(customer, `/${taken.snapshotId}/acknowledge`, {})).statusCode, 200);
  const list = await app.inject({
    method: 'GET',
    url: '/v1/tenants/local/snapshots',
    headers: { cookie: auditor.cookie },
  });
  const snapshots =
    list.json<{ snapshotId: string; asOf: string; knownAt: string; purpose: string; digest: string }[]>();
  const [latest] = snapshots.filter(({ snapshotId }) => snapshotId === taken.snapshotId);
  t.assert.equal(snapshots.find(({ snapshotId }) => snapshotId === record.snapshotId)?.purpose, 'record');
  const again = await assurance.assess(grantTenantScope('local'), {
    asOfMs: Date.parse(latest?.asOf ?? ''),
    knownAtMs: Date.parse(latest?.knownAt ?? ''),
  });
  t.assert.equal(again.digest, taken.digest);
});

test('obligations are of the tenants in which the caller may read them, and of no other', async (t: TestContext) => {
  const headers = await person('provider-administrator', 'other');
  const answer = await app.inject({ method: 'GET', url: '/v1/obligations', headers: { ...headers } });
  const { tenants } = answer.json<{ tenants: { tenantId: string }[] }>();
  t.assert.deepEqual(
    tenants.map(({ tenantId }) => tenantId),
    ['other'],
  );
});

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
  const { cookie } = await person('tenant-administrator', 'csrf-test');
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
    openPostgres({ connection: server.postgres.ownerConnection }).db,
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

test('OSCAL documents are the same bytes for the same instants, and the archive holds all of them', async (t: TestContext) => {
  const at = new Date(now).toISOString();
  const fetchFile = (file: string) =>
    app.inject({
      method: 'GET',
      url: `/v1/tenants/local/exports/oscal/${file}?asOf=${at}&knownAt=${at}`,
      headers: { authorization: `Bearer ${CLI_TOKEN}` },
    });
  const texts: { file: string; text: string }[] = [];
  for (const name of documentsOf('1.2.2')) {
    const [once, again] = [await fetchFile(`1.2.2/${name}.json`), await fetchFile(`1.2.2/${name}.json`)];
    t.assert.equal(once.statusCode, 200);
    t.assert.ok(once.rawPayload.equals(again.rawPayload), name);
    texts.push({ file: `${name}.json`, text: once.body });
  }
  t.assert.deepEqual(checkOscal(texts), []);
  const archive = await fetchFile('1.1.2/oscal.zip');
  t.assert.equal(archive.headers['content-type'], 'application/zip');
  t.assert.ok(archive.rawPayload.equals((await fetchFile('1.1.2/oscal.zip')).rawPayload));
  const missing = await fetchFile('1.1.2/mapping-collection.json');
  t.assert.equal(missing.json<{ code: string }>().code, 'OSCAL_DOCUMENT_UNKNOWN');
});

test('a framework: looked at, refused with its cell, taken, mapped, shown, removed', async (t: TestContext) => {
  const call = async <T>(method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) => {
    const answer = await app.inject({
      method,
      url: `/v1/tenants/local/${path}`,
      headers: { authorization: `Bearer ${CLI_TOKEN}` },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: answer.statusCode, body: answer.json<T & { code?: string; detail?: string }>() };
  };
  const wrong = { ...file('ID,Title\n1,One\n1,Two\n'), frameworkId: 'cis' };
  const refused = await call('POST', 'frameworks', wrong);
  t.assert.equal(refused.body.code, 'FRAMEWORK_ROWS_INVALID');
  t.assert.match(refused.body.detail ?? '', /row 3, column ID: 1 is there already, in row 2/);
  const right = { ...file('ID,Title\n1,One\n2,Two\n'), frameworkId: 'cis', title: 'My controls' };
  t.assert.deepEqual((await call('POST', 'frameworks', right)).body, { changed: true, controlCount: 2 });
  t.assert.deepEqual((await call('POST', 'frameworks', right)).body, { changed: false, controlCount: 2 });
  const mapping = {
    ...file('Source,Target\n1,si-7\n'),
    sourceFrameworkId: 'cis',
    targetFrameworkId: 'nist-800-53-r5',
  };
  t.assert.deepEqual((await call('POST', 'framework-mappings', mapping)).body, {
    changed: true,
    relationCount: 1,
  });
  const coverage = await call<{ mappedCount: number; counts: Record<string, number> }>(
    'GET',
    'frameworks/cis/coverage',
  );
  t.assert.deepEqual([coverage.body.mappedCount, coverage.body.counts['unmapped']], [1, 1]);
  const elsewhere = await app.inject({
    method: 'GET',
    url: '/v1/tenants/other/frameworks/cis/coverage',
    headers: { authorization: `Bearer ${CLI_TOKEN}` },
  });
  t.assert.equal(elsewhere.json<{ code: string }>().code, 'FRAMEWORK_UNKNOWN');
  t.assert.equal((await call('DELETE', 'frameworks/nist-800-53-r5')).body.code, 'FRAMEWORK_BUILT_IN');
  t.assert.equal((await call('DELETE', 'frameworks/cis')).status, 200);
  t.assert.equal((await call('GET', 'frameworks/cis/coverage')).body.code, 'FRAMEWORK_UNKNOWN');
  const large = { format: 'csv', contentBase64: 'A'.repeat(11_400_000) };
  t.assert.ok([400, 413].includes((await call('POST', 'frameworks/preview', large)).status));
});

test('a source of the intake: added, shown, limited, given a new token, removed', async (t: TestContext) => {
  const headers = { authorization: `Bearer ${CLI_TOKEN}` };
  const call = (request: { method: 'GET' | 'POST' | 'DELETE'; url: string; payload?: object }) =>
    app.inject({ ...request, headers });
  const base = '/v1/tenants/local/sources';
  const add = (body: object) => call({ method: 'POST', url: base, payload: body });
  const made = (await add({ name: 'web servers', settings: { kind: 'http' } })).json<MadeSource>();
  t.assert.match(made.secret.token ?? '', /^[\w-]{43}$/);
  t.assert.equal(made.endpoint, 'http://127.0.0.1:0');
  const { sourceId } = made.source;
  const shown = await call({ method: 'GET', url: `${base}/${sourceId}` });
  t.assert.doesNotMatch(shown.body, new RegExp(made.secret.token ?? 'none'));
  t.assert.deepEqual(shown.json<SourceDetail>().accounting.received, 0);
  const limits = { eventsPerSecond: 5, bytesPerSecond: 5_000 };
  const changed = await call({
    method: 'POST',
    url: `${base}/${sourceId}/change`,
    payload: { limits, enabled: false },
  });
  t.assert.deepEqual(changed.json<Source>().limits, limits);
  t.assert.equal(changed.json<Source>().state, 'disabled');
  const rotated = await call({ method: 'POST', url: `${base}/${sourceId}/rotate`, payload: {} });
  t.assert.notEqual(rotated.json<MadeSource>().secret.token, made.secret.token);
  const hook = (await add({ name: 'hook', settings: { kind: 'webhook' } })).json<MadeSource>();
  const again = await call({ method: 'POST', url: `${base}/${hook.source.sourceId}/rotate`, payload: {} });
  t.assert.notEqual(again.json<MadeSource>().secret.signingSecret, hook.secret.signingSecret);
  for (const [settings, code] of [
    [{ kind: 'syslog-udp' }, 'INTAKE_SOURCE_CLASH'],
    [{ kind: 'syslog-udp', port: 514 }, 'INTAKE_LISTENER_OFF'],
    [{ kind: 'file', path: 'app.log' }, 'INTAKE_LISTENER_OFF'],
    [{ kind: 'file', path: '/etc/shadow' }, 'API_REQUEST_INVALID'],
  ] as const)
    t.assert.equal((await add({ name: 'n', settings })).json<{ readonly code: string }>().code, code);
  for (const id of [sourceId, hook.source.sourceId])
    t.assert.equal((await call({ method: 'DELETE', url: `${base}/${id}` })).statusCode, 200);
  const { sources: left } = { sources: (await call({ method: 'GET', url: base })).json<Source[]>() };
  t.assert.ok(!left.some(({ name }) => name === 'web servers' || name === 'hook'));
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

test('the provider’s people are seen when they look, and an auditor of the tenant sees it', async (t: TestContext) => {
  const provider = await person('provider-administrator', null);
  const own = await person('tenant-administrator', 'local');
  for (const headers of [provider, provider, own])
    await app.inject({ method: 'GET', url: '/v1/tenants/local/matrix', headers });
  const auditor = await person('auditor', 'local');
  const answer = await app.inject({ method: 'GET', url: '/v1/tenants/local/audit/access', headers: auditor });
  t.assert.equal(answer.statusCode, 200);
  const { entries } = answer.json<{
    entries: readonly { name: string; route: string; count: number; role: string }[];
  }>();
  const looks = entries.filter(({ route }) => route === '/v1/tenants/:tenantId/matrix');
  // Looks are counted by the minute, and the two may lie in two of them.
  const counted = looks
    .filter(({ role }) => role === 'provider-administrator')
    .reduce((sum, { count }) => sum + count, 0);
  t.assert.ok(counted >= 2, `${counted} looks`);
  t.assert.ok(entries.every(({ role }) => role !== 'tenant-administrator'));
});

test('an auditor draws the same sample again, and gets from the sample to the raw record', async (t: TestContext) => {
  const headers = { authorization: `Bearer ${CLI_TOKEN}` };
  const attested = await app.inject({
    method: 'POST',
    url: '/v1/tenants/local/attestations',
    headers,
    payload: {
      rule: 'DAT-01.2',
      statement: 'I went through it.',
      until: new Date(now + 3_600_000).toISOString(),
    },
  });
  const { uid } = attested.json<{ uid: string }>();
  const draw = async (query: string) =>
    (
      await app.inject({
        method: 'GET',
        url: `/v1/tenants/local/audit/sample?controlId=DAT-01&n=5${query}`,
        headers,
      })
    ).json<{
      asOf: string;
      knownAt: string;
      seed: string;
      digest: string;
      populationDigest: string;
      items: readonly { evidence: readonly { uid: string; signature: string; signedBy: string }[] }[];
    }>();
  const first_ = await draw('');
  const again = await draw(`&seed=${first_.seed}&asOf=${first_.asOf}&knownAt=${first_.knownAt}`);
  t.assert.equal(again.digest, first_.digest);
  t.assert.equal(again.populationDigest, first_.populationDigest);
  const found = first_.items.flatMap(({ evidence }) => evidence).find((item) => item.uid === uid);
  t.assert.equal(found?.signature, 'holds');
  t.assert.equal(found?.signedBy, 'platform');
  const record = (
    await app.inject({ method: 'GET', url: `/v1/tenants/local/audit/evidence/${uid}`, headers })
  ).json<{
    raw: { statement: string; person: string };
    digestHolds: boolean;
  }>();
  t.assert.equal(record.raw.statement, 'I went through it.');
  t.assert.equal(record.digestHolds, true);
  // Rewritten by the owner of the tables: the record says so when it is looked at.
  await using owner = openPostgres({ connection: server.postgres.ownerConnection });
  await owner.db.transaction().execute(async (db) => {
    await sql`SELECT set_config('demarc.tenant_id', 'local', true)`.execute(db);
    await sql`UPDATE asr_evidence SET because = 'all is well' WHERE uid = ${uid}`.execute(db);
  });
  const [changed] = (
    await app.inject({
      method: 'GET',
      url: '/v1/tenants/local/audit/evidence?assetId=tenant&rule=DAT-01.2',
      headers,
    })
  ).json<readonly { signature: string }[]>();
  t.assert.notEqual(changed?.signature, 'holds');
  const population = (
    await app.inject({ method: 'GET', url: '/v1/tenants/local/audit/population?controlId=VMS-09', headers })
  ).json<{ included: readonly unknown[]; excluded: readonly { because: string }[]; query: string }>();
  t.assert.equal(population.included.length, 1);
  t.assert.match(population.excluded[0]?.because ?? '', /VMS-09 is about vm, and this is of the type tenant/);
  const ledger = (
    await app.inject({ method: 'GET', url: '/v1/tenants/local/audit/ledger?limit=1', headers })
  ).json<{ records: readonly { seq: number }[]; nextBefore: number | null; chain: { holds: boolean } }>();
  t.assert.equal(ledger.chain.holds, true);
  t.assert.equal(ledger.records.length, 1);
});

test('an order is given by the party that has to respond, where the service is at work, and by nobody else', async (t: TestContext) => {
  const [ann, pat, ams] = [
    await person('tenant-administrator', 'local', '-order'),
    await person('provider-administrator', null, '-order'),
    await person('ams-engineer', 'local', '-order'),
  ];
  const ask = (headers: object, more: object = {}) =>
    app.inject({
      method: 'POST',
      url: '/v1/tenants/local/orders',
      headers: { ...headers },
      payload: { ...BODIES_OF_ROOMS['/orders'], assetId, ...more },
    });
  const code = async (asked: ReturnType<typeof ask>): Promise<string> =>
    (await asked).json<{ readonly code: string }>().code;
  t.assert.equal(await code(ask(ann)), 'ORDER_SERVICE_NOT_THERE');
  t.assert.equal(await code(ask(ann, { assetId: randomUUID() })), 'LINK_ASSET_UNKNOWN');
  t.assert.equal(await code(ask(ann, { kind: 'format-disk' })), 'API_REQUEST_INVALID');
  t.assert.equal(await code(ask(ann, { what: { range: 'everybody' } })), 'API_REQUEST_INVALID');
  t.assert.equal(await code(ask(ann, { seconds: 31_536_000 })), 'API_REQUEST_INVALID');
  const bought = await app.inject({
    method: 'POST',
    url: '/v1/tenants/local/entitlements',
    headers: { ...ann },
    payload: { serviceId: 'host-ids-firewall', assetIds: [assetId], prerequisitesAccepted: true },
  });
  t.assert.equal(bought.statusCode, 200, bought.body);
  // Until the first evidence the duty is where it was.
  const before = await app.inject({
    method: 'GET',
    url: `/v1/tenants/local/matrix?assetId=${assetId}`,
    headers: { ...ann },
  });
  const respond = before
    .json<{
      readonly cells: readonly {
        readonly controlId: string;
        readonly duties: readonly { readonly duty: string; readonly party: string | null }[];
      }[];
    }>()
    .cells.find(({ controlId }) => controlId === 'VMS-08')
    ?.duties.find(({ duty }) => duty === 'respond')?.party;
  const owners: Readonly<Record<string, object>> = { customer: ann, provider: pat };
  const owner = respond == null ? undefined : owners[respond];
  for (const [party, headers] of Object.entries({ ...owners, ams }))
    if (party !== respond) t.assert.equal(await code(ask(headers)), 'ORDER_NOT_YOURS', party);
  if (owner === undefined) return t.assert.equal(await code(ask(ann)), 'ORDER_NOT_YOURS');
  const said = (await ask(owner, { dryRun: true })).json<{ readonly order: null; readonly effect: string }>();
  t.assert.equal(said.order, null);
  t.assert.match(said.effect, /192\.0\.2\.1/);
  const given = (await ask(owner)).json<{ readonly order: GivenOrder }>().order;
  t.assert.deepEqual([given.party, given.state, given.inForce], [respond, 'waiting', true]);
  const takeBack = (headers: object) =>
    app.inject({
      method: 'POST',
      url: `/v1/tenants/local/orders/${given.id}/take-back`,
      headers: { ...headers },
      payload: { because: 'it was us' },
    });
  t.assert.equal((await takeBack(ams)).json<{ readonly code: string }>().code, 'ORDER_NOT_YOURS');
  t.assert.equal((await takeBack(owner)).json<GivenOrder>().takenBack?.because, 'it was us');
});
