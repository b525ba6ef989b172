/**
 * Vulnerability scanning against the real stores: what a machine says goes down the road, is taken in, matched with feeds
 * that the test makes, found, told, fixed and found again; who else looks sees nothing of it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Assurance } from '@demarc/assurance';
import { acceptSchedule, buy, labelAsset } from '@demarc/assurance/commands';
import type { SourceSchedule } from '@demarc/assurance/sources';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { ServerRoomContext } from '@demarc/platform/contract/server';
import { validateOcsf } from '@demarc/platform/ocsf';
import type { TenantScope } from '@demarc/platform/tenancy';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry, readRuleFiles, SIEM_DETECTIONS, type Siem } from '@demarc/siem';
import type {
  AdvisoriesPage,
  ExceptionList,
  FeedsReply,
  FindingDetail,
  FindingsPage,
  MachineList,
  SettingsReply,
  ShownException,
} from '@demarc/vulnerability-scanning/api';
import { CANARY_TREE } from '@demarc/vulnerability-scanning/canary';
import { importFeed } from '@demarc/vulnerability-scanning/feeds';
import { inventoryToOcsf, readInventory } from '@demarc/vulnerability-scanning/inventory';
import { vulnerabilityScanningServer } from '@demarc/vulnerability-scanning/server';
import { openTestServer, type TestMachine, type TestServer } from '../testing.ts';

const HOUR_MS = 3_600_000;
const [here, there] = [grantTenantScope('local'), grantTenantScope('other')];

let now = Date.now();
let server: TestServer;
let siem: Siem;
let assurance: Assurance;
let schedule: SourceSchedule;
let context: ServerRoomContext;
let machine: TestMachine;
let assetId = '';

before(async () => {
  server = await openTestServer({
    rooms: [vulnerabilityScanningServer],
    rules: readRuleFiles(SIEM_DETECTIONS),
    now: () => now,
  });
  ({ siem, assurance, schedule } = server);
  context = server.contexts.get('vulnerability-scanning') as ServerRoomContext;
  machine = await server.enrolled('erp-1');
  ({ assetId } = machine);
  await assurance.sync(here);
  await assurance.act(here, acceptSchedule, 'ann');
  await assurance.act(here, labelAsset({ assetId, labels: { environment: 'PRD' } }), 'ann');
  const bought = { serviceId: 'vulnerability-scanning', tier: 'managed', assetIds: [assetId] } as const;
  await assurance.act(here, buy({ ...bought, prerequisites: 'all' }), 'ann');
  feed('1.1-1');
});

after(() => server[Symbol.asyncDispose]());

const feedsDirectory = (): string => join(context.stateDirectory, 'feeds');
const NGINX = 'CVE-2026-1000';

/** Two advisories for Debian 12, one of them without a fix, as OSV has them. */
function feed(fixedIn: string): void {
  const advisory = (id: string, name: string, events: readonly object[]): object => ({
    id,
    modified: new Date(now - HOUR_MS).toISOString(),
    summary: `a weakness of ${name}`,
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    references: [{ type: 'WEB', url: `https://example.org/${id}` }],
    affected: [{ package: { ecosystem: 'Debian:12', name }, ranges: [{ type: 'ECOSYSTEM', events }] }],
  });
  const all = [
    advisory(NGINX, 'nginx', [{ introduced: '0' }, { fixed: fixedIn }]),
    advisory('CVE-2026-2000', 'tree', [{ introduced: '0' }]),
  ];
  importFeed(feedsDirectory(), 'osv-debian', Buffer.from(JSON.stringify(all)), { nowMs: now });
}

