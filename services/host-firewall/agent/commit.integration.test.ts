import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLockedOut, killed, PATIENCE_MS, scene, startTrial, untilOpen } from '../testing/trial-agent.ts';
import { ChangeFiles } from './pending.ts';

const SECONDS = 3;

test('a lock-out takes itself back when its agent is killed', async (t: TestContext) => {
  const { pair, directory, others } = scene(t);
  const before = others();
  const agent = startTrial(pair, directory, String(SECONDS));
  await agent.line('applied');
  t.assert.ok(isLockedOut(pair));
  await killed(agent);
  t.assert.ok(await untilOpen(pair));
  t.assert.equal(others(), before);
});

test('a lock-out takes itself back when nobody confirms it', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  await startTrial(pair, directory, String(SECONDS)).line('applied');
  t.assert.ok(isLockedOut(pair));
  t.assert.ok(await untilOpen(pair));
  const files = new ChangeFiles(directory);
  const until = Date.now() + PATIENCE_MS;
  while (files.unsettled().length > 0 && Date.now() < until) await sleep(20);
  t.assert.match(files.lastReverted()?.because ?? '', /not confirmed in time/);
  t.assert.equal(files.confirmed(), null);
});

test('what is confirmed stays, also over a start, and comes back after a reboot', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  const agent = startTrial(pair, directory, String(SECONDS));
  await agent.line('applied');
  agent.process.stdin?.write('confirm\n');
  await agent.line('confirmed');
  await sleep(SECONDS * 1_000 + 1_000);
  t.assert.ok(isLockedOut(pair));
  t.assert.deepEqual(readdirSync(directory), ['confirmed.json']);
  await killed(agent);
  pair.inside('host', ['nft', 'delete', 'table', 'inet', 'demarc']);
  t.assert.equal(isLockedOut(pair), false);
  t.assert.match(await startTrial(pair, directory, '0', 'recover').line('recovered'), /"restored":true/);
  t.assert.ok(isLockedOut(pair));
});

test('a reboot during the trial brings back what was confirmed before', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  const agent = startTrial(pair, directory, '3600');
  await agent.line('applied');
  await killed(agent);
  // The watchdog, with the machine.
  pair.powerOff();
  t.assert.ok(isLockedOut(pair));
  const said = await startTrial(pair, directory, '0', 'recover').line('recovered');
  t.assert.match(said, /"reverted":\["/);
  t.assert.equal(isLockedOut(pair), false);
  t.assert.deepEqual(readdirSync(directory), ['reverted.json']);
});

test('a second change waits until the first is settled', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  const agent = startTrial(pair, directory, '3600', 'open');
  await agent.line('applied');
  const files = new ChangeFiles(directory);
  t.assert.equal(files.unsettled().length, 1);
  await t.assert.rejects(
    (await import('./commit.ts')).apply(
      files,
      { run: () => Promise.reject(new Error('never asked')), inTurn: (work) => work() },
      { nftables: [] },
      5,
      { file: process.execPath, args: [] },
    ),
    { code: 'HFW_CHANGE_PENDING' },
  );
  agent.process.stdin?.write('confirm\n');
  await agent.line('confirmed');
  t.assert.equal(files.unsettled().length, 0);
});
