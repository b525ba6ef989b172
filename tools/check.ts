/**
 * `npm run check`: everything static and the unit tests, three at a time, in well under a minute. `--static` leaves the
 * unit tests to who counts them.
 */
import { runApart } from './run.ts';
import { unitStage } from './stages.ts';

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const node = process.execPath;
const bin = (name: string): string => `node_modules/.bin/${name}`;
/** One more than there are cores at least: tests wait now and then, and what checks types does not. */
const PARALLEL = 3;

const unit = unitStage();
const unitStep = (name: string, files: readonly string[]): Step => ({
  name,
  command: node,
  args: [
    '--test',
    '--test-isolation=none',
    '--test-reporter=spec',
    `--test-timeout=${unit.timeoutMs}`,
    ...files,
  ],
});
const UNIT = unit.lanes.map((files) => unitStep(files[0]?.split('/', 1)[0] ?? 'none', files));
/** What did not change since the last run is not looked at again. */
const typesOf = (runtime: string): readonly string[] => [
  '-p',
  `tsconfig.${runtime}.json`,
  '--incremental',
  '--tsBuildInfoFile',
  `node_modules/.demarc-types/${runtime}.tsbuildinfo`,
];
const STEPS: readonly Step[] = [
  ...UNIT,
  { name: 'lint', command: bin('oxlint'), args: ['--type-aware', '--deny-warnings', '.'] },
  { name: 'types (node)', command: bin('tsc'), args: typesOf('node') },
  { name: 'types (browser)', command: bin('tsc'), args: typesOf('browser') },
  { name: 'types (shared)', command: bin('tsc'), args: typesOf('shared') },
  { name: 'format', command: bin('biome'), args: ['check', '--error-on-warnings', '.'] },
  {
    name: 'dead code',
    command: node,
    args: [
      'node_modules/knip/bin/knip.js',
      '--no-progress',
      '--no-config-hints',
      '--cache',
      '--cache-location',
      'node_modules/.demarc-knip',
    ],
  },
];

const STATIC = process.argv.includes('--static');

const startedAt = performance.now();
const wanted = STEPS.filter((step) => !STATIC || !UNIT.includes(step));
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
    const { code, output } = await runApart(step.command, step.args);
    const took = `${((performance.now() - from) / 1_000).toFixed(1)} s`;
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name.padEnd(18)} ${took}`);
    if (code === 0) continue;
    failed.push(step.name);
    console.log(output);
  }
}