const TREE: Record<string, string> = { 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n' };
const status = (packages: Readonly<Record<string, string>>): string =>
  Object.entries(packages)
    .map(
      ([name, version]) =>
        `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
    )
    .join('\n');

function eventsOf(root: string, files: Readonly<Record<string, string>>): readonly OcsfEvent[] {
  const tree = mkdtempSync(join(server.directory, 'tree-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  const inventory = readInventory({ root: tree, isLive: false, nowMs: now });
  const openPorts = [{ protocol: 'tcp' as const, address: '0.0.0.0', port: 443 }];
  return inventoryToOcsf(root === '/' ? { ...inventory, openPorts } : inventory, root).map((event) => ({
    ...event,
    device: { type_id: 6, hostname: 'erp-1', uid: assetId },
  }));
}

/** As its agent would send it. */
async function says(events: readonly OcsfEvent[]): Promise<void> {
  await carry(siem, here, {
    batchToken: createHash('sha256')
      .update(events.map(({ metadata }) => metadata.uid).join(' '))
      .digest('hex'),
    assetId,
    events: events.map((event, index) => ({ index, event })),
  });
}
async function has(packages: Readonly<Record<string, string>>): Promise<void> {
  now += 60_000;
  await machine.seen();
  await says(eventsOf('/', { ...TREE, 'var/lib/dpkg/status': status(packages) }));
  await work();
}
/** What the server does by itself, once. */
async function work(tenant: TenantScope = here): Promise<void> {
  now += 1_000;
  for (const { of } of vulnerabilityScanningServer.work ?? [])
    await ('tenant' in of ? of.tenant(context, tenant) : of.installation(context));
}

interface Asked {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
  readonly as?: readonly [accountId: string, name: string];
  readonly tenant?: TenantScope;
}
async function ask<Reply>(
  call: string,
  { params, query, body, as = ['a-1', 'Ann'], tenant = here }: Asked = {},
): Promise<Reply> {
  const [method, path] = call.split(' ');
  const route = vulnerabilityScanningServer.routes.find(
    (each) => each.method === method && each.path === `vulnerabilities/${path}`,
  );
  if (route === undefined) throw new Error(`there is no ${call}`);
  const reply = await route.handle(context, tenant, {
    params: params ?? {},
    query: route.query?.parse(query ?? {}) ?? {},
    body: route.body?.parse(body),
    accountId: as[0],
    accountName: as[1],
    speaksFor: () => true,
  });
  return route.response.parse(reply) as Reply;
}
const findings = (query: object = {}, tenant = here): Promise<FindingsPage> =>
  ask<FindingsPage>('GET findings', { query, tenant });
const detail = (findingId: string): Promise<FindingDetail> =>
  ask<FindingDetail>('GET findings/:findingId', { params: { findingId } });

/** Vulnerability Findings as they were stored, the oldest first. */
async function stored(): Promise<readonly OcsfEvent[]> {
  const query = {
    fromMs: now - 30 * 86_400_000,
    toMs: now + 60_000,
    classUids: [2_002],
    assetId,
    limit: 1_000,
  };
  const { events } = await context.searchEvents(here, query);
  return events.toSorted((a, b) => a.time - b.time);
}
async function evidence(rule: string): Promise<{ readonly state: string; readonly because: string | null }> {
  now += 301_000;
  await schedule.round();
  const why = await assurance.why(here, { assetId, controlId: rule.split('.')[0] ?? '' });
  const found = why.evidence.find((item) => item.rule === rule);
  if (found === undefined) throw new Error(`${rule} is not there`);
  return { state: found.state, because: found.because ?? null };
}

test('before anything came, nothing is proved, and the machine is on the list with the reason', async (t: TestContext) => {
  await work();
  const { machines } = await ask<MachineList>('GET machines');
  t.assert.deepEqual(
    machines.map(({ name, isEntitled, notScannedBecause, openCount }) => [
      name,
      isEntitled,
      notScannedBecause,
      openCount,
    ]),
    [['erp-1', true, 'no inventory came from its agent yet', 0]],
  );
  t.assert.equal((await evidence('MGT-09.1')).state, 'not-received');
  t.assert.equal(schedule.figures.sourceErrors, 0);
});

test('an old package is found, told as a valid event, and is as urgent as the facts make it', async (t: TestContext) => {
  await says(eventsOf('canary', CANARY_TREE));
  await has({ nginx: '1.0-1', tree: '2.0-1', bash: '5.2-1' });
  const { findings: found, counts, matchedCount } = await findings();
  t.assert.deepEqual(
    found.map(({ vulnerability, name, installed, fixedIn, state, clock }) => [
      vulnerability,
      name,
      installed,
      fixedIn,
      state,
      clock,
    ]),
    [
      [NGINX, 'nginx', '1.0-1', '1.1-1', 'open', 'fix'],
      ['CVE-2026-2000', 'tree', '2.0-1', null, 'open', 'mitigate'],
    ],
  );
  t.assert.deepEqual([counts.open, counts.withoutFix, counts.overdue, matchedCount], [2, 1, 0, 2]);
  const one = await detail(found[0]?.id ?? '');
  t.assert.partialDeepStrictEqual(one, {
    compared: '1.0-1 < 1.1-1',
    summary: 'a weakness of nginx',
    references: [`https://example.org/${NGINX}`],
    points: { exposure: 'open', humanImpact: 'high', automatable: 'yes' },
    owner: { controlId: 'VMS-04', party: 'customer', state: 'owned' },
    responsible: 'customer',
    history: [{ change: 'new', installed: '1.0-1', fixedIn: '1.1-1' }],
  });
  const events = await stored();
  t.assert.deepEqual(
    events.map(({ type_uid }) => type_uid),
    [200_201, 200_201],
  );
  for (const event of events) t.assert.deepEqual(validateOcsf(event), { ok: true });
  await work();
  t.assert.equal((await stored()).length, 2, 'a round that finds nothing new tells nothing');
});

