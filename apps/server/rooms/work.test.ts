import { type TestContext, test } from 'node:test';
import type { ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { RoomWorkSchedule } from './work.ts';

function scheduleOf(work: ServerRoom['work'], clock: { ms: number }, said: string[] = []) {
  const room = { service: { id: 'a-room' }, routes: [], migrations: {}, work } as unknown as ServerRoom;
  const contexts = new Map<string, ServerRoomContext>([['a-room', testServerContext({})]]);
  return new RoomWorkSchedule({
    rooms: [room],
    contexts,
    tenants: async () => [grantTenantScope('first'), grantTenantScope('second')],
    now: () => clock.ms,
    log: (line) => void said.push(line),
  });
}
/** Looks once and waits until everything that was due is done. */
async function looked(schedule: RoomWorkSchedule): Promise<void> {
  schedule.look();
  await new Promise((resolve) => setTimeout(resolve, 5));
}

test('work is done for each tenant, and not again before it is due', async (t: TestContext) => {
  const clock = { ms: 1_000_000 };
  const done: string[] = [];
  const of = { tenant: async (_: unknown, { tenantId }: { tenantId: string }) => void done.push(tenantId) };
  await using schedule = scheduleOf([{ name: 'match', everySeconds: 60, of }], clock);
  await looked(schedule);
  await looked(schedule);
  t.assert.deepEqual(done, ['first', 'second']);
  clock.ms += 60_000;
  await looked(schedule);
  t.assert.equal(done.length, 4);
});

test('what fails for one tenant is said, and keeps no other from its turn', async (t: TestContext) => {
  const done: string[] = [];
  const said: string[] = [];
  const of = {
    tenant: async (_: unknown, { tenantId }: { tenantId: string }) => {
      if (tenantId === 'first') throw new Error('the store is away');
      done.push(tenantId);
    },
  };
  await using schedule = scheduleOf([{ name: 'match', everySeconds: 60, of }], { ms: 1 }, said);
  await looked(schedule);
  t.assert.deepEqual(done, ['second']);
  t.assert.match(said[0] ?? '', /a-room match of first failed/);
});

test('a stop waits for what is at work, and begins nothing else', async (t: TestContext) => {
  const done: string[] = [];
  const slow = Promise.withResolvers<void>();
  const of = {
    installation: async () => {
      await slow.promise;
      done.push('slow');
    },
  };
  const after = { installation: async () => void done.push('after') };
  const schedule = scheduleOf(
    [
      { name: 'feeds', everySeconds: 60, of },
      { name: 'reports', everySeconds: 60, of: after },
    ],
    { ms: 1 },
  );
  await looked(schedule);
  const over = schedule[Symbol.asyncDispose]();
  slow.resolve();
  await over;
  t.assert.deepEqual(done, ['slow']);
});
