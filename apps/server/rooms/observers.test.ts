import { type TestContext, test } from 'node:test';
import type { EvidencePromise } from '@demarc/platform/contract';
import type { ServerRoom } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { roomSources } from './observers.ts';

const tenant = grantTenantScope('local');
const promise = (rule: string): EvidencePromise => ({ rule, everySeconds: 60, freshForSeconds: 900 });
const room = (id: string, partOf: string | undefined, rule?: string): ServerRoom =>
  ({
    service: { id, partOf },
    ...(rule === undefined
      ? {}
      : {
          observer: {
            rules: [promise(rule)],
            observe: async () => [{ rule, assetId: id, result: 'pass', because: 'it is so', raw: {} }],
          },
        }),
  }) as unknown as ServerRoom;
const asked = { tenant, nowMs: 0, look: async () => Promise.reject(new Error('rooms look at nothing')) };

test('rooms that are sold as one are one source of what each of them observes', async (t: TestContext) => {
  const rooms = [
    room('scanning', undefined, 'MGT-09.1'),
    room('intrusion', 'host', 'VMS-08.3'),
    room('firewall', 'host', 'VMS-07.1'),
    room('integrity', undefined),
  ];
  const sources = roomSources(rooms, () => testServerContext({}));
  t.assert.deepEqual(
    sources.map(({ id, rules }) => [id, rules.map(({ rule }) => rule)]),
    [
      ['scanning', ['MGT-09.1']],
      ['host', ['VMS-08.3', 'VMS-07.1']],
    ],
  );
  const found = await sources[1]?.observe(asked);
  t.assert.deepEqual(
    found?.map(({ assetId, rule }) => [assetId, rule]),
    [
      ['intrusion', 'VMS-08.3'],
      ['firewall', 'VMS-07.1'],
    ],
  );
});

test('before there is a context nothing is observed', async (t: TestContext) => {
  const [source] = roomSources([room('intrusion', 'host', 'VMS-08.3')], () => undefined);
  t.assert.deepEqual(await source?.observe(asked), []);
});
