import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPair, type Pair } from '../testing/namespace.ts';
import { ChangeFiles } from './pending.ts';

const TRIAL = fileURLToPath(new URL('../testing/trial.ts', import.meta.url));
const SECONDS = 3;
/** Until what must happen has happened, on a machine that others keep busy. */
const PATIENCE_MS = 60_000;

interface Agent {
  readonly process: ChildProcess;
  /** The next line that begins so, or an error when the process ends before. */
  line(begin: string): Promise<string>;
}

function startAgent(pair: Pair, directory: string, ...args: readonly string[]): Agent {
  const child = pair.start('host', [process.execPath, TRIAL, directory, ...args], 'pipe');
  const lines: string[] = [];
  const { stdout } = child;
  if (stdout === null) throw new Error('a pipe was asked for');
  createInterface(stdout).on('line', (line) => lines.push(line));
  return {
    process: child,
    line: async (begin) => {
      const until = Date.now() + PATIENCE_MS;
      while (Date.now() < until) {
        const found = lines.find((line) => line.startsWith(begin));
        if (found !== undefined) return found;
        if (child.exitCode !== null || child.signalCode !== null) break;
        await sleep(20);
      }
      throw new Error(`no line "${begin}": ${lines.join(' | ')}`);
    },
  };
}

function isLockedOut({ inside, hostAddress }: Pair): boolean {
  try {
    inside('peer', ['ping', '-c', '1', '-W', '1', hostAddress]);
    return false;
  } catch {
    return true;
  }
}

async function untilOpen(pair: Pair): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) if (!isLockedOut(pair)) return true;
  return false;
}

async function killed({ process: child }: Agent): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A host behind its own cable, a state directory, and rules of somebody else that must stay as they are. */
function scene(t: TestContext): { readonly pair: Pair; readonly directory: string; others(): string } {
  const pair = openPair();
  const directory = mkdtempSync(join(tmpdir(), 'demarc-firewall-'));
  t.after(() => {
    pair[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  pair.inside('host', [
    'nft',
    'add table inet others; add chain inet others c { type filter hook input priority 5; }; add rule inet others c tcp dport 9 drop',
  ]);
  return { pair, directory, others: () => pair.inside('host', ['nft', 'list', 'table', 'inet', 'others']) };
}

test('a lock-out takes itself back when its agent is killed', async (t: TestContext) => {
  const { pair, directory, others } = scene(t);
  const before = others();
  const agent = startAgent(pair, directory, String(SECONDS));
  await agent.line('applied');
  t.assert.ok(isLockedOut(pair));
  await killed(agent);
  t.assert.ok(await untilOpen(pair));
  t.assert.equal(others(), before);
});

test('a lock-out takes itself back when nobody confirms it', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  await startAgent(pair, directory, String(SECONDS)).line('applied');
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
  const agent = startAgent(pair, directory, String(SECONDS));
  await agent.line('applied');
  agent.process.stdin?.write('confirm\n');
  await agent.line('confirmed');
  await sleep(SECONDS * 1_000 + 1_000);
  t.assert.ok(isLockedOut(pair));
  t.assert.deepEqual(readdirSync(directory), ['confirmed.json']);
  await killed(agent);
  pair.inside('host', ['nft', 'delete', 'table', 'inet', 'demarc']);
  t.assert.equal(isLockedOut(pair), false);
  t.assert.match(await startAgent(pair, directory, '0', 'recover').line('recovered'), /"restored":true/);
  t.assert.ok(isLockedOut(pair));
});

test('a reboot during the trial brings back what was confirmed before', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  const agent = startAgent(pair, directory, '3600');
  await agent.line('applied');
  await killed(agent);
  // The watchdog, with the machine.
  pair.powerOff();
  t.assert.ok(isLockedOut(pair));
  const said = await startAgent(pair, directory, '0', 'recover').line('recovered');
  t.assert.match(said, /"reverted":\["/);
  t.assert.equal(isLockedOut(pair), false);
  t.assert.deepEqual(readdirSync(directory), ['reverted.json']);
});

test('a second change waits until the first is settled', async (t: TestContext) => {
  const { pair, directory } = scene(t);
  const agent = startAgent(pair, directory, '3600', 'open');
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
