/** Interleaved runs, medians, ratios: what every benchmark here prints. */

export const smoke = process.argv.includes('--smoke');

export interface Side {
  readonly name: string;
  /** Runs once; returns seconds when it measures itself, otherwise the wall time is taken. */
  run(): Promise<number | undefined>;
}

/** Rounds that do not count; a smoke run, of which no figure counts, has none. */
export const WARM_UPS = smoke ? 0 : 1;

/** A B C A B C …; the first round is a warm-up. */
export async function interleaved(
  sides: readonly Side[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const seconds = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < WARM_UPS + rounds; round += 1) {
    for (const { name, run } of sides) {
      const startedAt = performance.now();
      const own = await run();
      if (round >= WARM_UPS) seconds.get(name)?.push(own ?? (performance.now() - startedAt) / 1_000);
    }
  }
  return seconds;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

export function show(name: string, values: readonly number[], extra = ''): void {
  const [low, mid, high] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
    value.toFixed(3),
  );
  console.log(`${name.padEnd(44)} median ${mid} s  (min ${low}, max ${high}, n ${values.length}) ${extra}`);
}

export function ratio(what: string, value: number, goal: string): void {
  console.log(`RATIO ${what}: ${value.toFixed(2)} (goal ${goal})`);
}
