import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Turns } from './turns.ts';

test('batches of one asset go one after the other, in the order they came', async (t: TestContext) => {
  const turns = new Turns();
  const order: string[] = [];
  const batch = (name: string) =>
    turns.take('t', 'a', async () => {
      order.push(`${name} begins`);
      await delay(5);
      order.push(`${name} ends`);
    });
  await Promise.all([batch('1'), batch('2'), batch('3')]);
  t.assert.deepEqual(order, ['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
});

test('a sender that does not wait is sent away, and may come again', async (t: TestContext) => {
  const turns = new Turns();
  const wait = () => turns.take('t', 'a', () => delay(10));
  const waiting = [wait(), wait(), wait()];
  await t.assert.rejects(wait(), { code: 'SIEM_BUSY', retryable: true });
  await turns.take('t', 'other asset', async () => undefined);
  await Promise.all(waiting);
  await wait();
});

test('only so many at once, and everyone has a turn', async (t: TestContext) => {
  const turns = new Turns();
  let running = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 40 }, (_, asset) =>
      turns.take('t', String(asset), async () => {
        running += 1;
        most = Math.max(most, running);
        await delay(1);
        running -= 1;
      }),
    ),
  );
  t.assert.equal(most, 8);
  t.assert.equal(turns.running, 0);
});

test('work that fails lets the next one in', async (t: TestContext) => {
  const turns = new Turns();
  await t.assert.rejects(
    turns.take('t', 'a', () => Promise.reject(new Error('no'))),
    /no/,
  );
  t.assert.equal(await turns.take('t', 'a', async () => 7), 7);
});