test('lists: by page, by filter, by vulnerability, by machine', async (t: TestContext) => {
  const first = await findings({ limit: '1' });
  t.assert.ok(first.nextCursor !== null);
  const second = await findings({ limit: '1', cursor: first.nextCursor });
  t.assert.deepEqual(
    [first, second].map(({ findings: [one], matchedCount }) => [one?.vulnerability, matchedCount]),
    [
      [NGINX, 2],
      ['CVE-2026-2000', 2],
    ],
  );
  t.assert.equal(second.nextCursor, null);
  t.assert.equal((await findings({ name: 'ng' })).matchedCount, 1);
  t.assert.equal((await findings({ overdue: 'true' })).matchedCount, 0);
  t.assert.equal(
    (await findings({ decision: first.findings[0]?.decision })).findings[0]?.vulnerability,
    NGINX,
  );
  await t.assert.rejects(findings({ cursor: 'x' }), { code: 'VULN_CURSOR_INVALID' });
  const { advisories } = await ask<AdvisoriesPage>('GET advisories');
  t.assert.deepEqual(
    advisories.map(({ vulnerability, machineCount, fixes, machines }) => [
      vulnerability,
      machineCount,
      fixes,
      machines[0]?.name,
    ]),
    [
      [NGINX, 1, [{ name: 'nginx', fixedIn: '1.1-1' }], 'erp-1'],
      ['CVE-2026-2000', 1, [], 'erp-1'],
    ],
  );
  const { machines } = await ask<MachineList>('GET machines');
  t.assert.partialDeepStrictEqual(machines[0], {
    notScannedBecause: null,
    packageCount: 3,
    openCount: 2,
    openPortCount: 1,
    assetClass: 'PRD',
    distribution: { id: 'debian', versionId: '12' },
  });
});

test('another tenant sees none of it, and cannot touch it', async (t: TestContext) => {
  await work(there);
  t.assert.deepEqual((await findings({}, there)).findings, []);
  const [finding] = (await findings()).findings;
  const params = { findingId: finding?.id };
  await t.assert.rejects(ask('GET findings/:findingId', { params, tenant: there }), {
    code: 'VULN_FINDING_UNKNOWN',
  });
  t.assert.deepEqual((await ask<MachineList>('GET machines', { tenant: there })).machines, []);
  t.assert.deepEqual((await ask<AdvisoriesPage>('GET advisories', { tenant: there })).advisories, []);
  t.assert.deepEqual(await context.use('patch-needs')?.(there), []);
});

test('what patching is told: one need, of the fix that there is', async (t: TestContext) => {
  const needs = await context.use('patch-needs')?.(here);
  t.assert.deepEqual(
    needs?.map(({ vulnerability, manager, package: name, arch, installed, fixedIn, needsReboot }) => ({
      vulnerability,
      manager,
      name,
      arch,
      installed,
      fixedIn,
      needsReboot,
    })),
    [
      {
        vulnerability: NGINX,
        manager: 'apt',
        name: 'nginx',
        arch: 'amd64',
        installed: '1.0-1',
        fixedIn: '1.1-1',
        needsReboot: false,
      },
    ],
  );
});

test('evidence: scanned, feeds fresh, canary found; a canary that is not found fails', async (t: TestContext) => {
  for (const rule of [
    'MGT-09.1',
    'MGT-09.2',
    'MGT-09.3',
    'MGT-10.1',
    'MGT-10.2',
    'VMS-03.2',
    'VMS-04.1',
    'VMS-04.2',
  ]) {
    const { state, because } = await evidence(rule);
    t.assert.equal(state, 'pass', `${rule}: ${because ?? ''}`);
  }
  // The advisory is gone from the feeds: what is outdated is no longer found.
  rmSync(join(feedsDirectory(), 'demarc-canary.json'));
  await work();
  t.assert.match((await evidence('MGT-09.3')).because ?? '', /scanned, and not found/);
  t.assert.equal((await evidence('MGT-09.3')).state, 'fail');
});

