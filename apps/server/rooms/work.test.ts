import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';
import { testServerContext } from '@demarc/platform/contract/testing';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { RoomWorkSchedule } from './work.ts';

function scheduleOf(work: ServerRoom['work'], clock: { ms: number }, said: string[] = [], stopMsMax = 1_000) {
  const room = { service: { id: 'a-room' }, routes: [], migrations: {}, work } as unknown as ServerRoom;
  const contexts = new Map<string, ServerRoomContext>([['a-room', testServerContext({})]]);
  return new RoomWorkSchedule({
    rooms: [room],
    contexts,
    tenants: async () => [grantTenantScope('first'), grantTenantScope('second')],
    now: () => clock.ms,
    log: (line) => void said.push(line),
    stopMsMax,
  });
}
/** Looks once and waits until everything that was due is done. */
async function looked(schedule: RoomWorkSchedule): Promise<void> {
  schedule.look();
  await pause(5);
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

test('what hangs holds up no other work and no other tenant, and is not begun twice', async (t: TestContext) => {
  const done: string[] = [];
  const said: string[] = [];
  const clock = { ms: 1_000_000 };
  const hang = Promise.withResolvers<void>();
  const deliver = {
    tenant: async (_: unknown, { tenantId }: { tenantId: string }) => {
      done.push(`deliver ${tenantId}`);
      if (tenantId === 'first') await hang.promise;
    },
  };
  const scan = { installation: async () => void done.push('scan') };
  await using schedule = scheduleOf(
    [
      { name: 'deliver', everySeconds: 10, waitSeconds: 0.02, of: deliver },
      { name: 'scan', everySeconds: 10, of: scan },
    ],
    clock,
    said,
  );
  await looked(schedule);
  t.assert.deepEqual(done, ['scan', 'deliver first']);
  await pause(40);
  t.assert.deepEqual(done.splice(0), ['scan', 'deliver first', 'deliver second']);
  t.assert.match(said.join(), /a-room deliver of first takes longer than 0\.02 s/);
  clock.ms += 10_000;
  await looked(schedule);
  t.assert.deepEqual(done.splice(0), ['scan', 'deliver second']);
  t.assert.equal(said.length, 1, 'it is said once');
  hang.resolve();
  await looked(schedule);
  clock.ms += 10_000;
  await looked(schedule);
  t.assert.deepEqual(done, ['scan', 'deliver first', 'deliver second']);
});

test('a stop waits for what is at work, and begins nothing else', async (t: TestContext) => {
  const done: string[] = [];
  const slow = Promise.withResolvers<void>();
  const of = {
    tenant: async (_: unknown, { tenantId }: { tenantId: string }) => {
      await slow.promise;
      done.push(tenantId);
    },
  };
  const schedule = scheduleOf([{ name: 'feeds', everySeconds: 60, of }], { ms: 1 });
  await looked(schedule);
  const over = schedule[Symbol.asyncDispose]();
  slow.resolve();
  await over;
  schedule.look();
  t.assert.deepEqual(done, ['first']);
});

test('a stop does not wait for ever', async () => {
  const of = { installation: () => new Promise<void>(() => undefined) };
  const schedule = scheduleOf([{ name: 'feeds', everySeconds: 60, of }], { ms: 1 }, [], 10);
  await looked(schedule);
  await Promise.all([schedule[Symbol.asyncDispose](), pause(20)]);
});
