/** The platform's own sources against the real stores: what they see is what is there, and they notice when it breaks. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Assurance, assuranceMigrations, loadCatalogue } from '@demarc/assurance';
import { assignStandard, publishStandard, reviewRisk } from '@demarc/assurance/commands';
import { RECORD_SOURCES, SourceSchedule } from '@demarc/assurance/sources';
import { canaryToOcsf } from '@demarc/host-intrusion-detection/canary';
import { hostIntrusionDetectionServer } from '@demarc/host-intrusion-detection/server';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { type EvidenceKey, openEvidenceKey, signatureHolds } from '@demarc/platform/evidence';
import { migrate, openClickHouse, openPostgres, type PostgresStore } from '@demarc/platform/stores';
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '@demarc/platform/stores/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import {
  carry,
  ensureEventTable,
  openSiem,
  readRuleFiles,
  SIEM_DETECTIONS,
  type Siem,
  searchEvents,
  siemMigrations,
} from '@demarc/siem';
import { sql } from 'kysely';
import { enrolledAsset, listAssets, sawAsset } from '../link/assets.ts';
import { linkMigrations } from '../link/migrations.ts';
import { serverMigrations } from '../migrations.ts';
import { ensureFirstTenant } from '../tenants.ts';
import { HostCanaries } from './host-canary.ts';
import { platformSources } from './sources.ts';

const MINUTE_MS = 60_000;
const here = grantTenantScope('local');
const HOST_DETECTIONS = hostIntrusionDetectionServer.detectionsDirectory ?? SIEM_DETECTIONS;
let now = Date.now();
let health: 'healthy' | 'failed' = 'healthy';
let directory = '';
let postgres: TestPostgres;
let clickhouse: TestClickHouse;
let store: PostgresStore;
let siem: Siem;
let key: EvidenceKey;
let assurance: Assurance;
let schedule: SourceSchedule;
let assetId = '';

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'demarc-sources-'));
  [postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()]);
  await migrate(postgres.ownerConnection, {
    ...serverMigrations,
    ...linkMigrations,
    ...siemMigrations,
    ...assuranceMigrations,
  });
  store = openPostgres({ connection: postgres.connection });
  await ensureFirstTenant(store);
  siem = openSiem({
    inTenant: store.inTenant,
    clickhouse: openClickHouse(clickhouse),
    reader: openClickHouse(clickhouse.reader),
    rules: [SIEM_DETECTIONS, HOST_DETECTIONS].flatMap(readRuleFiles),
    retentionDays: async () => 90,
    now: () => now,
  });
  await ensureEventTable(siem.clickhouse);
  // Compiled here, before a source that has its time waits for it.
  await siem.rulesets.of(here);
  key = openEvidenceKey(directory);
  const observers = platformSources({
    store,
    siem,
    freshSecondsMax: 31_536_000,
    status: () => ({
      version: '0',
      startedAt: new Date(now).toISOString(),
      parts: [
        {
          name: 'postgres',
          pid: 1,
          restartCount: 0,
          health: { state: health, because: 'as told', sinceMs: 0 },
        },
      ],
    }),
    integrity: (...query) => assurance.integrity(...query),
    platformKeyPem: key.publicKeyPem,
    history: (...query) => assurance.evidenceHistory(...query),
  });
  const sources = [...observers, ...RECORD_SOURCES];
  assurance = new Assurance({
    inTenant: store.inTenant,
    catalogue: loadCatalogue(),
    services: [],
    sources,
    platformKey: key,
    freshSecondsMax: 31_536_000,
    assets: async (tenant) =>
      (await listAssets(store, tenant, now)).map(({ assetId: id, name, type }) => ({
        assetId: id,
        name,
        type,
      })),
    onChange: () => undefined,
    now: () => now,
  });
  schedule = new SourceSchedule({
    sources,
    key,
    tenants: async () => [here],
    look: (tenant, at) => assurance.look(tenant, at),
    observed: (tenant, observed) => assurance.observed(tenant, observed),
    onError: (line, error) => console.error(line, error),
    now: () => now,
  });
  const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };
  assetId = await enrolledAsset(
    store,
    here,
    { token: '', csr: '', hostname: 'db-1', machineId: 'a'.repeat(32), os },
    '127.0.0.1',
    now,
  );
  await seen(0);
});

after(async () => {
  schedule[Symbol.dispose]();
  assurance[Symbol.dispose]();
  await Promise.all([siem.clickhouse.close(), siem.reader.close(), store[Symbol.asyncDispose]()]);
  await Promise.all([postgres[Symbol.asyncDispose](), clickhouse[Symbol.asyncDispose]()]);
  rmSync(directory, { recursive: true, force: true });
});

async function seen(clockOffsetMs: number, rooms: readonly object[] = []): Promise<void> {
  const header = {
    hostname: 'db-1',
    agentVersion: '0',
    os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' },
    sentAtMs: now + clockOffsetMs,
    dropped: [],
    rooms,
  };
  await sawAsset(store, here, assetId, header as never, now);
}

async function evidence(rule: string, on = 'tenant') {
  const why = await assurance.why(here, { assetId: on, controlId: rule.split('.')[0] ?? '' });
  const found = why.evidence.find((item) => item.rule === rule);
  if (found === undefined) throw new Error(`${rule} is not there`);
  return found;
}

test('what is there is seen, signed with the platform’s key, through the same intake', async (t: TestContext) => {
  await schedule.round();
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
  const [row] = await assurance.evidenceHistory(here, 'tenant', 'PLT-07.1', 1);
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
  t.assert.ok(signatureHolds(given, key.publicKeyPem));
  t.assert.equal(schedule.figures.sourceErrors, 0);
});

test('a machine that falls silent, a clock that runs ahead, a part that fails: each is said', async (t: TestContext) => {
  now += MINUTE_MS;
  await seen(5_000);
  health = 'failed';
  await schedule.round();
  t.assert.match((await evidence('FND-05.1', assetId)).because ?? '', /5000 ms ahead/);
  t.assert.match((await evidence('MGT-13.1')).because ?? '', /postgres is failed/);
  health = 'healthy';
  now += 16 * MINUTE_MS;
  await schedule.round();
  t.assert.match((await evidence('MGT-04.1', assetId)).because ?? '', /silent since/);
  t.assert.match((await evidence('GOV-06.2', assetId)).because ?? '', /said nothing since/);
  t.assert.equal((await evidence('GOV-06.2')).state, 'fail');
});

test('a table that lost its guard is found by trying and by looking', async (t: TestContext) => {
  await using owner = openPostgres({ connection: postgres.ownerConnection });
  await sql`ALTER TABLE server_canary DISABLE ROW LEVEL SECURITY`.execute(owner.db);
  now += 61 * MINUTE_MS;
  await schedule.round();
  // What may be written for another tenant now is an open door, too.
  t.assert.match(
    (await evidence('PLT-07.1')).because ?? '',
    /not apart: “read the row of another tenant” gave 1 rows/,
  );
  t.assert.match((await evidence('PLT-07.2')).because ?? '', /server_canary/);
  await sql`ALTER TABLE server_canary ENABLE ROW LEVEL SECURITY`.execute(owner.db);
  now += 61 * MINUTE_MS;
  await schedule.round();
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
  await assurance.act(here, publishStandard({ ...standard, hld: designs, lld: designs }), 'ann');
  await assurance.act(
    here,
    assignStandard({ standardId: 's', version: '1', scopes: [{ kind: 'tenant' }] }),
    'ann',
  );
  const reviewAtMs = now + 30 * 24 * 60 * MINUTE_MS;
  await assurance.act(here, reviewRisk({ riskId: 'R-01', note: 'n', person: 'Ann', reviewAtMs }), 'ann');
  now += 61 * MINUTE_MS;
  await schedule.round();
  t.assert.deepEqual(await states(), ['pass', 'pass', 'pass', 'pass']);
  t.assert.equal((await evidence('GOV-03.2')).state, 'pass');
  now = reviewAtMs + MINUTE_MS;
  await schedule.round();
  t.assert.match((await evidence('GOV-04.1')).because ?? '', /R-01 was due for review/);
});

/** What a sensor would have sent: an event that a rule of the room is for, by the sample beside it. */
function alarm(rule: string): OcsfEvent {
  const samples = readFileSync(new URL(`${rule}.samples.jsonl`, HOST_DETECTIONS), 'utf8')
    .trim()
    .split('\n');
  const sample = (samples[0] ?? '').replaceAll('"{ms}"', String(now)).replaceAll('{n}', '1');
  const { event, records } = JSON.parse(sample) as {
    readonly event?: OcsfEvent;
    readonly records?: readonly { readonly record: OcsfEvent }[];
  };
  const found = event ?? records?.[0]?.record;
  if (found === undefined) throw new Error(`${rule} has no sample`);
  return found;
}

