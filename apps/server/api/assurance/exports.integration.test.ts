/** From the database through the worker to the file: same instants, same bytes; what an auditor takes away holds. */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Assurance, assuranceMigrations, loadCatalogue } from '@demarc/assurance';
import { acceptSchedule, buy } from '@demarc/assurance/commands';
import { verifyBundle } from '@demarc/assurance/verify';
import { fileIntegrityMonitoringServer } from '@demarc/file-integrity-monitoring/server';
import { canonicalEvidence, type Evidence } from '@demarc/platform/contract';
import { EXPORT_FILES, ExportOverview } from '@demarc/platform/contract/assurance/exports';
import { hashToken } from '@demarc/platform/identity';
import { canonicalJson } from '@demarc/platform/ocsf';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import type { Siem } from '@demarc/siem';
import type { FastifyInstance } from 'fastify';
import { AccessLog } from '../../access-log.ts';
import { FirstAdministrator } from '../../accounts.ts';
import { Exporter } from '../../exports/exporter.ts';
import { quietIntake } from '../../intake/testing.ts';
import { enrolledAsset, listAssets, rememberCertificate } from '../../link/assets.ts';
import { linkMigrations } from '../../link/migrations.ts';
import { serverMigrations } from '../../migrations.ts';
import { ensureFirstTenant } from '../../tenants.ts';
import { signInAs } from '../../testing-accounts.ts';
import { buildApi } from '../api.ts';

const CLI_TOKEN = 'the-token-of-the-local-command-line-0123456789';
const MINUTE_MS = 60_000;
const local = grantTenantScope('local');
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

let postgres: TestPostgres;
let store: PostgresStore;
let assurance: Assurance;
let app: FastifyInstance;
let scratch = '';
let assetId = '';
let now = Date.parse('2026-11-20T12:00:00.000Z');

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'demarc-exports-'));
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, { ...serverMigrations, ...linkMigrations, ...assuranceMigrations });
  store = openPostgres({ connection: postgres.connection });
  await ensureFirstTenant(store);
  assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [fileIntegrityMonitoringServer.service],
    freshSecondsMax: 3_600,
    assets: async (tenant) =>
      (await listAssets(store, tenant, now)).map((asset) => ({
        assetId: asset.assetId,
        name: asset.name,
        type: asset.type,
      })),
    onChange: () => undefined,
    now: () => now,
  });
  const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };
  const request = { token: '', csr: '', hostname: '=db-1', machineId: 'a'.repeat(32), os };
  assetId = await enrolledAsset(store, local, request, '127.0.0.1', now);
  const issued = { serial: '01', pem: '', expiresAtMs: now + 86_400_000 };
  await rememberCertificate(store, local, assetId, issued, publicKeyPem, now);
  await assurance.act(local, acceptSchedule, 'ann');
  const purchase = {
    serviceId: 'file-integrity-monitoring',
    tier: 'managed',
    assetIds: [assetId],
    prerequisites: 'all',
  } as const;
  await assurance.act(local, buy(purchase), 'ann');
  // The first pass makes it operational; the second is the one that counts now.
  for (const rule of ['VMS-09.1', 'VMS-09.2', 'VMS-09.1']) {
    now += MINUTE_MS;
    await assurance.intake(local, assetId, [evidence(rule)], {
      receivedAtMs: now,
      publicKeysPem: [publicKeyPem],
    });
  }
  now += MINUTE_MS;
  app = await buildApi({
    store,
    siem: {} as Siem,
    assurance,
    sources: quietIntake(store, join(scratch, 'intake'), () => now).sources,
    rooms: [],
    roomContexts: new Map(),
    exporter: new Exporter(console.error),
    access: new AccessLog(
      store,
      () => now,
      (error) => console.error(error),
    ),
    platformKeyPem: publicKeyPem,
    first: new FirstAdministrator(store, join(scratch, 'first'), () => now),
    cliTokenHash: hashToken(CLI_TOKEN),
    hostNames: ['localhost'],
    enrollment: async () => ({ token: 't', expiresAtMs: now, command: 'c', enrollCommand: 'e' }),
    status: () => ({ version: '0', startedAt: new Date(now).toISOString(), parts: [] }),
    publish: () => undefined,
    console: new Map(),
    now: () => now,
    log: (line, error) => console.error(line, error),
  });
});

