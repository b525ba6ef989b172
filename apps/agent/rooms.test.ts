import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineService } from '@demarc/platform/contract';
import type { AgentRoom } from '@demarc/platform/contract/agent';
import * as z from 'zod';
import { Rooms } from './rooms.ts';

const service = defineService({
  id: 'a-room',
  title: 'A room',
  policy: z.strictObject({}),
  emits: [1],
  evidences: [],
});
const bought = [{ serviceId: 'a-room', policyVersion: '1', policy: {}, orders: [] }];

async function withRooms(
  room: Partial<AgentRoom>,
  work: (rooms: Rooms, did: readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'demarc-rooms-'));
  const did: string[] = [];
  const rooms = new Rooms({
    rooms: [
      {
        service,
        start: async () => ({
          apply: async () => void did.push('applied'),
          health: () => ({ state: 'healthy', because: 'well', sinceMs: 0 }),
          [Symbol.asyncDispose]: async () => void did.push('disposed'),
        }),
        withdraw: async () => void did.push('withdrawn'),
        ...room,
      },
    ],
    host: {
      assetId: 'a',
      hostname: 'h',
      machineId: 'm',
      os: { name: 'Debian', version: '12', kernel: '6', family: 'debian' },
    },
    directory,
    entry: new URL('file:///nowhere'),
    server: new URL('https://127.0.0.1'),
    reachServer: async () => true,
    append: async () => undefined,
    dropped: () => undefined,
    sign: () => '',
    verify: () => true,
    log: (line) => void did.push(line),
  });
  try {
    await work(rooms, did);
  } finally {
    await rooms.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  return did;
}

test('a room that is no longer bought is withdrawn once, after it ended', async (t: TestContext) => {
  const did = await withRooms({}, async (rooms) => {
    for (const policies of [bought, [], [], bought]) {
      rooms.reconcile(policies);
      await sleep(20);
    }
  });
  t.assert.deepEqual(did, ['applied', 'disposed', 'withdrawn', 'applied', 'disposed']);
});

test('a stop leaves what a room put on the machine', async (t: TestContext) => {
  const did = await withRooms({}, async (rooms) => {
    rooms.reconcile(bought);
    await sleep(20);
    // Asked for in the same moment: a stop is no end of the service.
    rooms.reconcile(bought);
  });
  t.assert.deepEqual(did, ['applied', 'disposed']);
});

test('a service that ended while the agent was away is withdrawn at its start', async (t: TestContext) => {
  const did = await withRooms({}, async (rooms) => {
    rooms.reconcile([]);
    await sleep(20);
  });
  t.assert.deepEqual(did, ['withdrawn']);
});

test('what could not be withdrawn is tried again, later', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  let attempts = 0;
  const withdraw = async (): Promise<void> => {
    attempts += 1;
    if (attempts === 1) throw new Error('not now');
  };
  await withRooms({ withdraw }, async (rooms, did) => {
    rooms.reconcile([]);
    rooms.reconcile([]);
    await sleep(100);
    t.assert.equal(attempts, 1, 'not at once');
    t.assert.deepEqual(did, ['a-room: failed']);
    t.mock.timers.tick(1_500);
    rooms.reconcile([]);
    await sleep(100);
    t.assert.equal(attempts, 1, 'nor too soon');
    t.mock.timers.tick(1_000);
    for (let waited = 0; attempts < 2 && waited < 100; waited += 1) {
      rooms.reconcile([]);
      await sleep(20);
    }
    t.assert.equal(attempts, 2);
  });
});
