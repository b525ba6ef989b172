import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { NetworkBlocking } from '@demarc/platform/contract/agent';
import type { Order } from '@demarc/platform/contract/orders';
import { testRoomContext } from '@demarc/platform/contract/testing';
import { Orders } from './orders.ts';

const START_MS = 1_764_000_000_000;
const order = (at: number, seconds: number): Order => ({
  id: `00000000-0000-4000-8000-00000000000${at}`,
  kind: 'isolate-host',
  what: {},
  by: 'Ada',
  because: 'a test',
  givenAtMs: START_MS,
  untilMs: START_MS + seconds * 1_000,
});

/** A firewall that comes and goes, and remembers what it was asked. */
function scene(t: TestContext) {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'demarc-orders-'));
  t.after(() => rmSync(stateDirectory, { recursive: true }));
  const clock = { now: START_MS };
  const asked: (readonly string[] | undefined)[] = [];
  const logged: string[] = [];
  const context = testRoomContext({
    stateDirectory,
    now: () => clock.now,
    log: (line) => void logged.push(line),
  });
  const firewall: NetworkBlocking = {
    drops: true,
    allowed: () => [],
    block: async () => undefined,
    unblock: async () => undefined,
    blocked: async () => [],
    isolate: async (except) => void asked.push(except),
  };
  const provide = (isThere: boolean) =>
    context.provide('network-blocking', isThere ? { ...firewall } : undefined);
  return { clock, asked, logged, provide, orders: () => new Orders(context, () => undefined) };
}

test('an isolation that is taken back while the firewall starts anew ends as soon as it is there', async (t) => {
  const { asked, logged, provide, orders: open } = scene(t);
  const orders = open();
  provide(true);
  await orders.carryOut([order(1, 3_600)]);
  assert.deepEqual(asked, [[]]);
  provide(false);
  await orders.carryOut([]);
  await orders.tick();
  await orders.tick();
  assert.deepEqual(logged, ['an order could not be undone'], 'said once');
  provide(true);
  await orders.tick();
  await orders.tick();
  assert.deepEqual(asked, [[], undefined]);
});

test('an isolation that was taken back while the agent was away ends once its firewall is there', async (t) => {
  const { asked, provide, orders: open } = scene(t);
  provide(true);
  await open().carryOut([order(1, 3_600)]);
  provide(false);
  const restarted = open();
  await restarted.carryOut([]);
  provide(true);
  await restarted.tick();
  assert.deepEqual(asked, [[], undefined]);
});

test('when its time is over the kernel has forgotten it, and nobody waits for a firewall that never comes', async (t) => {
  const { clock, asked, logged, provide, orders: open } = scene(t);
  provide(true);
  const orders = open();
  await orders.carryOut([order(1, 60)]);
  provide(false);
  clock.now += 61_000;
  await orders.tick();
  assert.deepEqual(logged, []);
  assert.deepEqual(orders.states[0]?.state, 'undone');
  assert.deepEqual(asked, [[]]);
});

test('of two isolations the end of one leaves the other, and a firewall that began anew is told of it', async (t) => {
  const { asked, provide, orders: open } = scene(t);
  provide(true);
  const orders = open();
  await orders.carryOut([order(1, 60), order(2, 3_600)]);
  await orders.carryOut([order(2, 3_600)]);
  assert.ok(!asked.includes(undefined));
  const before = asked.length;
  provide(true);
  await orders.tick();
  assert.equal(asked.length, before + 1);
  await orders.carryOut([]);
  assert.equal(asked.at(-1), undefined);
});