after(async () => {
  await app.close();
  assurance[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

function evidence(rule: string): Evidence {
  const raw = { observedAtMs: now, looked: '=1+1' };
  const unsigned = {
    uid: randomUUID(),
    rule,
    service: 'file-integrity-monitoring',
    observedAtMs: now,
    result: 'pass',
    because: '=HYPERLINK("http://evil.example","all is well")',
    digest: createHash('sha256').update(canonicalJson(raw)).digest('hex'),
  } as const;
  const signature = sign('sha256', Buffer.from(canonicalEvidence(unsigned)), privateKey).toString('base64');
  return { ...unsigned, raw, signature };
}

const authorization = `Bearer ${CLI_TOKEN}`;
const get = (path: string, headers: Record<string, string> = { authorization }) =>
  app.inject({ method: 'GET', url: `/v1/tenants/local/exports${path}`, headers });

async function overview(): Promise<ExportOverview> {
  return ExportOverview.parse((await get('')).json());
}

test('each file says what the overview said, and is the same bytes each time', async (t: TestContext) => {
  const { asOf, knownAt, digest, actCount, evidenceCount } = await overview();
  t.assert.equal(
    digest,
    (await assurance.assess(local, { asOfMs: Date.parse(asOf), knownAtMs: Date.parse(knownAt) })).digest,
  );
  t.assert.equal(evidenceCount, 3, 'the last two, and the one that made the service operational');
  t.assert.ok(actCount >= 4);
  const query = `?asOf=${asOf}&knownAt=${knownAt}`;
  for (const file of EXPORT_FILES) {
    const first = await get(`/${file}${query}`);
    t.assert.equal(first.statusCode, 200, file);
    t.assert.equal(first.headers['x-demarc-digest'], digest, file);
    t.assert.match(
      String(first.headers['content-disposition']),
      /^attachment; filename="demarc-local-\w+-20261120T\d{6}Z\.\w+"$/,
    );
    const sha256 = createHash('sha256').update(first.rawPayload).digest('base64');
    t.assert.equal(first.headers['content-digest'], `sha-256=:${sha256}:`);
    now += MINUTE_MS;
    const again = await get(`/${file}${query}`);
    t.assert.equal(Buffer.compare(first.rawPayload, again.rawPayload), 0, file);
  }
});

test('the bundle holds away from the platform, and its instant does not change with what comes after', async (t: TestContext) => {
  const { asOf, knownAt, digest, ledgerHead } = await overview();
  const query = `?asOf=${asOf}&knownAt=${knownAt}`;
  const { rawPayload } = await get(`/bundle.zip${query}`);
  const verified = verifyBundle(rawPayload);
  t.assert.deepEqual(verified.findings, []);
  t.assert.equal(verified.replayedDigest, digest);
  t.assert.equal(verified.anchors.ledgerHead, ledgerHead);
  t.assert.equal(verified.figures.signatures, verified.figures.evidence);

  now += MINUTE_MS;
  await assurance.intake(local, assetId, [evidence('VMS-09.1')], {
    receivedAtMs: now,
    publicKeysPem: [publicKeyPem],
  });
  await assurance.act(local, acceptSchedule, 'ann');
  const issued = { serial: '02', pem: '', expiresAtMs: now + 86_400_000 };
  await rememberCertificate(store, local, assetId, issued, publicKeyPem.replace('PUBLIC', 'OTHER'), now);
  t.assert.equal(Buffer.compare((await get(`/bundle.zip${query}`)).rawPayload, rawPayload), 0);
  t.assert.notEqual((await overview()).digest, digest);
});

test('an auditor takes exports away, a viewer does not, and nobody of another tenant', async (t: TestContext) => {
  const statusFor = async (role: 'auditor' | 'viewer', tenantId: string): Promise<number> => {
    const email = `${role}-${tenantId}@example.org`;
    const cookie = await signInAs(store, { email, name: role, grants: [{ role, tenantId }], nowMs: now });
    return (await get('/soa.xlsx', { cookie })).statusCode;
  };
  t.assert.equal(await statusFor('auditor', 'local'), 200);
  t.assert.equal(await statusFor('viewer', 'local'), 403);
  t.assert.equal(await statusFor('auditor', 'other'), 403);
});

test('more than can wait is refused, and the rest is made', async (t: TestContext) => {
  const answers = await Promise.all(Array.from({ length: 14 }, () => get('/soa.xlsx')));
  const codes = answers.map(({ statusCode }) => statusCode);
  t.assert.ok(codes.includes(200) && codes.includes(503), codes.join(' '));
  t.assert.ok(codes.every((code) => code === 200 || code === 503));
  const refused = answers.find(({ statusCode }) => statusCode === 503);
  t.assert.equal(refused?.json<{ code: string }>().code, 'EXPORT_BUSY');
  t.assert.equal((await get('/soa.xlsx')).statusCode, 200);
});
