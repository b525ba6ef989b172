/**
 * Patching against the real stores, with the real scanning beside it: a finding becomes a job, the job's order is what the
 * agent is handed, what it tells comes down the road, the next inventory verifies it, and the duty moves with the evidence.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { JobDetail, JobsPage, ShownPlan } from '@demarc/ams-patching/api';
import { amsPatchingServer } from '@demarc/ams-patching/server';
import { acceptSchedule, buy } from '@demarc/assurance/commands';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { ServerRoom } from '@demarc/platform/contract/server';
import { validateOcsf } from '@demarc/platform/ocsf';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, readRuleFiles } from '@demarc/siem';
import { importFeed } from '@demarc/vulnerability-scanning/feeds';
import { inventoryToOcsf, readInventory } from '@demarc/vulnerability-scanning/inventory';
import { vulnerabilityScanningServer } from '@demarc/vulnerability-scanning/server';
import { ordersInForce } from '../orders/orders.ts';
import { openTestServer, type TestMachine, type TestServer } from '../testing.ts';

const HOUR_MS = 3_600_000;
const here = grantTenantScope('local');
const ROOMS: readonly ServerRoom[] = [vulnerabilityScanningServer, amsPatchingServer];
const ANN = { accountId: 'a-ann', name: 'Ann', party: 'customer' };
const BOB = { accountId: 'a-bob', name: 'Bob', party: 'customer' };

let now = Date.now();
let server: TestServer;
let machine: TestMachine;

before(async () => {
  const rules = ROOMS.flatMap((room) => room.detectionsDirectory ?? []).flatMap(readRuleFiles);
  server = await openTestServer({ rooms: ROOMS, rules, now: () => now });
  machine = await server.enrolled('erp-1');
  const { assurance } = server;
  const { assetId } = machine;
  await assurance.sync(here);
  await assurance.act(here, acceptSchedule, 'ann');
  for (const serviceId of ['vulnerability-scanning', 'ams-patching'])
    await assurance.act(
      here,
      buy({ serviceId, tier: 'managed', assetIds: [assetId], prerequisites: 'all' }),
      'ann',
    );
  const advisory = {
    id: 'CVE-2026-1000',
    modified: new Date(now - HOUR_MS).toISOString(),
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'nginx' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.1-1' }] }],
      },
    ],
  };
  const scanning = contextOf('vulnerability-scanning');
  importFeed(join(scanning.stateDirectory, 'feeds'), 'osv-debian', Buffer.from(JSON.stringify([advisory])), {
    nowMs: now,
  });
});
after(() => server[Symbol.asyncDispose]());

function contextOf(serviceId: string) {
  const context = server.contexts.get(serviceId);
  if (context === undefined) throw new Error(`there is no ${serviceId}`);
  return context;
}

/** What the server does by itself, once. */
async function work(): Promise<void> {
  now += 1_000;
  for (const { service, work: works } of ROOMS)
    for (const { of } of works ?? [])
      await ('tenant' in of
        ? of.tenant(contextOf(service.id), here)
        : of.installation(contextOf(service.id)));
}

async function carried(events: readonly OcsfEvent[]): Promise<void> {
  for (const event of events) assertValid(event);
  const batchToken = createHash('sha256')
    .update(events.map(({ metadata }) => metadata.uid).join(' '))
    .digest('hex');
  const { assetId } = machine;
  await carry(server.siem, here, {
    batchToken,
    assetId,
    events: events.map((event, index) => ({ index, event })),
  });
  await work();
}
function assertValid(event: OcsfEvent): void {
  const valid = validateOcsf(event);
  if (!valid.ok) throw new Error(JSON.stringify(valid));
}

const device = () => ({ type_id: 6, hostname: 'erp-1', uid: machine.assetId });

