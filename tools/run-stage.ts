/** Runs test files with node's own runner and says what they counted. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from './count-reporter.ts';
import { runApart } from './run.ts';
import { AT_ONCE, type ProcessStage, type UnitStage } from './stages.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Result extends Counts {
  readonly ok: boolean;
  readonly failures: readonly Failure[];
}

/** Lanes beside each other. */
export async function runUnits({ lanes, timeoutMs }: UnitStage): Promise<Result> {
  return together(await Promise.all(lanes.map((files) => runFiles(files, 'none', timeoutMs))));
}

/** All stages at once, each lane in its order. @returns one result a stage */
export async function runProcesses(stages: readonly ProcessStage[]): Promise<readonly Result[]> {
  const results = stages.map((): Result[] => []);
  const one = async ({ file, at }: Waiting): Promise<void> => {
    const { timeoutMs = 0, urgent = [] } = stages[at] ?? {};
    results[at]?.push(await runFiles([file], 'process', timeoutMs, urgent.includes(file)));
  };
  const lanes = stages.flatMap((stage, at) =>
    stage.lanes.map((files) => files.map((file) => ({ file, at }))),
  );
  const shared = stages.flatMap((stage, at) => stage.shared.map((file) => ({ file, at })));
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, worker) => {
      const own = lanes[worker] ?? [];
      for (let next = own.shift() ?? shared.shift(); next !== undefined; next = own.shift() ?? shared.shift())
        await one(next);
    }),
  );
  return results.map(together);
}

interface Waiting {
  readonly file: string;
  /** Of its stage. */
  readonly at: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const together = (results: readonly Result[]): Result => ({
  passed: sum(results.map(({ passed }) => passed)),
  failed: sum(results.map(({ failed }) => failed)),
  skipped: sum(results.map(({ skipped }) => skipped)),
  ok: results.every(({ ok }) => ok),
  failures: results.flatMap(({ failures }) => failures),
});

/** Nearly ninety times the share of each that is beside; it and all that it starts. @see setpriority(2), sched(7) */
const BEFORE_OTHERS = ['-n', '-20'];

async function runFiles(
  files: readonly string[],
  isolation: 'none' | 'process',
  timeoutMs: number,
  isUrgent = false,
): Promise<Result> {
  const scratch = mkdtempSync(join(tmpdir(), 'demarc-counts-'));
  const countsFile = join(scratch, 'counts');
  const args = [
    '--test',
    `--test-isolation=${isolation}`,
    `--test-timeout=${timeoutMs}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/count-reporter.ts',
    `--test-reporter-destination=${countsFile}`,
    ...files,
  ];
  try {
    const startedAt = performance.now();
    const { code, output } = await (isUrgent
      ? runApart('nice', [...BEFORE_OTHERS, process.execPath, ...args])
      : runApart(process.execPath, args));
    // Whole, when it has ended: several speak at a time.
    if (isolation === 'process')
      console.log(`\n-- ${files.join(' ')}, ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
    console.log(output);
    const { counts, failures } = readReport(countsFile);
    // No summary means that the runner itself died: that is a failure, whatever passed before.
    return {
      ...(counts ?? { passed: 0, failed: 1, skipped: 0 }),
      ok: code === 0 && counts !== undefined,
      failures:
        counts === undefined
          ? [...failures, { name: files.join(' '), because: `the runner ended with ${code} and no summary` }]
          : failures,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readReport(file: string): {
  readonly counts: Counts | undefined;
  readonly failures: readonly Failure[];
} {
  if (!existsSync(file)) return { counts: undefined, failures: [] };
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly failure?: Failure; readonly counts?: Raw });
  const raw = lines.at(-1)?.counts;
  return {
    counts: raw && {
      passed: raw['passed'] ?? 0,
      failed: (raw['failed'] ?? 0) + (raw['cancelled'] ?? 0),
      skipped: (raw['skipped'] ?? 0) + (raw['todo'] ?? 0),
    },
    failures: lines.flatMap(({ failure }) => failure ?? []),
  };
}

type Raw = Readonly<Record<string, number>>;
