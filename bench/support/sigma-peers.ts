/**
 * The engine against closures, each kind of closures in a process that runs nothing else: V8 makes code for
 * what it has seen, and closures that share a process with others, or texts cut out of YAML files, run up to
 * four times slower than they can.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { Engine, type Tables } from '../../platform/sigma/engine/engine.ts';
import type { DetectionRule } from '../../platform/sigma/ir.ts';
import { measured } from './interleaved-cpu.ts';
import { closuresFor, loweredClosuresFor } from './sigma-closures.ts';
import type { FlatEvent } from './windows-events.ts';

interface Task {
  readonly isLowered: boolean;
  readonly tables: Tables;
  /** Those of the log source. */
  readonly rules: readonly DetectionRule[];
  readonly lines: Uint8Array;
}

export interface PeerTimes {
  /** Milliseconds for all lines, by side. */
  readonly times: readonly (readonly [string, number])[];
  readonly matches: { readonly engine: number; readonly closures: number };
}

export const PARSE = 'JSON.parse of the same lines';
export const CLOSURES = 'closures, with JSON.parse';
export const ENGINE = 'bytes to matches, trained';

export function measurePeer(task: Task): PeerTimes {
  const folder = mkdtempSync(join(tmpdir(), 'demarc-sigma-peers-'));
  try {
    const file = join(folder, 'task');
    writeFileSync(file, serialize(task));
    const output = execFileSync(
      process.execPath,
      [import.meta.filename, file, ...process.argv.filter((argument) => argument === '--smoke')],
      { encoding: 'utf8' },
    );
    return JSON.parse(output) as PeerTimes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run({ isLowered, tables, rules, lines }: Task): PeerTimes {
  const engine = Engine.fromTables(tables);
  const closures = isLowered ? loweredClosuresFor(rules) : closuresFor(rules);
  const texts = Buffer.from(lines).toString('utf8').trim().split('\n');
  const countAll = (): number =>
    texts.reduce((sum, text) => sum + closures(JSON.parse(text) as FlatEvent), 0);
  const times = measured({
    [PARSE]: () => {
      for (const text of texts) JSON.parse(text);
    },
    [CLOSURES]: countAll,
    [ENGINE]: () => engine.matchLines(lines),
  });
  return {
    times: [...times],
    matches: { engine: engine.matchLines(lines).line.length, closures: countAll() },
  };
}

if (import.meta.main)
  console.log(JSON.stringify(run(deserialize(readFileSync(process.argv[2] ?? '')) as Task)));
