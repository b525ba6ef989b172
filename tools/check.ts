/**
 * `npm run check`: everything static and the unit tests, two at a time, in well under a minute. `--static` leaves the
 * unit tests to who counts them.
 */
import { spawn } from 'node:child_process';
import { unitStage } from './stages.ts';

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const node = process.execPath;
const bin = (name: string): string => `node_modules/.bin/${name}`;
const PARALLEL = 2;

const unit = unitStage();
const STEPS: readonly Step[] = [
  {
    name: 'unit tests',
    command: node,
    args: [
      '--test',
      '--test-isolation=none',
      '--test-reporter=spec',
      `--test-timeout=${unit.timeoutMs}`,
      ...unit.files,
    ],
  },
  { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--deny-warnings', '.'] },
  { name: 'types (node)', command: bin('tsc'), args: ['-p', 'tsconfig.node.json'] },
  { name: 'types (browser)', command: bin('tsc'), args: ['-p', 'tsconfig.browser.json'] },
  { name: 'types (shared)', command: bin('tsc'), args: ['-p', 'tsconfig.shared.json'] },
  { name: 'format', command: bin('biome'), args: ['check', '--error-on-warnings', '.'] },
  { name: 'dead code', command: node, args: ['node_modules/knip/bin/knip.js', '--no-progress'] },
];

const STATIC = process.argv.includes('--static');

const startedAt = performance.now();
const wanted = STEPS.filter(({ name }) => !STATIC || name !== 'unit tests');
const waiting = [...wanted];
const failed: string[] = [];
await Promise.all(Array.from({ length: PARALLEL }, work));
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
console.log(
  failed.length === 0
    ? `check: all of ${wanted.length} hold, ${seconds} s`
    : `check: failed: ${failed.join(', ')}, ${seconds} s`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const from = performance.now();
    const { code, output } = await capture(step);
    const took = `${((performance.now() - from) / 1_000).toFixed(1)} s`;
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name.padEnd(18)} ${took}`);
    if (code === 0) continue;
    failed.push(step.name);
    console.log(output);
  }
}

function capture(step: Step): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(step.command, step.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}
