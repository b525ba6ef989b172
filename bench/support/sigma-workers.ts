/** Two threads against one, each with its own engine from the same tables, beside a control that only parses. */
import { loadavg } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Tables } from '../../platform/sigma/engine/engine.ts';
import { median, ratio, smoke } from './measure.ts';
import type { WorkerDone, WorkerTask } from './sigma-worker.ts';

const SECONDS = smoke ? 0.5 : 3;
const ROUNDS = smoke ? 1 : 5;

interface Rate {
  /** Events per second of wall time, all threads together. */
  readonly wall: number;
  /** Events per second of a thread's own CPU time. */
  readonly cpu: number;
}

async function rateOf(workers: number, lines: Uint8Array, tables: Tables | undefined): Promise<Rate> {
  const workerData: WorkerTask = { tables, lines, seconds: SECONDS };
  const all = Array.from(
    { length: workers },
    () => new Worker(new URL('./sigma-worker.ts', import.meta.url), { workerData }),
  );
  const answers = (): Promise<readonly unknown[]> =>
    Promise.all(all.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await answers();
  const done = answers();
  for (const worker of all) worker.postMessage('go');
  const results = (await done) as readonly WorkerDone[];
  await Promise.all(all.map((worker) => worker.terminate()));
  const events = results.reduce((sum, one) => sum + one.events, 0);
  return { wall: events / SECONDS, cpu: events / results.reduce((sum, one) => sum + one.cpuSeconds, 0) };
}

/**
 * A machine that is busy gives two threads less than twice what it gives one, whatever they do: the control,
 * in turns with the engine, says how much this one gave.
 */
export async function compareWorkers(tables: Tables, lines: Uint8Array): Promise<void> {
  const engine: { one: Rate; two: Rate }[] = [];
  const control: { one: Rate; two: Rate }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    control.push({ one: await rateOf(1, lines, undefined), two: await rateOf(2, lines, undefined) });
    engine.push({ one: await rateOf(1, lines, tables), two: await rateOf(2, lines, tables) });
    const [load = 0] = loadavg();
    console.log(
      `  round ${round + 1}, load average ${load.toFixed(1)}: engine ${said(engine.at(-1))}; JSON.parse ${said(control.at(-1))}`,
    );
  }
  const of = (rates: typeof engine, by: keyof Rate): number =>
    median(rates.map(({ one, two }) => two[by] / one[by]));
  ratio('two workers / one, wall time', of(engine, 'wall'), '>= 1.8, stretch 1.9');
  ratio('two workers / one, control: JSON.parse only', of(control, 'wall'), 'what the machine gives');
  ratio('two workers / one, for each second of CPU', of(engine, 'cpu'), 'recorded, 1 is nothing shared');
  ratio('the same of the control', of(control, 'cpu'), 'recorded');
}

function said(rates: { one: Rate; two: Rate } | undefined): string {
  if (rates === undefined) return '';
  const { one, two } = rates;
  return `${Math.round(one.wall / 1_000)}k → ${Math.round(two.wall / 1_000)}k events/s (${(two.wall / one.wall).toFixed(2)})`;
}
