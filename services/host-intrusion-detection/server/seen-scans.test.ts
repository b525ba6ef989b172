import { type TestContext, test } from 'node:test';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { EventQuery } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { detectionToOcsf } from '../agent/to-ocsf.ts';
import { type DetectionKind, detection, KINDS } from '../network/detection.ts';
import { SEEN_WITHIN_MS, scansOf, seenScans } from './seen-scans.ts';

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const tenant = grantTenantScope('local');
const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };

interface Told {
  readonly kind?: DetectionKind;
  readonly sources?: readonly string[];
  readonly ports?: readonly number[];
  readonly isProved?: boolean;
  readonly atMs?: number;
  readonly assetId?: string;
  readonly isOurs?: boolean;
}
/** As the agent sends it. */
function told({ kind = 'connect-scan', sources = ['8.8.8.8'], ports = [22], ...more }: Told = {}): OcsfEvent {
  const { isProved = false, atMs = NOW, assetId = 'a', isOurs = false } = more;
  const found = detection({
    kind,
    firstAtMs: atMs,
    lastAtMs: atMs,
    sources,
    targets: ['10.0.0.2'],
    ports,
    evidence: {},
    because: 'b',
    sourceIsProved: isProved,
  });
  return detectionToOcsf(found, isOurs, { assetId, hostname: 'h', machineId: 'm', os });
}
const said = (of: Told) =>
  scansOf(told(of)).map(({ protocol, port, from, answered }) => `${protocol}/${port} ${from} ${answered}`);

test('which ports, from where, and whether somebody was let in', (t: TestContext) => {
  t.assert.deepEqual(said({}), ['tcp/22 public no']);
  t.assert.deepEqual(said({ isProved: true }), ['tcp/22 public yes']);
  t.assert.deepEqual(said({ isProved: true, ports: [22, 80] }), [
    'tcp/22 public perhaps',
    'tcp/80 public perhaps',
  ]);
  t.assert.deepEqual(said({ sources: ['10.9.9.9'] }), ['tcp/22 private no']);
  t.assert.deepEqual(said({ sources: ['fd00::9', '2a00::1'], ports: [445], kind: 'smb-brute-force' }), [
    'tcp/445 public no',
  ]);
  t.assert.deepEqual(said({ kind: 'udp-scan', ports: [53, 0] }), ['udp/53 public no']);
  t.assert.deepEqual(said({ kind: 'slow-scan' }), ['tcp/22 public no', 'udp/22 public no']);
});

test('what says nothing of a port from outside says nothing', (t: TestContext) => {
  for (const of of [
    { isOurs: true },
    { sources: [] },
    { kind: 'protocol-scan' as const, ports: [47] },
    { kind: 'arp-sweep' as const, ports: [] },
  ])
    t.assert.deepEqual(said(of), []);
  const foreign: OcsfEvent = { ...told(), unmapped: { detection: { kind: 'connect-scan', ports: 'all' } } };
  t.assert.deepEqual(scansOf(foreign), []);
  for (const kind of Object.keys(KINDS) as DetectionKind[])
    t.assert.ok(said({ kind }).every((text) => /^(tcp|udp)\/22 public no$/.test(text)));
});

test('one question for all machines over all pages, then only for what is new, and all of it again after a day', async (t: TestContext) => {
  let nowMs = NOW;
  const queries: EventQuery[] = [];
  const answers: OcsfEvent[][] = [
    [told({ atMs: NOW - 86_400_000 }), told({ assetId: 'b', ports: [80] })],
    [told({ atMs: NOW - SEEN_WITHIN_MS + 1_000, ports: [25] })],
  ];
  const context = testServerContext({
    now: () => nowMs,
    searchEvents: async (_tenant, query) => {
      queries.push(query);
      const events = answers.shift() ?? [];
      return { events, nextCursor: queries.length === 1 ? 'more' : null, matchedCount: events.length };
    },
  });
  const ports = async (assetId: string) =>
    ((await seenScans(context, tenant)).get(assetId) ?? []).map(({ port }) => port);
  t.assert.deepEqual(await ports('a'), [22, 25]);
  t.assert.deepEqual([await ports('b'), await ports('c')], [[80], []]);
  t.assert.deepEqual(
    queries.map(({ cursor, classUids, assetId }) => [cursor, classUids, assetId]),
    [
      [undefined, [4_001], undefined],
      ['more', [4_001], undefined],
    ],
  );
  nowMs += 600_000;
  answers.push([told({ atMs: nowMs, ports: [443] })]);
  // What is older than 30 days by now is not told any more.
  t.assert.deepEqual(await ports('a'), [22, 443]);
  t.assert.equal(queries[2]?.fromMs, NOW - 3_600_000);
  nowMs += 86_400_000;
  answers.push([told({ atMs: nowMs, ports: [8_443] })]);
  t.assert.deepEqual(await ports('a'), [8_443]);
  t.assert.equal(queries[3]?.fromMs, nowMs - SEEN_WITHIN_MS);
});

test('another tenant has its own', async (t: TestContext) => {
  const context = testServerContext({
    now: () => NOW,
    searchEvents: async ({ tenantId }) => {
      const events = tenantId === 'local' ? [told()] : [];
      return { events, nextCursor: null, matchedCount: events.length };
    },
  });
  t.assert.equal((await seenScans(context, tenant)).size, 1);
  t.assert.equal((await seenScans(context, grantTenantScope('other'))).size, 0);
});
