/** Runs one stage with node's own runner and says what it counted. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Stage } from './stages.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

type Result = Counts & { readonly ok: boolean };

export async function runStage(stage: Stage): Promise<Result> {
  const lanes = (stage.lanes ?? [stage.files]).filter((files) => files.length > 0);
  const results = await Promise.all(lanes.map((files) => runLane(stage, files)));
  if (stage.alone !== undefined && stage.alone.length > 0) results.push(await runLane(stage, stage.alone));
  return {
    passed: sum(results.map(({ passed }) => passed)),
    failed: sum(results.map(({ failed }) => failed)),
    skipped: sum(results.map(({ skipped }) => skipped)),
    ok: results.every(({ ok }) => ok),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

async function runLane(stage: Stage, files: readonly string[]): Promise<Result> {
  const scratch = mkdtempSync(join(tmpdir(), 'demarc-counts-'));
  const countsFile = join(scratch, 'counts');
  const args = [
    '--test',
    `--test-isolation=${stage.isolation}`,
    `--test-timeout=${stage.timeoutMs}`,
    // Engines and kernels do not share well: files of a lane run one after the other.
    '--test-concurrency=1',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/count-reporter.ts',
    `--test-reporter-destination=${countsFile}`,
    ...files,
  ];
  try {
    const code = await run(process.execPath, args);
    const counts = readCounts(countsFile);
    // No summary means that the runner itself died: that is a failure, whatever passed before.
    return { ...(counts ?? { passed: 0, failed: 1, skipped: 0 }), ok: code === 0 && counts !== undefined };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** As `./demarc` sets it: hundreds of processes read the same modules. */
const COMPILED = { NODE_COMPILE_CACHE: resolve('node_modules/.demarc-compiled') };

export function run(command: string, args: readonly string[], env = process.env): Promise<number> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...COMPILED, ...env } });
    child.once('error', reject);
    child.once('exit', (code, signal) => done(code ?? (signal === null ? 1 : 128)));
  });
}

/** The same, with what it prints kept together: for several at a time. */
export function runApart(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...COMPILED, ...process.env },
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => done({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

function readCounts(file: string): Counts | undefined {
  const last = readFileSync(file, 'utf8').trim().split('\n').at(-1);
  if (last === undefined || last === '') return undefined;
  const raw = JSON.parse(last) as Record<string, number>;
  return {
    passed: raw['passed'] ?? 0,
    failed: (raw['failed'] ?? 0) + (raw['cancelled'] ?? 0),
    skipped: (raw['skipped'] ?? 0) + (raw['todo'] ?? 0),
  };
}