const alarms = {
  network: alarm('network-scan'),
  logs: alarm('guessed-at'),
  processes: alarm('temporary-program'),
};

/** The agent says that it found what it set off at `setAtMs`, by its own clock, which is ahead by `aheadMs`. */
async function saysFound(setAtMs: number, aheadMs = 0): Promise<void> {
  const health = { state: 'healthy', because: 'watching', sinceMs: 0, figures: { canarySetAtMs: setAtMs } };
  await seen(aheadMs, [{ serviceId: 'host-intrusion-detection', policyVersion: '1', health }]);
}

async function sends(what: Parameters<typeof canaryToOcsf>[0], setAtMs: number): Promise<void> {
  const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };
  const host = { assetId, hostname: 'db-1', machineId: 'm', os };
  const batchToken = createHash('sha256').update(randomUUID()).digest('hex');
  const events = [{ index: 0, event: canaryToOcsf(what, setAtMs, host) }];
  const { acceptedCount } = await carry(siem, here, { batchToken, assetId, events });
  if (acceptedCount !== 1) throw new Error('the canary was not accepted');
}

test('a harmless trigger passes when it came here in time and rules match it, not when its agent says so', async (t: TestContext) => {
  now += 61 * MINUTE_MS;
  await saysFound(now);
  await schedule.round();
  t.assert.notEqual((await evidence('VMS-08.3', assetId)).state, 'pass', 'it may still come');

  const ahead = 400;
  const first = now + ahead;
  now += 3_000;
  await sends(alarms, first);
  now += MINUTE_MS;
  await saysFound(first, ahead);
  await schedule.round();
  const passed = await evidence('VMS-08.3', assetId);
  t.assert.equal(passed.state, 'pass', passed.because ?? '');
  t.assert.match(passed.because ?? '', /came to the SIEM after 3 s, where rules in force match it/);
  const range = { from: new Date(now - 90 * MINUTE_MS).toISOString(), to: new Date(now).toISOString() };
  const findings = await searchEvents(siem, here, { ...range, classUids: [2_004], limit: 10 });
  t.assert.deepEqual(
    findings.events.map(({ message }) => message),
    [],
    'nobody is called for it',
  );

  const second = now;
  await saysFound(second);
  now += 2 * MINUTE_MS + 1_000;
  await saysFound(second);
  await schedule.round();
  const lost = await evidence('VMS-08.3', assetId);
  t.assert.equal(lost.state, 'fail');
  t.assert.match(lost.because ?? '', /The agent found .*, and nothing of it came to the SIEM within 120 s/);

  const third = now;
  now += 150_000;
  await sends(alarms, third);
  await saysFound(third);
  await schedule.round();
  t.assert.match((await evidence('VMS-08.3', assetId)).because ?? '', /after 150 s; the bound is 120 s/);

  now += MINUTE_MS;
  await sends({ ...alarms, processes: alarms.network, logs: undefined }, now);
  await saysFound(now);
  now += MINUTE_MS;
  await schedule.round();
  t.assert.match(
    (await evidence('VMS-08.3', assetId)).because ?? '',
    /no rule in force makes an alert.*: logs\.$/,
  );

  now += MINUTE_MS;
  const last = now;
  await sends(alarms, last);
  await saysFound(last);
  now += MINUTE_MS;
  await schedule.round();
  t.assert.equal((await evidence('VMS-08.3', assetId)).state, 'pass');
  const history = await assurance.evidenceHistory(here, assetId, 'VMS-08.3', 10);
  t.assert.deepEqual(
    history.map(({ result }) => result),
    ['pass', 'fail', 'fail', 'fail', 'pass'],
    'each is said once',
  );

  // A server that starts anew makes no new evidence of old triggers.
  now += 16 * MINUTE_MS;
  await saysFound(last);
  const again = new HostCanaries(siem);
  const options = { nowMs: now, silentAfterMs: 15 * MINUTE_MS };
  t.assert.deepEqual(await again.findings(here, await listAssets(store, here, now), options), []);
});