async function has(version: string): Promise<void> {
  now += 60_000;
  await machine.seen();
  const tree = mkdtempSync(join(server.directory, 'tree-'));
  const files = {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
    'var/lib/dpkg/status': `Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  const inventory = readInventory({ root: tree, isLive: false, nowMs: now });
  await carried(inventoryToOcsf(inventory, '/').map((event) => ({ ...event, device: device() })));
}

/** As the half on the machine tells it. */
function tells(told: object, jobId: string): Promise<void> {
  return remediation({ demarc_patching: told }, jobId);
}

function remediation(unmapped: object, jobId: string): Promise<void> {
  const event = {
    activity_id: 99,
    activity_name: 'Patch',
    category_uid: 7,
    class_uid: 7_001,
    type_uid: 700_199,
    severity_id: 1,
    time: now,
    command_uid: jobId,
    metadata: {
      uid: randomUUID(),
      version: '1.8.0',
      profiles: ['host'],
      product: { name: 'Demarc', vendor_name: 'Demarc' },
    },
    device: device(),
    unmapped,
  };
  return carried([event]);
}

async function ask<Reply>(
  call: string,
  {
    params = {},
    query = {},
    body,
    as = ANN,
  }: { params?: object; query?: object; body?: unknown; as?: typeof ANN } = {},
): Promise<Reply> {
  const [method, path] = call.split(' ');
  const route = amsPatchingServer.routes.find(
    (each) => each.method === method && each.path === `patching/${path}`,
  );
  if (route === undefined) throw new Error(`there is no ${call}`);
  const reply = await route.handle(contextOf('ams-patching'), here, {
    params,
    query: route.query?.parse(query) ?? {},
    body: route.body?.parse(body),
    accountId: as.accountId,
    accountName: as.name,
    speaksFor: (party) => party === as.party,
  });
  return route.response.parse(reply) as Reply;
}
const job = (jobId: string, as = BOB): Promise<JobDetail> =>
  ask('GET jobs/:jobId', { params: { jobId }, as });

async function handed(kind: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const orders = await ordersInForce(server.store, here, machine.assetId, now);
  return orders.get('ams-patching')?.find((order) => order.kind === kind)?.what;
}

test('from a finding to a job that the machine has, its result, and the scan that confirms it', async (t: TestContext) => {
  await has('1.0-1');
  const startsAt = new Date(now + 2 * HOUR_MS).toISOString();
  await ask('POST windows', { body: { name: 'tonight', minutes: 60, startsAt } });
  const made = await ask<ShownPlan>('POST plans', { body: { seconds: 1 } });
  t.assert.deepEqual(
    made.work.map(({ assetName, packages, findingCount }) => [assetName, packages, findingCount]),
    [['erp-1', ['nginx'], 1]],
  );
  const params = { planId: made.id };
  const plan = await ask<ShownPlan>('POST plans/:planId/publish', { params, body: { because: 'as agreed' } });
  const jobId = plan.work[0]?.jobId ?? '';
  t.assert.partialDeepStrictEqual(await handed('patch-resolve'), { jobId, manager: 'apt' });
  const item = { name: 'nginx', arch: 'amd64', from: '1.0-1', to: '1.1-1', needsReboot: false };
  await tells({ about: 'resolution', resolution: { jobId, packages: [item], missing: [] } }, jobId);
  const proposed = await job(jobId);
  // Nothing has proved yet that the service is at work: the duty is where it was.
  t.assert.deepEqual([proposed.state, proposed.party, proposed.mayApprove], ['proposed', 'customer', true]);
  t.assert.equal(await handed('patch-resolve'), undefined);
  await ask('POST jobs/:jobId/approve', { params: { jobId }, body: { because: 'go on' }, as: BOB });
  t.assert.partialDeepStrictEqual(await handed('patch-apply'), { job: { id: jobId, packages: [item] } });
  now = Date.parse(startsAt) + 60_000;
  await tells({ about: 'begun', jobId, what: 'apply', atMs: now }, jobId);
  t.assert.equal((await job(jobId)).state, 'running');
  const { needsReboot: _needsReboot, ...done } = item;
  const result = {
    jobId,
    what: 'apply',
    result: 'done',
    startedAtMs: now - 1_000,
    endedAtMs: now,
    checks: [],
    packages: [{ ...done, outcome: 'done', because: 'it is installed', installed: '1.1-1' }],
    settled: [],
    keptFiles: [],
    restarts: [],
    reboot: { owed: false, ordered: false, because: [] },
    manifest: null,
    notes: [],
  };
  await tells({ about: 'result', result }, jobId);
  const ended = await job(jobId);
  t.assert.deepEqual([ended.state, ended.verification], ['ended', 'awaited']);
  await has('1.1-1');
  await work();
  const verified = await job(jobId);
  t.assert.deepEqual(
    [verified.verification, verified.findings.map(({ isStillOpen }) => isStillOpen)],
    ['verified', [false]],
  );
});

/** As integrity monitoring tells what it takes for announced. */
function announces(jobId: string, fromMs: number): Promise<void> {
  const untilMs = fromMs + HOUR_MS;
  const said = { job_id: jobId, approved_by: 'Bob', from_ms: fromMs, until_ms: untilMs, file_count: 3 };
  return remediation({ demarc_announced: said }, jobId);
}

test('changes that are announced as those of a job that nobody gave are a finding', async (t: TestContext) => {
  const context = contextOf('ams-patching');
  const range = () => ({ fromMs: now - HOUR_MS, toMs: now + HOUR_MS, limit: 50 });
  const findings = async (): Promise<number> => {
    const { events } = await context.searchEvents(here, { ...range(), classUids: [2_004] });
    return events.filter((event) => JSON.stringify(event).includes('did not give')).length;
  };
  const [known] = (await ask<JobsPage>('GET jobs')).jobs;
  if (known === undefined) throw new Error('there is a job');
  await announces(known.id, now);
  t.assert.equal(await findings(), 0, 'it was approved for this machine and this time');
  await announces('of-nobody', now);
  t.assert.equal(await findings(), 1);
  await work();
  await announces('of-nobody', now - 1);
  const filters = [{ field: 'unmapped.strange_job.job_id', op: 'eq' as const, value: 'of-nobody' }];
  const { events } = await context.searchEvents(here, { ...range(), filters });
  t.assert.equal(events.length, 2, 'each announcement once, however often it is looked at');
  t.assert.match(String(events[0]?.['message']), /job of-nobody: the platform gave this machine no job/);
  await announces(known.id, now - 30 * 24 * HOUR_MS);
  t.assert.equal(await findings(), 3, 'a job of another time');
});

test('bought, the service has the duty with the first evidence that the machine can be patched', async (t: TestContext) => {
  const { assurance, schedule } = server;
  const { assetId } = machine;
  const owner = (): Promise<string | null> => assurance.dutyOwner(here, assetId, 'VMS-04', 'operate');
  now += 301_000;
  await schedule.round();
  t.assert.equal(await owner(), 'customer', 'nobody is at work on the machine');
  const health = { state: 'healthy', because: 'it waits for jobs', sinceMs: now };
  await machine.seen({ rooms: [{ serviceId: 'ams-patching', policyVersion: '1', health }] });
  now += 301_000;
  await schedule.round();
  t.assert.equal(await owner(), 'ams');
  const why = await assurance.why(here, { assetId, controlId: 'MGT-10' });
  t.assert.equal(why.evidence.find(({ rule }) => rule === 'MGT-10.2')?.state, 'pass');
  t.assert.equal(schedule.figures.sourceErrors, 0);
  const page = await ask<JobsPage>('GET jobs', { query: { assetId } });
  t.assert.deepEqual([page.jobs[0]?.party, page.byState], ['ams', { ended: 1 }]);
});
