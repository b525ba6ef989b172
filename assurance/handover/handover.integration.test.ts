/** Bought, handed over, withdrawn, ended: against the real PostgreSQL, and again from what is stored. */
import { createHash, generateKeyPairSync, randomUUID, sign as signed } from 'node:crypto';
import { after, before, type TestContext, test } from 'node:test';
import { canonicalEvidence, type Evidence, type ServiceSpec } from '@demarc/platform/contract';
import { canonicalJson } from '@demarc/platform/ocsf';
import { migrate, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import { startTestPostgres, type TestPostgres } from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import * as z from 'zod';
import { Assurance, assuranceMigrations, loadCatalogue, verifyLedger } from '../assurance.ts';
import {
  acceptItems,
  acceptSchedule,
  buy,
  cancel,
  checkItems,
  giveNotice,
  settleItems,
  sign,
  withdrawNotice,
} from '../commands/commands.ts';
import { simulateCancel } from '../simulation/simulation.ts';
import { certificateOf, handoverList, handoverOf } from './handover.ts';

const DAY_MS = 86_400_000;
const here = grantTenantScope('here');
const assetId = randomUUID();
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKeysPem = [publicKey.export({ type: 'spki', format: 'pem' }).toString()];
const service: ServiceSpec = {
  id: 'file-integrity-monitoring',
  title: 'File integrity monitoring',
  policy: z.strictObject({}),
  emits: [1_001],
  evidences: [{ rule: 'VMS-09.1', everySeconds: 60, freshForSeconds: 300 }],
};
const signer = (person: string, ...parties: readonly string[]) => ({
  person,
  speaksFor: (party: string) => parties.includes(party),
});
const ann = signer('Ann Example', 'customer');
const pat = signer('Pat Example', 'provider');
const amy = signer('Amy Example', 'ams');

let now = Date.parse('2026-11-20T12:00:00.000Z');
let postgres: TestPostgres;
let store: PostgresStore;
let assurance: Assurance;

const opened = (): Assurance =>
  new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [service],
    freshSecondsMax: 31_536_000,
    assets: async () => [{ assetId, name: 'db-1', type: 'vm' }],
    onChange: () => undefined,
    now: () => now,
  });

before(async () => {
  postgres = await startTestPostgres();
  await migrate(postgres.ownerConnection, assuranceMigrations);
  store = openPostgres({ connection: postgres.connection });
  assurance = opened();
});

