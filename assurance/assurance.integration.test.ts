/** The whole story against the real PostgreSQL: bought, moved, stale, cancelled, nobody's, taken back. */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { canonicalEvidence, type Evidence, type ServiceSpec } from '@demarc/platform/contract';
import { canonicalJson } from '@demarc/platform/ocsf';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import * as z from 'zod';
import { Assurance, assuranceMigrations, loadCatalogue, verifyLedger } from './assurance.ts';
import { acceptHandback, acceptSchedule, buy, cancel } from './commands/commands.ts';

const MINUTE_MS = 60_000;
const START = Date.parse('2026-11-20T12:00:00.000Z');
const assetId = randomUUID();
const here = grantTenantScope('here');
const there = grantTenantScope('there');
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKeysPem = [publicKey.export({ type: 'spki', format: 'pem' }).toString()];
const service: ServiceSpec = {
  id: 'file-integrity-monitoring',
  title: 'File integrity monitoring',
  policy: z.strictObject({}),
  emits: [1_001],
  evidences: [
    { rule: 'VMS-09.1', everySeconds: 60, freshForSeconds: 300 },
    { rule: 'VMS-09.2', everySeconds: 900, freshForSeconds: 3_600 },
  ],
};

let now = START;
let postgres: TestPostgres;
let store: PostgresStore;
let assurance: Assurance;
const changes: string[] = [];

before(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, assuranceMigrations);
  store = openPostgres({ connection: postgres.connection });
  assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [service],
    freshSecondsMax: 31_536_000,
    assets: async (tenant) => (tenant.tenantId === 'here' ? [{ assetId, name: 'db-1', type: 'vm' }] : []),
    onChange: (_tenant, reason) => changes.push(reason),
    now: () => now,
  });
});

