import { type TestContext, test } from 'node:test';
import type { OcsfEvent } from '@demarc/platform/contract/agent';
import type { EventQuery, ServerRoomContext } from '@demarc/platform/contract/server';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { flowToOcsf } from '../agent/to-ocsf.ts';
import { hostFirewallServer } from './server.ts';

const tenant = grantTenantScope('00000000-0000-4000-8000-000000000001');
const host = {
  assetId: '00000000-0000-4000-8000-00000000000a',
  hostname: 'h',
  machineId: 'm',
  os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' },
} as const;
const flow = (destinationPort: number, connections: number): OcsfEvent =>
  flowToOcsf(
    {
      family: 4,
      source: '203.0.113.9',
      destination: '10.0.0.2',
      protocol: 6,
      destinationPort,
      direction: 'in',
      firstAtMs: 1_700_000_000_000,
      lastAtMs: 1_700_000_000_000,
      connections,
    },
    host,
  );

async function ask(path: string, given: object, pages: readonly (readonly OcsfEvent[])[] = []) {
  const route = hostFirewallServer.routes.find((one) => one.path === path);
  if (route === undefined) throw new Error(`no route ${path}`);
  const queries: EventQuery[] = [];
  const context = {
    now: () => 1_700_000_000_000,
    searchEvents: async (_tenant, query) => {
      const events = pages[queries.push(query) - 1] ?? [];
      return {
        events,
        nextCursor: queries.length < pages.length ? 'more' : null,
        matchedCount: events.length,
      };
    },
  } as Partial<ServerRoomContext> as ServerRoomContext;
  const body = route.body?.parse(given);
  const answer = await route.handle(context, tenant, {
    params: {},
    query: {},
    body,
    accountId: 'a',
    accountName: 'Ann',
    speaksFor: () => true,
  });
  return { answer: route.response.parse(answer), queries };
}

test('a simulation says which recorded flows would fare otherwise, over all pages', async (t: TestContext) => {
  const policy = {
    defaultAction: { in: 'deny' },
    rules: [
      {
        id: 'web',
        direction: 'in',
        action: 'allow',
        protocol: 'tcp',
        destinationPorts: [443],
        context: 'here',
      },
    ],
    // In force as the recorded flows show that the machine has this address.
    contexts: { here: { localAddresses: ['10.0.0.2'] } },
  };
  const { answer, queries } = await ask(
    'firewall/simulate',
    { assetId: host.assetId, policy, from: '2023-11-14T00:00:00.000Z', to: '2023-11-15T00:00:00.000Z' },
    [[flow(443, 3)], [flow(5_432, 7)]],
  );
  const { flows, considered, isPartial } = answer as {
    flows: { count: number; before: string; after: string; because: string; event: OcsfEvent }[];
    considered: number;
    isPartial: boolean;
  };
  t.assert.deepEqual(
    flows.map(({ count, before, after, because }) => [count, before, after, because]),
    [[7, 'accept', 'drop', 'no rule decides; the default in is deny']],
  );
  t.assert.deepEqual(flows[0]?.event, flow(5_432, 7));
  t.assert.deepEqual([considered, isPartial], [2, false]);
  t.assert.deepEqual(
    queries.map(({ assetId, cursor, classUids }) => [assetId, cursor, classUids]),
    [
      [host.assetId, undefined, [4_001]],
      [host.assetId, 'more', [4_001]],
    ],
  );
});

test('a check finds a shadowed rule, and refuses what would take too long', async (t: TestContext) => {
  const rule = (id: string, action: string): object => ({
    id,
    direction: 'in',
    action,
    protocol: 'tcp',
    destinationPorts: [22],
  });
  const { answer } = await ask('firewall/check', {
    policy: { rules: [rule('a', 'deny'), rule('b', 'allow')] },
  });
  t.assert.match(JSON.stringify(answer), /"kind":"shadowed"[^{]*"with":\["a"\]/);
  const rules = Array.from({ length: 1_001 }, (_, index) => rule(`r${index}`, 'deny'));
  await t.assert.rejects(ask('firewall/check', { policy: { rules } }), { code: 'HFW_CHECK_TOO_LARGE' });
});

test('an explanation names the rule that decides', async (t: TestContext) => {
  const policy = { mode: 'inline', defaultAction: { in: 'deny' } };
  const { answer } = await ask('firewall/explain', {
    policy,
    packet: 'tcp 203.0.113.9:40000 > 10.0.0.2:22 in',
  });
  const packet = { protocol: 'tcp', source: '203.0.113.9', destination: '10.0.0.2', destinationPort: 22 };
  t.assert.deepEqual((await ask('firewall/explain', { policy, packet })).answer, answer);
  t.assert.deepEqual(answer, {
    verdict: 'drop',
    judged: 'drop',
    rule: null,
    because: 'no rule decides; the default in is deny',
    logged: [':default'],
  });
});