after(async () => {
  assurance[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

function pass(): Evidence {
  const raw = { looked: now };
  const digest = createHash('sha256').update(canonicalJson(raw)).digest('hex');
  const unsigned = {
    uid: randomUUID(),
    rule: 'VMS-09.1',
    service: service.id,
    observedAtMs: now,
    result: 'pass' as const,
    because: 'passed',
    digest,
  };
  const signature = signed('sha256', Buffer.from(canonicalEvidence(unsigned)), privateKey).toString('base64');
  return { ...unsigned, raw, signature };
}

async function operate(asOfMs?: number): Promise<string> {
  const { cells } = await assurance.matrix(here, { assetId, ...(asOfMs === undefined ? {} : { asOfMs }) });
  const duty = cells.find(({ controlId }) => controlId === 'VMS-09')?.duties[0];
  return `${duty?.party ?? 'nobody'} ${duty?.by}`;
}

let entitlementId = '';
let handoverId = '';

test('bought, and operational with the first passing evidence; its hand-over is there', async (t: TestContext) => {
  await assurance.act(here, acceptSchedule, 'ann');
  now += 1_000;
  ({ entitlementId } = await assurance.act(
    here,
    buy({
      serviceId: service.id,
      tier: 'managed',
      assetIds: [assetId],
      prerequisites: 'all',
      person: 'Ann Example',
    }),
    'ann',
  ));
  now += 1_000;
  await assurance.intake(here, assetId, [pass()], { receivedAtMs: now, publicKeysPem });
  t.assert.equal(await operate(), 'provider entitlement');
  const [first] = (await assurance.look(here, handoverList)).handovers;
  t.assert.equal(first?.direction, 'onboarding');
  t.assert.equal(first?.operationalCount, 1);
  t.assert.equal(first?.state, 'ready-to-sign');
});

test('notice given, confirmed, withdrawn: it goes on past the date', async (t: TestContext) => {
  const endsAtMs = now + DAY_MS;
  await assurance.act(here, giveNotice({ entitlementId, endsAtMs, reason: 'r' }), 'ann');
  const settle = { taker: 'customer' };
  await assurance.act(here, cancel({ entitlementId, reason: 'r', signer: ann, settle }), 'ann');
  now += 1_000;
  await assurance.act(here, withdrawNotice({ entitlementId, reason: 'r' }), 'ann');
  now = endsAtMs + 1_000;
  t.assert.equal(await operate(), 'provider entitlement');
  t.assert.deepEqual(await assurance.entitledServices(here, assetId), [service.id]);
});

test('notice, proposal, acceptance, signatures, end: what was simulated comes about on its date', async (t: TestContext) => {
  const endsAtMs = now + 30 * DAY_MS;
  ({ handoverId } = await assurance.act(here, giveNotice({ entitlementId, endsAtMs, reason: 'r' }), 'ann'));
  await assurance.act(here, settleItems({ handoverId, taker: 'ams', signer: ann }), 'ann');
  await t.assert.rejects(assurance.act(here, cancel({ entitlementId, reason: 'r', signer: ann }), 'ann'), {
    code: 'ASSURANCE_HANDOVER_OPEN',
  });
  now += 1_000;
  await assurance.act(here, acceptItems({ handoverId, signer: amy }), 'amy');
  await assurance.act(here, checkItems({ handoverId, signer: pat }), 'pat');
  const simulation = await assurance.simulate(here, (context) => simulateCancel(context, { entitlementId }));
  t.assert.deepEqual(simulation.blockedBy, []);
  t.assert.equal(
    simulation.moves.lines.shown.find(({ controlId, duty }) => `${controlId} ${duty}` === 'VMS-09 operate')
      ?.to,
    'ams',
  );
  await assurance.act(here, cancel({ entitlementId, reason: 'r', signer: ann }), 'ann');
  now += 1_000;
  await assurance.act(here, sign({ handoverId, side: 'releasing', signer: pat }), 'pat');
  await assurance.act(here, sign({ handoverId, side: 'receiving', signer: ann }), 'ann');
  t.assert.equal(await operate(), 'provider entitlement', 'until the date');
  now = endsAtMs + 1_000;
  t.assert.equal(await operate(), 'ams asset');
  t.assert.equal(await operate(endsAtMs), 'ams asset');
  t.assert.equal(await operate(endsAtMs - 1), 'provider entitlement');
  t.assert.deepEqual(await assurance.entitledServices(here, assetId), []);
});

test('started again it says the same, down to the bytes of the certificate', async (t: TestContext) => {
  const print = () => certificateOf(assurance, here, { handoverId, tenantName: 'Here' });
  const before = await print();
  const view = await assurance.look(here, handoverOf(handoverId));
  t.assert.equal(view.state, 'complete');
  t.assert.equal(view.ended, true);
  assurance[Symbol.dispose]();
  now += DAY_MS;
  assurance = opened();
  t.assert.equal(await operate(), 'ams asset');
  t.assert.deepEqual(await assurance.look(here, handoverOf(handoverId)), view);
  t.assert.equal(Buffer.compare(before, await print()), 0);
  t.assert.equal(await verifyLedger(store.inTenant, here), undefined);
  await t.assert.rejects(certificateOf(assurance, here, { handoverId: 'none', tenantName: 'Here' }), {
    code: 'ASSURANCE_HANDOVER_UNKNOWN',
  });
});

test('as it was before it was accepted and signed, it is a record and no certificate', async (t: TestContext) => {
  const { openedAt } = await assurance.look(here, handoverOf(handoverId));
  const asOfMs = Date.parse(openedAt);
  const then = await assurance.look(here, handoverOf(handoverId), { asOfMs });
  t.assert.equal(then.state, 'open');
  t.assert.ok(then.items.every(({ state }) => state === 'proposed'));
  t.assert.deepEqual(then.signatures, []);
  const printed = { handoverId, tenantName: 'Here' };
  const record = await certificateOf(assurance, here, { ...printed, asOfMs });
  t.assert.notEqual(Buffer.compare(record, await certificateOf(assurance, here, printed)), 0);
  const earlier = await assurance.look(here, handoverList, { asOfMs: asOfMs - 1 });
  t.assert.ok(earlier.handovers.every((found) => found.handoverId !== handoverId));
});
