/** An agent that puts rules on trial in a process of its own, on a host of a test: to be killed or stopped at any time. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPair, type Pair } from './namespace.ts';

const TRIAL = fileURLToPath(new URL('./trial.ts', import.meta.url));
/** Until what must happen has happened, on a machine that others keep busy. */
export const PATIENCE_MS = 60_000;

export interface TrialAgent {
  readonly process: ChildProcess;
  /** The next line that begins so, or an error when the process ends before. */
  line(begin: string): Promise<string>;
}

export function startTrial(pair: Pair, directory: string, ...args: readonly string[]): TrialAgent {
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

export function isLockedOut({ inside, hostAddress }: Pair): boolean {
  try {
    inside('peer', ['ping', '-c', '1', '-W', '1', hostAddress]);
    return false;
  } catch {
    return true;
  }
}

export async function untilOpen(pair: Pair): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) if (!isLockedOut(pair)) return true;
  return false;
}

export async function killed({ process: child }: TrialAgent): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A host behind its own cable, a state directory, and rules of somebody else that must stay as they are. */
export function scene(t: TestContext): {
  readonly pair: Pair;
  readonly directory: string;
  others(): string;
} {
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
