/**
 * Memory as the product has it: one process reads the rules and compiles them, another that has never seen
 * YAML holds the tables and what findings say of the rules. Each runs this file and says what it took.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import {
  compileTables,
  Engine,
  type EngineOptions,
  type Tables,
} from '../../platform/sigma/engine/engine.ts';
import type { DetectionRule } from '../../platform/sigma/ir.ts';
import { loadRules } from '../../platform/sigma/rules/rules.ts';
import { BESIDE, OTHERWISE, RECOGNITIONS } from '../../platform/sigma/view/taxonomy.ts';
import { NAMES } from '../../platform/sigma/view/view.ts';
import { smoke } from './measure.ts';
import { sigmaHqFiles } from './sigma-rules.ts';

export const PRODUCT_OPTIONS: EngineOptions = {
  recognitions: RECOGNITIONS,
  otherwise: OTHERWISE,
  beside: BESIDE,
  names: NAMES,
};

interface Compiled {
  readonly tables: Tables;
  readonly rules: readonly DetectionRule[];
}

/** Megabytes; the peak is the most that was ever resident. */
export interface MemoryUsed {
  readonly compilerPeak: number;
  readonly engineResident: number;
  readonly enginePeak: number;
  readonly rules: number;
}

export function measureMemory(sample: Uint8Array, lines: Uint8Array): MemoryUsed {
  const folder = mkdtempSync(join(tmpdir(), 'demarc-sigma-memory-'));
  try {
    writeFileSync(join(folder, 'sample'), sample);
    writeFileSync(join(folder, 'lines'), lines);
    const compiler = runSelf('compile', folder);
    const engine = runSelf('run', folder);
    return {
      compilerPeak: compiler.peak,
      engineResident: engine.resident,
      enginePeak: engine.peak,
      rules: engine.rules,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Answer {
  readonly resident: number;
  readonly peak: number;
  readonly rules: number;
}

function runSelf(what: string, folder: string): Answer {
  return JSON.parse(
    execFileSync(process.execPath, [import.meta.filename, what, folder, ...(smoke ? ['--smoke'] : [])], {
      encoding: 'utf8',
    }),
  ) as Answer;
}

function compile(folder: string): number {
  const rules = loadRules(sigmaHqFiles()).detections.map((rule) => ({ ...rule, text: '' }));
  const sample = readFileSync(join(folder, 'sample'));
  const compiled: Compiled = { tables: compileTables(rules, { ...PRODUCT_OPTIONS, sample }), rules };
  writeFileSync(join(folder, 'compiled'), serialize(compiled));
  return rules.length;
}

function run(folder: string): Compiled & { readonly engine: Engine } {
  const compiled = deserialize(readFileSync(join(folder, 'compiled'))) as Compiled;
  const engine = Engine.fromTables(compiled.tables);
  engine.matchLines(readFileSync(join(folder, 'lines')));
  return { ...compiled, engine };
}

if (import.meta.main) {
  const [what, folder = ''] = process.argv.slice(2);
  const held = what === 'run' ? run(folder) : undefined;
  const rules = held?.rules.length ?? compile(folder);
  console.log(
    JSON.stringify({
      resident: process.memoryUsage().rss / 1e6,
      peak: (process.resourceUsage().maxRSS * 1_024) / 1e6,
      rules,
    } satisfies Answer),
  );
}
