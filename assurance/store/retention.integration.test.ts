/** What is forgotten, what stays, and that nobody is answered from half of what was: on the real PostgreSQL. */
import { after, before, type TestContext, test } from 'node:test';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import type { Assurance } from '../assurance.ts';
import { buy, declareAsset } from '../commands/commands.ts';
import {
  FIM,
  MINUTE_MS,
  newKey,
  observation,
  openTestAssurance,
  type TestAssurance,
} from '../testing-postgres.ts';

const START = Date.parse('2026-01-10T00:00:00.000Z');
const here = grantTenantScope('here');
const there = grantTenantScope('there');
const key = newKey();
const publicKeysPem = [key.publicKeyPem];

let now = START;
let opened: TestAssurance;
let assurance: Assurance;

before(async () => {
  opened = await openTestAssurance({ assets: async () => [], now: () => now });
  assurance = opened.open();
  for (const tenant of [here, there]) {
    now = START;
    await assurance.act(
      tenant,
      declareAsset({ assetId: 'vm-1', name: 'vm-1', type: 'vm', labels: {} }),
      'ann',
    );
    await assurance.act(
      tenant,
      buy({ serviceId: FIM, tier: 'managed', assetIds: ['vm-1'], prerequisites: 'all' }),
      'ann',
    );
    for (const result of ['pass', 'pass', 'error', 'pass', 'fail'] as const) {
      now += MINUTE_MS;
      await assurance.intake(
        tenant,
        'vm-1',
        [observation(key, 'vm-1', 'VMS-09.1', result, now, { raw: { now } })],
        {
          receivedAtMs: now,
          publicKeysPem,
        },
      );
    }
  }
});

after(() => opened[Symbol.asyncDispose]());

const rowsOf = (tenant: typeof here) =>
  opened.store.inTenant(tenant, async (db) => {
    const { rows } = await sql<{ readonly result: string; readonly at: number }>`
      SELECT result, effective_at_ms AS at FROM asr_evidence ORDER BY effective_at_ms`.execute(db);
    return rows.map(({ result, at }) => `${result} ${(at - START) / MINUTE_MS}`);
  });
const statusAt = async (asOfMs: number) =>
  (await assurance.matrix(here, { asOfMs, knownAtMs: now })).cells.find(
    ({ controlId }) => controlId === 'VMS-09',
  )?.status;

test('what is the last word of nothing goes; what the acts name and other tenants have stays', async (t: TestContext) => {
  const horizon = START + 5 * MINUTE_MS;
  const before = await statusAt(horizon);
  t.assert.equal(await assurance.forgetEvidence(here, horizon), 1);
  // The first pass made the service operational; the last pass and error before the horizon are what holds at it.
  t.assert.deepEqual(await rowsOf(here), ['pass 1', 'error 3', 'pass 4', 'fail 5']);
  t.assert.equal((await rowsOf(there)).length, 5);
  t.assert.equal(await statusAt(horizon), before);
  t.assert.equal(await assurance.forgetEvidence(here, horizon), 0);
});

test('an instant before the horizon is refused, by matrix and by exports, and the horizon never comes back', async (t: TestContext) => {
  const asOfMs = START + 4 * MINUTE_MS;
  await assurance.forgetEvidence(here, START);
  const forgotten = { code: 'ASSURANCE_AS_OF_FORGOTTEN' };
  await t.assert.rejects(statusAt(asOfMs), forgotten);
  await t.assert.rejects(assurance.facts(here, { asOfMs, knownAtMs: now }), forgotten);
  t.assert.ok((await assurance.matrix(here)).cells.length > 0);
});

test('the tenant’s role deletes nothing itself, and the database forgets nothing young', async (t: TestContext) => {
  await t.assert.rejects(
    opened.store.inTenant(here, (db) => sql`DELETE FROM asr_evidence`.execute(db)),
    /permission denied/,
  );
  now = Date.now();
  for (const back of [2 * MINUTE_MS, MINUTE_MS])
    await assurance.intake(
      here,
      'vm-1',
      [observation(key, 'vm-1', 'VMS-09.1', 'pass', now - back, { raw: { back } })],
      { receivedAtMs: now, publicKeysPem },
    );
  await assurance.forgetEvidence(here, now + MINUTE_MS);
  const left = await rowsOf(here);
  t.assert.deepEqual(left.slice(0, 3), ['pass 1', 'error 3', 'fail 5']);
  t.assert.equal(left.length, 5, 'both of today are there');
});