test('an exception: asked by one, approved by another, and only while it holds', async (t: TestContext) => {
  const body = {
    reason: 'behind the proxy until March',
    scope: { vulnerability: NGINX },
    until: new Date(now + 20 * 86_400_000).toISOString(),
  };
  const asked = await ask<ShownException>('POST exceptions', { body });
  t.assert.equal(asked.state, 'asked');
  t.assert.equal((await findings({ excepted: 'true' })).matchedCount, 0);
  const params = { exceptionId: asked.id };
  const approve = (as: readonly [string, string]): Promise<ShownException> =>
    ask('POST exceptions/:exceptionId/approve', { params, body: { because: 'until March it is' }, as });
  await t.assert.rejects(approve(['a-1', 'Ann']), { code: 'VULN_EXCEPTION_REFUSES' });
  // The same person under another account is no other.
  await t.assert.rejects(approve(['a-2', ' ANN']), { code: 'PRIORITY_EXCEPTION_SELF_APPROVED' });
  const approved = await approve(['b-1', 'Bob']);
  t.assert.deepEqual([approved.state, approved.findingCount, approved.approver?.name], ['active', 1, 'Bob']);
  const [excepted] = (await findings({ excepted: 'true' })).findings;
  t.assert.equal(excepted?.exception?.reason, 'behind the proxy until March');
  t.assert.deepEqual(await context.use('patch-needs')?.(here), []);
  t.assert.deepEqual((await ask<ExceptionList>('GET exceptions', { tenant: there })).exceptions, []);
  const revoked = await ask<ShownException>('POST exceptions/:exceptionId/revoke', {
    params,
    body: { because: 'the proxy is gone' },
  });
  t.assert.deepEqual(
    [revoked.state, revoked.findingCount, revoked.history.map(({ action }) => action)],
    ['revoked', 0, ['asked', 'approved', 'revoked']],
  );
  t.assert.equal((await findings({ excepted: 'true' })).matchedCount, 0);
});

test('deadlines are the tenant’s: shorter ones make what is open overdue, and the evidence fails', async (t: TestContext) => {
  const { settings } = await ask<SettingsReply>('GET settings');
  const one = { immediate: 1, 'out-of-cycle': 1, scheduled: 1, defer: 1 };
  const body = { ...settings, priority: { ...settings.priority, fixHours: one, mitigateHours: one } };
  await ask<SettingsReply>('PUT settings', { body });
  now += 2 * HOUR_MS;
  t.assert.equal((await findings({ overdue: 'true' })).matchedCount, 2);
  t.assert.match((await evidence('MGT-10.1')).because ?? '', new RegExp(`2 of 2 open findings .*${NGINX}`));
  t.assert.match((await evidence('VMS-04.1')).because ?? '', /1 of 1 pending/);
  const reply = await ask<SettingsReply>('PUT settings', { body: settings });
  t.assert.deepEqual([reply.setBy, (await findings({ overdue: 'true' })).matchedCount], ['Ann', 0]);
});

test('an update fixes it, an older version reopens it, and each is told once', async (t: TestContext) => {
  await has({ nginx: '1.1-1', tree: '2.0-1', bash: '5.2-1' });
  const [fixed] = (await findings({ state: 'fixed' })).findings;
  t.assert.deepEqual([fixed?.vulnerability, fixed?.state, fixed?.fixedAt !== null], [NGINX, 'fixed', true]);
  await has({ nginx: '1.0-1', tree: '2.0-1', bash: '5.2-1' });
  const again = await detail(fixed?.id ?? '');
  t.assert.deepEqual(
    [again.state, again.reopenedCount, again.history.map(({ change }) => change)],
    ['open', 1, ['new', 'fixed', 'reopened']],
  );
  const changes = (await stored()).filter(
    ({ finding_info }) => (finding_info as { uid: string }).uid === fixed?.id,
  );
  t.assert.deepEqual(
    changes.map(({ unmapped }) => (unmapped as { change: string }).change),
    ['new', 'fixed', 'reopened'],
  );
});

test('feeds: a newer one is matched with at once, an old one is said, and what is missing is named', async (t: TestContext) => {
  feed('1.0-1');
  await work();
  t.assert.deepEqual(
    (await findings()).findings.map(({ name }) => name),
    ['tree'],
  );
  const reply = await ask<FeedsReply>('GET feeds');
  t.assert.deepEqual(
    reply.feeds.map(({ id, state }) => [id, state]),
    [['osv-debian', 'fresh']],
  );
  t.assert.deepEqual([reply.asks, reply.missing.some(({ id }) => id === 'cisa-kev')], ['nobody', true]);
  now += 30 * HOUR_MS;
  t.assert.match((await evidence('MGT-09.2')).because ?? '', /osv-debian is too old/);
});

test('what is over for more than 400 days is forgotten, with a machine that says nothing any more', async (t: TestContext) => {
  now += 401 * 86_400_000;
  await work();
  t.assert.equal((await findings({ state: 'all' })).matchedCount, 0);
  const { machines } = await ask<MachineList>('GET machines');
  t.assert.equal(machines[0]?.notScannedBecause, 'no inventory came from its agent yet');
});
