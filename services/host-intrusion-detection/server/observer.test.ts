import { type TestContext, test } from 'node:test';
import type { EventQuery, HostHealth, ServerRoomContext } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { canaryToOcsf } from '../canary.ts';
import { observer } from './observer.ts';

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const MINUTE_MS = 60_000;
const tenant = grantTenantScope('local');
const os = { name: 'Debian', version: '12', kernel: '6', family: 'debian' as const };
const event = (of: string) => ({ class_uid: 1, type_uid: 100, time: NOW, metadata: { uid: of } });

function heard(canarySetAtMs: number | undefined, more: Partial<HostHealth> = {}): HostHealth {
  const figures = canarySetAtMs === undefined ? {} : { canarySetAtMs };
  const health = { state: 'healthy' as const, because: 'watching', sinceMs: 0, figures };
  return { assetId: 'a', clockOffsetMs: 0, health, policyVersion: '1', ...more };
}
/** As it was stored: whose it is and when it came is what the server says. */
function stored(setAtMs: number, atMs: number) {
  const alarms = { network: event('network'), logs: event('logs'), processes: event('processes') };
  const canary = canaryToOcsf(alarms, setAtMs, { assetId: 'a', hostname: 'h', machineId: 'm', os });
  return { ...canary, metadata: { ...canary.metadata, logged_time: atMs } };
}
const contextOf = (given: Partial<ServerRoomContext>): ServerRoomContext =>
  testServerContext({
    now: () => NOW,
    isEntitled: async () => true,
    rulesMatching: async (_tenant, { metadata }) => [`a rule for ${metadata.uid}`],
    ...given,
  });

test('of old triggers, clocks that are far off and a room that stopped nothing is said, and nothing asked', async (t: TestContext) => {
  const stopped = {
    state: 'stopped' as const,
    because: 'told to',
    sinceMs: 0,
    figures: { canarySetAtMs: NOW },
  };
  const hosts = [
    heard(undefined),
    heard(NOW - 16 * MINUTE_MS),
    heard(NOW + 11 * MINUTE_MS, { clockOffsetMs: 11 * MINUTE_MS }),
    heard(NOW, { health: stopped }),
  ];
  t.assert.deepEqual(await observer.observe(contextOf({ hostHealth: async () => hosts }), tenant), []);
});

test('triggers are found on a later page, held against the machine’s clock, and said once', async (t: TestContext) => {
  const [aheadMs, setAtMs] = [5_000, NOW - MINUTE_MS];
  const pages = [[stored(setAtMs, NOW)], [stored(setAtMs + aheadMs, setAtMs + 3_000)]];
  const context = contextOf({
    hostHealth: async () => [heard(setAtMs + aheadMs, { clockOffsetMs: aheadMs })],
    searchEvents: async (_tenant, { cursor }) => {
      const at = Number(cursor ?? 0);
      return { events: pages[at] ?? [], nextCursor: at === 0 ? '1' : null, matchedCount: 2 };
    },
  });
  const [finding] = await observer.observe(context, tenant);
  t.assert.partialDeepStrictEqual(finding, {
    assetId: 'a',
    rule: 'VMS-08.3',
    result: 'pass',
    raw: { arrived: { rules: { logs: ['a rule for logs'] } } },
  });
  t.assert.match(finding?.because ?? '', /after 3 s/);
  t.assert.deepEqual(await observer.observe(context, tenant), []);
  t.assert.equal((await observer.observe(context, grantTenantScope('other'))).length, 1, 'to each tenant');
});

test('what a flood of such events hides is not looked for without end', async (t: TestContext) => {
  const queries: EventQuery[] = [];
  const context = contextOf({
    hostHealth: async () => [heard(NOW - 3 * MINUTE_MS)],
    searchEvents: async (_tenant, query) => {
      queries.push(query);
      return { events: [], nextCursor: 'more', matchedCount: 1_000_000 };
    },
  });
  t.assert.equal((await observer.observe(context, tenant))[0]?.result, 'fail');
  t.assert.equal(queries.length, 20);
  t.assert.ok(queries.every(({ limit }) => limit === 1_000));
});

test('of a machine for which nobody bought it nothing is said, and nothing asked', async (t: TestContext) => {
  const context = contextOf({
    hostHealth: async () => [heard(NOW - 3 * MINUTE_MS)],
    isEntitled: async () => false,
  });
  t.assert.deepEqual(await observer.observe(context, tenant), []);
});
