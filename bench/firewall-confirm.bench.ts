/**
 * A hundred trials of a policy that locks everybody out: a third nobody confirms, a third lose their agent to kill -9
 * at some moment, a third lose agent and watchdog as in a reboot and start again. Each must be open again with the
 * rules before it, and the rules of others untouched. In namespaces of its own; needs root.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPair, type Pair } from '../services/host-firewall/testing/namespace.ts';
import { ratio, show, smoke } from './support/measure.ts';

const TRIAL = fileURLToPath(new URL('../services/host-firewall/testing/trial.ts', import.meta.url));
const TRIALS = smoke ? 3 : 100;
const WINDOW_SECONDS = 2;
/** Between two namespaces of one machine; a busy one takes longer. */
const ANSWER_SECONDS_MAX = 0.3;
const PATIENCE_MS = 30_000;
const KINDS = ['nobody confirms', 'agent killed', 'everything killed, then a start'] as const;

const answers = (pair: Pair): boolean => {
  try {
    pair.inside('peer', ['ping', '-c', '1', '-W', String(ANSWER_SECONDS_MAX), pair.hostAddress]);
    return true;
  } catch {
    return false;
  }
};

/** @returns seconds from being locked out until the host answers again; `null` when it never did */
async function trial(pair: Pair, directory: string, kind: (typeof KINDS)[number]): Promise<number | null> {
  const agent = pair.start('host', [process.execPath, TRIAL, directory, String(WINDOW_SECONDS)], 'pipe');
  if (agent.stdout === null) throw new Error('a pipe was asked for');
  let isApplied = false;
  createInterface(agent.stdout).on('line', (line) => {
    isApplied ||= line.startsWith('applied');
  });
  const gone = once(agent, 'exit');
  while (!isApplied && agent.exitCode === null) await sleep(10);
  if (!isApplied) throw new Error('the change was not applied');
  const startedAt = performance.now();
  if (answers(pair)) throw new Error('the policy locks nobody out, so the trial shows nothing');
  if (kind === 'agent killed') agent.kill('SIGKILL');
  if (kind === 'everything killed, then a start') {
    pair.powerOff();
    pair.inside('host', [process.execPath, TRIAL, directory, '0', 'recover']);
  }
  while (performance.now() - startedAt < PATIENCE_MS)
    if (answers(pair)) {
      const tookSeconds = (performance.now() - startedAt) / 1_000;
      // The watchdog may still be writing down what it did.
      await sleep(100);
      agent.kill('SIGKILL');
      await gone;
      return tookSeconds;
    }
  return null;
}

using pair = openPair();
pair.inside('host', [
  'nft',
  'add table inet others; add chain inet others c { type filter hook input priority 5; }; add rule inet others c tcp dport 9 drop',
]);
const others = (): string => pair.inside('host', ['nft', 'list', 'table', 'inet', 'others']);
const before = others();
const took = new Map<string, number[]>(KINDS.map((kind) => [kind, []]));
let held = 0;
for (let count = 0; count < TRIALS; count += 1) {
  const kind = KINDS[count % KINDS.length] ?? KINDS[0];
  const directory = mkdtempSync(join(tmpdir(), 'demarc-bench-'));
  const seconds = await trial(pair, directory, kind);
  if (seconds !== null && others() === before) held += 1;
  if (seconds !== null) took.get(kind)?.push(seconds);
  rmSync(directory, { recursive: true, force: true });
}
for (const [kind, seconds] of took) if (seconds.length > 0) show(`  ${kind}, open again after`, seconds);
console.log(`${held} of ${TRIALS} trials came back to the rules before, window ${WINDOW_SECONDS} s`);
ratio('trials that came back', held / TRIALS, '1.00');
if (held !== TRIALS) process.exitCode = 1;