after(async () => {
  assurance[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

function evidence(
  rule: string,
  result: Evidence['result'],
  observedAtMs: number,
  changed: Partial<Evidence> = {},
): Evidence {
  const raw = { looked: observedAtMs };
  const digest = createHash('sha256').update(canonicalJson(raw)).digest('hex');
  const unsigned = {
    uid: randomUUID(),
    rule,
    service: service.id,
    observedAtMs,
    result,
    because: `${rule} ${result}`,
    digest,
  };
  const signature = sign('sha256', Buffer.from(canonicalEvidence(unsigned)), privateKey).toString('base64');
  return { ...unsigned, raw, signature, ...changed };
}

const take = (...items: readonly Evidence[]) =>
  assurance.intake(here, assetId, items, { receivedAtMs: now, publicKeysPem });

async function cell(
  controlId: string,
  options: { readonly asOfMs?: number; readonly knownAtMs?: number } = {},
) {
  const matrix = await assurance.matrix(here, { assetId, ...options });
  const found = matrix.cells.find((candidate) => candidate.controlId === controlId);
  if (found === undefined) throw new Error(`${controlId} is not there`);
  return { ...found, operate: found.duties[0] };
}

const tenant = { person: 'Ann Example', speaksFor: (party: string) => party === 'customer' };
let entitlementId = '';

test('before anything is accepted, nothing is anybody’s', async (t: TestContext) => {
  now = START - MINUTE_MS;
  const { operate, ownStatus } = await cell('VMS-09');
  t.assert.equal(operate?.state, 'unowned');
  t.assert.equal(ownStatus, 'not-assessed');
  now = START;
});

test('bought but not seen: the former owner keeps the duty, and the cell says what it waits for', async (t: TestContext) => {
  await assurance.act(here, acceptSchedule, 'ann');
  now += MINUTE_MS;
  const purchase = {
    serviceId: service.id,
    tier: 'managed',
    assetIds: [assetId],
    prerequisites: 'all',
  } as const;
  await t.assert.rejects(assurance.act(here, buy({ ...purchase, prerequisites: [] }), 'ann'), {
    code: 'ASSURANCE_PREREQUISITES_OPEN',
  });
  await t.assert.rejects(assurance.act(here, buy({ ...purchase, serviceId: 'anti-malware' }), 'ann'), {
    code: 'ASSURANCE_SERVICE_UNKNOWN',
  });
  await t.assert.rejects(assurance.act(there, buy(purchase), 'eve'), { code: 'ASSURANCE_ASSET_UNKNOWN' });
  ({ entitlementId } = await assurance.act(here, buy(purchase), 'ann'));
  await t.assert.rejects(assurance.act(here, buy(purchase), 'ann'), { code: 'ASSURANCE_ALREADY_BOUGHT' });
  const { operate } = await cell('VMS-09');
  t.assert.equal(operate?.party, 'customer');
  t.assert.deepEqual(operate?.flags, ['pending:provider']);
});

test('evidence that cannot be trusted is refused, each with its reason', async (t: TestContext) => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const good = evidence('VMS-09.1', 'pass', now);
  const forged = {
    ...good,
    signature: sign('sha256', Buffer.from(canonicalEvidence(good)), other).toString('base64'),
  };
  const { signature: _, ...unsigned } = good;
  const { refused, accepted } = await take(
    evidence('VMS-09.1', 'pass', now + 10 * MINUTE_MS),
    evidence('XXX-99.1', 'pass', now),
    evidence('VMS-09.1', 'pass', now, { raw: { looked: 'elsewhere' } }),
    { ...good, because: 'all is well' },
    forged,
    unsigned,
  );
  t.assert.equal(accepted, 0);
  t.assert.deepEqual(
    refused.map(({ because }) => because),
    [
      'it is dated in the future',
      'XXX-99.1 is not a rule of the catalogue',
      'its digest is not that of its raw record',
      'its signature is not by a key of the asset it came from',
      'its signature is not by a key of the asset it came from',
      'it is not signed',
    ],
  );
  t.assert.equal((await cell('VMS-09')).operate?.party, 'customer');
});

test('a failing or broken first observation moves nothing; the first pass does', async (t: TestContext) => {
  await take(evidence('VMS-09.1', 'error', now), evidence('VMS-09.2', 'fail', now));
  t.assert.equal((await cell('VMS-09')).operate?.party, 'customer');
  t.assert.equal((await cell('VMS-09')).ownStatus, 'not-satisfied');
  now += MINUTE_MS;
  const pass = evidence('VMS-09.1', 'pass', now);
  t.assert.equal((await take(pass)).accepted, 1);
  t.assert.deepEqual(await take(pass), { accepted: 0, duplicates: 1, refused: [] });
  t.assert.equal((await cell('VMS-09')).operate?.party, 'provider');
  t.assert.equal(
    (await cell('VMS-09')).ownStatus,
    'not-satisfied',
    'a failure is cleared by its own pass only',
  );
  now += MINUTE_MS;
  await take(evidence('VMS-09.2', 'pass', now), evidence('VMS-09.1', 'pass', now));
  t.assert.equal((await cell('VMS-09')).ownStatus, 'satisfied');
  t.assert.ok(changes.length > 0);
});

test('what it leans on caps it, and the root cause is named', async (t: TestContext) => {
  const { status, rootCauses } = await cell('VMS-09');
  t.assert.equal(status, 'partially-satisfied');
  t.assert.ok(rootCauses.length > 0);
  const why = await assurance.why(here, { assetId, controlId: 'VMS-09' });
  t.assert.ok(why.reasons.some((reason) => reason.startsWith('VMS-09.1 passed')));
  t.assert.deepEqual(
    why.evidence.map(({ state }) => state),
    ['pass', 'pass'],
  );
  for (const root of rootCauses) {
    const { cells } = await assurance.matrix(here, {});
    const owner = cells
      .find(({ controlId, assetId: on }) => controlId === root && (on === assetId || on === 'tenant'))
      ?.duties.find(({ duty }) => duty === 'operate')?.party;
    const accountable = loadCatalogue().controls.get(root)?.default_responsibility.accountable;
    t.assert.equal(why.nextSteps.find(({ step }) => step.includes(root))?.party, owner ?? accountable);
  }
});

test('a rule without a source is shown so, never as passed', async (t: TestContext) => {
  const why = await assurance.why(here, { assetId, controlId: 'VMS-10' });
  t.assert.deepEqual(
    why.evidence.map(({ state }) => state),
    ['no-source'],
  );
  t.assert.equal(why.cell.ownStatus, 'not-assessed');
});

test('silence makes it stale; the duty stays where it is', async (t: TestContext) => {
  now += 6 * MINUTE_MS;
  const { ownStatus, operate } = await cell('VMS-09');
  t.assert.equal(ownStatus, 'stale-evidence');
  t.assert.equal(operate?.party, 'provider');
});

test('as it was then, and as it was known then', async (t: TestContext) => {
  t.assert.equal((await cell('VMS-09', { asOfMs: START })).operate?.party, 'customer');
  t.assert.equal((await cell('VMS-09', { asOfMs: START - 1 })).operate?.state, 'unowned');
  t.assert.equal((await cell('VMS-09', { knownAtMs: START + MINUTE_MS })).operate?.party, 'customer');
});

test('cancelled and not taken back, the duty is nobody’s; accepted, it is the customer’s', async (t: TestContext) => {
  const takeBack = acceptHandback({ entitlementId, assetId, signer: tenant });
  await t.assert.rejects(assurance.act(here, takeBack, 'ann'), { code: 'ASSURANCE_HANDBACK_NOT_DUE' });
  await t.assert.rejects(
    assurance.act(here, cancel({ entitlementId, reason: 'too dear', signer: tenant }), 'ann'),
    {
      code: 'ASSURANCE_HANDOVER_OPEN',
      message: /operate VMS-09/,
    },
  );
  const settle = { riskAcceptedUntilMs: now + 60 * MINUTE_MS };
  await assurance.act(here, cancel({ entitlementId, reason: 'too dear', signer: tenant, settle }), 'ann');
  t.assert.equal((await cell('VMS-09')).operate?.by, 'hand-back not accepted');
  t.assert.deepEqual(await assurance.entitledServices(here, assetId), []);
  now += MINUTE_MS;
  await assurance.act(here, takeBack, 'ann');
  t.assert.equal((await cell('VMS-09')).operate?.party, 'customer');
  t.assert.equal(
    (await cell('VMS-09', { asOfMs: now - 1 })).operate?.state,
    'unowned',
    'and the gap stays in the record',
  );
});

test('another tenant sees none of it', async (t: TestContext) => {
  const matrix = await assurance.matrix(there);
  t.assert.ok(matrix.cells.every(({ assetId: id }) => id === 'tenant'));
  t.assert.ok(
    matrix.cells
      .flatMap(({ duties }) => duties)
      .every(({ by }) => by === 'floor' || by === 'no accepted claim'),
  );
});

test('the ledger cannot be rewritten, and says so if its owner did', async (t: TestContext) => {
  t.assert.equal(await verifyLedger(store.inTenant, here), undefined);
  await t.assert.rejects(
    store.inTenant(here, (db) => sql`UPDATE asr_ledger SET actor = 'eve'`.execute(db)),
    { code: '42501' },
  );
  await t.assert.rejects(
    store.inTenant(here, (db) => sql`DELETE FROM asr_evidence`.execute(db)),
    { code: '42501' },
  );
  // As the owner of the tables, who can do anything: the chain tells.
  await using owner = openPostgres({ connection: postgres.ownerConnection });
  await owner.db.transaction().execute(async (db) => {
    await sql`SELECT set_config('demarc.tenant_id', 'here', true)`.execute(db);
    await sql`UPDATE asr_ledger SET actor = 'eve' WHERE seq = 2`.execute(db);
  });
  t.assert.equal(await verifyLedger(store.inTenant, here), 2);
});
