import { type TestContext, test } from 'node:test';
import { grantTenantScope } from '@demarc/platform/tenancy/grant';
import { Watchers } from './publish.ts';

const here = grantTenantScope('here');
const there = grantTenantScope('there');
const message = (reason: number) => ({ kind: 'matrix', reason: String(reason) }) as const;

test('a reader hears its own tenant only, in order', async (t: TestContext) => {
  const watchers = new Watchers();
  using mine = watchers.watch(here);
  watchers.publish(there, message(1));
  watchers.publish(here, message(2));
  watchers.publish(here, message(3));
  t.assert.deepEqual(await mine?.take(0), [message(2), message(3)]);
  t.assert.deepEqual(await mine?.take(0), []);
});

test('a reader that is too slow loses the oldest, and is told how many', async (t: TestContext) => {
  const watchers = new Watchers();
  using slow = watchers.watch(here);
  for (let at = 0; at < 1_200; at += 1) watchers.publish(here, message(at));
  const taken = (await slow?.take(0)) ?? [];
  t.assert.deepEqual(taken[0], { kind: 'dropped', count: 200 });
  t.assert.deepEqual([taken[1], taken.at(-1), taken.length], [message(200), message(1_199), 1_001]);
  t.assert.equal(watchers.dropped, 200);
});

test('a reader waits for what comes, and not for ever', async (t: TestContext) => {
  const watchers = new Watchers();
  using reader = watchers.watch(here);
  const soon = reader?.take(5_000);
  watchers.publish(here, message(1));
  t.assert.deepEqual(await soon, [message(1)]);
});

test('readers are bounded, and one that leaves makes room', (t: TestContext) => {
  const watchers = new Watchers();
  const readers = Array.from({ length: 500 }, () => watchers.watch(here));
  t.assert.equal(watchers.watch(there), undefined);
  readers[0]?.[Symbol.dispose]();
  readers[0]?.[Symbol.dispose]();
  t.assert.ok(watchers.watch(there) !== undefined);
  t.assert.equal(watchers.count, 500);
});
