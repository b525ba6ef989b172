/** How patient the watchdog is, with real processes and the kernel's own record of who changed its rules. Needs root. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pair } from '../testing/namespace.ts';
import {
  isLockedOut,
  PATIENCE_MS,
  scene,
  startTrial,
  type TrialAgent,
  untilOpen,
} from '../testing/trial-agent.ts';
import { ChangeFiles } from './pending.ts';

const WINDOW_SECONDS = 8;
const SHORT_SECONDS = 3;
/** Of the window, for an agent that others keep from its work. */
const STOPPED_MS = 4_000;
/** By then the watchdog and the agent's own timer have both had their time. */
const SETTLED_MS = 4_000;

/** Each transaction of the host's kernel from now on: the process that made it. */
async function changesOf(pair: Pair): Promise<readonly string[]> {
  const monitor = pair.start('host', ['stdbuf', '-oL', 'nft', 'monitor'], 'pipe');
  if (monitor.stdout === null) throw new Error('a pipe was asked for');
  const makers: string[] = [];
  createInterface(monitor.stdout).on('line', (line) => {
    const [, maker] = /^# new generation \d+ by process (\d+) /.exec(line) ?? [];
    if (maker !== undefined) makers.push(maker);
  });
  // Until the kernel tells it of one, there is no saying that it listens.
  for (const until = Date.now() + PATIENCE_MS; makers.length === 0 && Date.now() < until; await sleep(50))
    pair.inside('host', ['nft', 'add table inet heard; delete table inet heard']);
  await sleep(500);
  makers.length = 0;
  return makers;
}

function watchdogsOf({ host }: Pair): readonly string[] {
  return execFileSync('ip', ['netns', 'pids', host], { encoding: 'utf8' })
    .split('\n')
    .filter((pid) => pid !== '' && /watchdog\.ts/.test(commandOf(pid)));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function deadlineOf(directory: string): number {
  const [name = ''] = readdirSync(directory).filter((file) => file.startsWith('pending-'));
  const { deadlineMs } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as { deadlineMs: number };
  return deadlineMs;
}

async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + PATIENCE_MS; Date.now() < endMs; await sleep(20)) if (holds()) return;
  throw new Error('it never came to be so');
}

async function confirmedOpen(pair: Pair, directory: string): Promise<void> {
  const agent = startTrial(pair, directory, '60', 'open');
  await agent.line('applied');
  agent.process.stdin?.write('confirm\nend\n');
  await agent.line('confirmed');
  // Its own watchdog waits for nothing any more.
  for (const pid of watchdogsOf(pair)) process.kill(Number(pid), 'SIGKILL');
}

const ask = async ({ process: child, line }: TrialAgent, answer: string): Promise<string> => {
  child.stdin?.write('confirm\n');
  return line(answer);
};

test('an agent that is slow but there within its time is waited for', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  const agent = startTrial(pair, directory, String(WINDOW_SECONDS));
  await agent.line('applied');
  const deadlineMs = deadlineOf(directory);
  const makers = await changesOf(pair);
  agent.process.kill('SIGSTOP');
  await sleep(Math.min(STOPPED_MS, deadlineMs - Date.now() - 1_500));
  t.assert.ok(isLockedOut(pair));
  agent.process.kill('SIGCONT');
  await ask(agent, 'confirmed');
  t.assert.ok(Date.now() < deadlineMs, 'this machine was too busy for the test to mean anything');
  await sleep(Math.max(0, deadlineMs - Date.now()) + SETTLED_MS);
  t.assert.ok(isLockedOut(pair), 'what was confirmed in time stays');
  t.assert.deepEqual(makers, [], 'nobody touched the rules');
  t.assert.deepEqual(readdirSync(directory), ['confirmed.json']);
  await until(() => watchdogsOf(pair).length === 0);
});

test('an agent that is stopped beyond its time finds the rules taken back, once, not before, by the watchdog', async (t: TestContext) => {
  const { pair, directory, others } = scene(t);
  const theirs = others();
  await confirmedOpen(pair, directory);
  const agent = startTrial(pair, directory, String(SHORT_SECONDS));
  const { id } = await applied(agent);
  const deadlineMs = deadlineOf(directory);
  agent.process.kill('SIGSTOP');
  const makers = await changesOf(pair);
  const [watchdog] = watchdogsOf(pair);
  t.assert.ok(await untilOpen(pair));
  t.assert.ok(Date.now() >= deadlineMs, `${deadlineMs - Date.now()} ms before its time`);
  const files = new ChangeFiles(directory);
  await until(() => files.unsettled().length === 0);
  const reverted = files.lastReverted();
  t.assert.equal(reverted?.id, id);
  t.assert.equal(reverted?.because, 'it was not confirmed in time');
  agent.process.kill('SIGCONT');
  // Its own timer was due meanwhile, too.
  t.assert.equal(await ask(agent, 'too-late'), 'too-late');
  await sleep(SETTLED_MS);
  t.assert.deepEqual(makers, [watchdog], 'one transaction, and it was the watchdog’s');
  t.assert.deepEqual(files.lastReverted(), reverted);
  t.assert.deepEqual(watchdogsOf(pair), [], 'nothing is left that could fire again');
  t.assert.equal(isLockedOut(pair), false);
  t.assert.equal(others(), theirs);
});

test('an agent that was stopped before the kernel heard of the rules cannot bring them once their time is over', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  const agent = startTrial(pair, directory, String(SHORT_SECONDS), 'lock-out', 'stopped');
  const files = new ChangeFiles(directory);
  await until(() => files.lastReverted() !== null && files.unsettled().length === 0);
  t.assert.equal(isLockedOut(pair), false, 'it did not come to that');
  agent.process.kill('SIGCONT');
  await t.assert.rejects(agent.line('applied'), /no line "applied"/);
  t.assert.equal(isLockedOut(pair), false);
  t.assert.equal(pair.inside('host', ['nft', 'list', 'tables']).includes('demarc'), false);
});

async function applied(agent: TrialAgent): Promise<{ readonly id: string }> {
  return { id: (await agent.line('applied')).split(' ')[1] ?? '' };
}
