/** The platform's own sources against the real stores: what they see is what is there, and they notice when it breaks. */
import { after, before, type TestContext, test } from 'node:test';
import { assignStandard, publishStandard, reviewRisk } from '@demarc/assurance/commands';
import { RECORD_SOURCES } from '@demarc/assurance/sources';
import { signatureHolds } from '@demarc/platform/evidence';
import { openPostgres } from '@demarc/platform/stores';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { sql } from 'kysely';
import { openTestServer, partsOf, type TestMachine, type TestServer } from '../testing.ts';
import { platformSources } from './sources.ts';

const MINUTE_MS = 60_000;
const here = grantTenantScope('local');
let now = Date.now();
const unwell = new Map<string, string>();
let server: TestServer;
let machine: TestMachine;
let assetId = '';

before(async () => {
  server = await openTestServer({
    rooms: [],
    now: () => now,
    sources: ({ store, siem, key }) => [
      ...platformSources({
        store,
        siem,
        freshSecondsMax: 31_536_000,
        status: () => ({
          version: '0',
          startedAt: new Date(now).toISOString(),
          parts: partsOf(['postgres'], unwell),
        }),
        integrity: (...query) => server.assurance.integrity(...query),
        platformKeyPem: key.publicKeyPem,
        history: (...query) => server.assurance.evidenceHistory(...query),
      }),
      ...RECORD_SOURCES,
    ],
  });
  machine = await server.enrolled('db-1');
  ({ assetId } = machine);
  await machine.seen();
});

after(() => server[Symbol.asyncDispose]());

async function evidence(rule: string, on = 'tenant') {
  const why = await server.assurance.why(here, { assetId: on, controlId: rule.split('.')[0] ?? '' });
  const found = why.evidence.find((item) => item.rule === rule);
  if (found === undefined) throw new Error(`${rule} is not there`);
  return found;
}

test('what is there is seen, signed with the platform’s key, through the same intake', async (t: TestContext) => {
  await server.schedule.round();
  for (const [rule, on] of [
    ['PLT-07.1', 'tenant'],
    ['PLT-07.2', 'tenant'],
    ['MGT-13.1', 'tenant'],
    ['MGT-04.1', assetId],
    ['MGT-04.1', 'tenant'],
    ['GOV-06.2', assetId],
    ['FND-05.1', assetId],
    ['VMS-11.2', assetId],
  ] as const) {
    const found = await evidence(rule, on);
    t.assert.equal(found.state, 'pass', `${rule}: ${found.because ?? found.state}`);
  }
  t.assert.equal((await evidence('GOV-06.1')).state, 'no-source');
  const [row] = await server.assurance.evidenceHistory(here, 'tenant', 'PLT-07.1', 1);
  t.assert.ok(row !== undefined);
  t.assert.equal((row.raw['probes'] as readonly unknown[]).length, 7);
  const {
    asset_id: _,
    effective_at_ms: __,
    received_at_ms: ___,
    observed_at_ms,
    expires_at_ms: ____,
    ...rest
  } = row;
  const { operator: _____, signature, ...same } = rest;
  const given = { ...same, observedAtMs: observed_at_ms, signature: signature ?? undefined };
  t.assert.ok(signatureHolds(given, server.key.publicKeyPem));
  t.assert.equal(server.schedule.figures.sourceErrors, 0);
});

test('a machine that falls silent, a clock that runs ahead, a part that fails: each is said', async (t: TestContext) => {
  now += MINUTE_MS;
  await machine.seen({ aheadMs: 5_000 });
  unwell.set('postgres', 'as told');
  await server.schedule.round();
  t.assert.match((await evidence('FND-05.1', assetId)).because ?? '', /5000 ms ahead/);
  t.assert.match((await evidence('MGT-13.1')).because ?? '', /postgres is failed/);
  unwell.clear();
  now += 16 * MINUTE_MS;
  await server.schedule.round();
  t.assert.match((await evidence('MGT-04.1', assetId)).because ?? '', /silent since/);
  t.assert.match((await evidence('GOV-06.2', assetId)).because ?? '', /said nothing since/);
  t.assert.equal((await evidence('GOV-06.2')).state, 'fail');
});

test('a table that lost its guard is found by trying and by looking', async (t: TestContext) => {
  await using owner = openPostgres({ connection: server.postgres.ownerConnection });
  await sql`ALTER TABLE server_canary DISABLE ROW LEVEL SECURITY`.execute(owner.db);
  now += 61 * MINUTE_MS;
  await server.schedule.round();
  // What may be written for another tenant now is an open door, too.
  t.assert.match(
    (await evidence('PLT-07.1')).because ?? '',
    /not apart: “read the row of another tenant” gave 1 rows/,
  );
  t.assert.match((await evidence('PLT-07.2')).because ?? '', /server_canary/);
  await sql`ALTER TABLE server_canary ENABLE ROW LEVEL SECURITY`.execute(owner.db);
  now += 61 * MINUTE_MS;
  await server.schedule.round();
  t.assert.equal((await evidence('PLT-07.1')).state, 'pass');
});

test('what people decided is observed in the record of it: standards, risks, exceptions', async (t: TestContext) => {
  const states = async () => [
    (await evidence('GOV-03.1')).state,
    (await evidence('GOV-03.1', assetId)).state,
    (await evidence('GOV-04.1')).state,
    (await evidence('GOV-04.2')).state,
  ];
  t.assert.deepEqual(await states(), ['fail', 'fail', 'fail', 'pass'], 'nobody has decided anything yet');
  const standard = {
    standardId: 's',
    version: '1',
    title: 't',
    useCase: 'u',
    requirements: [],
    controls: [],
  };
  const designs = [{ document: 'd', section: '' }];
  await server.assurance.act(here, publishStandard({ ...standard, hld: designs, lld: designs }), 'ann');
  await server.assurance.act(
    here,
    assignStandard({ standardId: 's', version: '1', scopes: [{ kind: 'tenant' }] }),
    'ann',
  );
  const reviewAtMs = now + 30 * 24 * 60 * MINUTE_MS;
  await server.assurance.act(
    here,
    reviewRisk({ riskId: 'R-01', note: 'n', person: 'Ann', reviewAtMs }),
    'ann',
  );
  now += 61 * MINUTE_MS;
  await server.schedule.round();
  t.assert.deepEqual(await states(), ['pass', 'pass', 'pass', 'pass']);
  t.assert.equal((await evidence('GOV-03.2')).state, 'pass');
  now = reviewAtMs + MINUTE_MS;
  await server.schedule.round();
  t.assert.match((await evidence('GOV-04.1')).because ?? '', /R-01 was due for review/);
});
