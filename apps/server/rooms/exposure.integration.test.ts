/**
 * How exposed a weakness is, put together by three rooms over the real stores: ports that listen, the firewall that the
 * machine says it has in its kernel, and a scan that was let in through it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { acceptSchedule, buy } from '@demarc/assurance/commands';
import { hostFirewallServer } from '@demarc/host-firewall/server';
import { hostIntrusionDetectionServer } from '@demarc/host-intrusion-detection/server';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import { validateOcsf } from '@demarc/platform/ocsf';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { carry } from '@demarc/siem';
import type { FindingDetail, FindingsPage } from '@demarc/vulnerability-scanning/api';
import { importFeed } from '@demarc/vulnerability-scanning/feeds';
import { inventoryToOcsf, readInventory } from '@demarc/vulnerability-scanning/inventory';
import { vulnerabilityScanningServer } from '@demarc/vulnerability-scanning/server';
import { setPolicy } from '../policies/policies.ts';
import { openTestServer, type TestMachine, type TestServer } from '../testing.ts';

const here = grantTenantScope('local');
const ROOMS = [vulnerabilityScanningServer, hostFirewallServer, hostIntrusionDetectionServer];
/** Scans are asked for again so often. */
const ASKED_AGAIN_MS = 601_000;

let now = Date.now();
let server: TestServer;
let machine: TestMachine;

before(async () => {
  server = await openTestServer({ rooms: ROOMS, now: () => now });
  machine = await server.enrolled('erp-1');
  const assetIds = [machine.assetId];
  await server.assurance.sync(here);
  await server.assurance.act(here, acceptSchedule, 'ann');
  for (const serviceId of ['vulnerability-scanning', 'host-ids-firewall'])
    await server.assurance.act(
      here,
      buy({ serviceId, tier: 'managed', assetIds, prerequisites: 'all' }),
      'ann',
    );
  const advisory = {
    id: 'CVE-2026-1000',
    modified: new Date(now - 3_600_000).toISOString(),
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'nginx' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.1-1' }] }],
      },
    ],
  };
  const feeds = join(contextOf('vulnerability-scanning').stateDirectory, 'feeds');
  importFeed(feeds, 'osv-debian', Buffer.from(JSON.stringify([advisory])), { nowMs: now });
});
after(() => server[Symbol.asyncDispose]());

function contextOf(serviceId: string) {
  const context = server.contexts.get(serviceId);
  if (context === undefined) throw new Error(`there is no ${serviceId}`);
  return context;
}

async function carried(events: readonly OcsfEvent[]): Promise<void> {
  for (const event of events) {
    const valid = validateOcsf(event);
    if (!valid.ok) throw new Error(JSON.stringify(valid));
  }
  const uids = events.map(({ metadata }) => metadata.uid).join(' ');
  const batchToken = createHash('sha256').update(uids).digest('hex');
  const indexed = events.map((event, index) => ({ index, event }));
  await carry(server.siem, here, { batchToken, assetId: machine.assetId, events: indexed });
}

const device = () => ({ type_id: 6, hostname: 'erp-1', uid: machine.assetId });

