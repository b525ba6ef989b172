/** CPU time of this thread, sides in turns: a machine that is busy slows all of them alike. */
import { median, smoke } from './measure.ts';

const ROUNDS = smoke ? 1 : 9;
/** So that the clock's steps (4 ms) do not count. */
const MEASURED_MS_MIN = smoke ? 20 : 120;

export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export type Sides = Readonly<Record<string, () => unknown>>;

/** Milliseconds of CPU per run of each side, A B C A B C; the first round warms up. */
export function measured(sides: Sides): ReadonlyMap<string, number> {
  const all = new Map<string, number[]>(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(sides)) {
      const from = cpuMs();
      let runs = 0;
      do {
        run();
        runs += 1;
      } while (cpuMs() - from < MEASURED_MS_MIN);
      if (round > 0) all.get(name)?.push((cpuMs() - from) / runs);
    }
  }
  return new Map([...all].map(([name, values]) => [name, median(values)]));
}