/** Its agent: nginx is there, and a port listens for everybody. */
async function listens(): Promise<void> {
  const tree = mkdtempSync(join(server.directory, 'tree-'));
  const files = {
    'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
    'var/lib/dpkg/status':
      'Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n',
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  const inventory = readInventory({ root: tree, isLive: false, nowMs: now });
  const openPorts = [{ protocol: 'tcp' as const, address: '0.0.0.0', port: 443 }];
  await carried(
    inventoryToOcsf({ ...inventory, openPorts }, '/').map((event) => ({ ...event, device: device() })),
  );
}

/** Its agent: these rules are in the kernel since then, and were found there now. */
async function holds(confirmedAtMs: number): Promise<void> {
  const { policyVersion } = await contextOf('host-firewall').policyOf(here, machine.assetId);
  const figures = { rulesConfirmedAtMs: confirmedAtMs, rulesFoundAtMs: now };
  const health = { state: 'healthy', because: 'as confirmed', sinceMs: confirmedAtMs, figures };
  await machine.seen({ rooms: [{ serviceId: 'host-firewall', policyVersion, health }] });
}

/** Its agent: somebody from the Internet asked one port, and was answered. */
const scanned = (atMs: number): Promise<void> =>
  carried([
    {
      activity_id: 6,
      activity_name: 'Traffic',
      category_uid: 4,
      class_uid: 4_001,
      type_uid: 400_106,
      severity_id: 1,
      time: atMs,
      metadata: {
        uid: randomUUID(),
        version: '1.8.0',
        profiles: ['host'],
        product: {
          name: 'Demarc',
          vendor_name: 'Demarc',
          feature: { name: hostIntrusionDetectionServer.service.id },
        },
      },
      device: device(),
      message: 'somebody looked for services',
      dst_endpoint: { ip: '10.0.0.2', port: 443 },
      unmapped: {
        detection: {
          kind: 'connect-scan',
          direction: 'inbound',
          source_is_proved: true,
          sources: ['203.0.113.9'],
          ports: [443],
          port_count: 1,
        },
      },
    } as unknown as OcsfEvent,
  ]);

/** What the server does by itself; then how exposed the finding is, and who says so. */
async function exposure(): Promise<readonly unknown[]> {
  now += 1_000;
  const context = contextOf('vulnerability-scanning');
  for (const { of } of vulnerabilityScanningServer.work ?? [])
    await ('tenant' in of ? of.tenant(context, here) : of.installation(context));
  const { findings } = await ask<FindingsPage>('findings', {});
  const { id } = findings[0] ?? {};
  const { reasons } = await ask<FindingDetail>('findings/:findingId', { findingId: id });
  const reason = reasons.find(({ input }) => input === 'exposure');
  return [reason?.value, reason?.from, reason?.isAssumed];
}

async function ask<Reply>(path: string, params: object): Promise<Reply> {
  const route = vulnerabilityScanningServer.routes.find(
    (each) => each.method === 'GET' && each.path === `vulnerabilities/${path}`,
  );
  if (route === undefined) throw new Error(`there is no ${path}`);
  const reply = await route.handle(contextOf('vulnerability-scanning'), here, {
    params,
    query: route.query?.parse({}) ?? {},
    body: undefined,
    accountId: 'a',
    accountName: 'Ann',
    speaksFor: () => true,
  });
  return route.response.parse(reply) as Reply;
}

/** Only the office reaches the port. */
const office = (mode: 'tap' | 'inline') =>
  setPolicy(
    server.store,
    here,
    { kind: 'tenant' },
    hostFirewallServer.service,
    {
      mode,
      defaultAction: { in: 'deny', out: 'allow' },
      rules: [
        {
          id: 'office',
          direction: 'in',
          action: 'allow',
          protocol: 'tcp',
          source: ['192.0.2.0/24'],
          destinationPorts: [443],
        },
      ],
    },
    { actor: 'ann', nowMs: now },
    [],
    { groupsOf: async () => [] },
  );

test('a port is open until the machine says that its firewall closes it, and again when somebody was let in', async (t: TestContext) => {
  await machine.seen();
  await listens();
  t.assert.deepEqual(await exposure(), ['open', 'open-ports', true], 'nobody knows of a firewall');
  await office('tap');
  await holds(now);
  t.assert.deepEqual(await exposure(), ['open', 'open-ports', true], 'one that only watches closes nothing');
  await office('inline');
  t.assert.deepEqual(await exposure(), ['open', 'open-ports', true], 'what was asked for is not in force');
  const confirmedAtMs = now;
  await holds(confirmedAtMs);
  t.assert.deepEqual(await exposure(), ['controlled', 'firewall', false]);
  await scanned(confirmedAtMs - 60_000);
  now += ASKED_AGAIN_MS;
  await holds(confirmedAtMs);
  t.assert.deepEqual(await exposure(), ['controlled', 'firewall', false], 'these rules did not let it in');
  await scanned(now);
  now += ASKED_AGAIN_MS;
  await holds(confirmedAtMs);
  t.assert.deepEqual(await exposure(), ['open', 'observed-scan', false]);
  now += 3_600_000;
  const without = 'without a word of the firewall the scan still counts';
  t.assert.deepEqual(await exposure(), ['open', 'observed-scan', false], without);
});
