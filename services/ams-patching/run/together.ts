/** Which packages have to be given to the manager together: what it cannot change one by one. */
import { listed } from './checks.ts';
import { beyond, type Direction, type Planned, type Target, targetsOf } from './driver.ts';
import { type JobPackage, keyOf } from './job.ts';

/** @returns the manager's complaint when it has no solution */
export type Simulate = (targets: readonly Target[]) => Promise<readonly Planned[] | string>;

/**
 * Packages of the job that the manager would take along come along, nothing else does.
 *
 * @param joiners who may come along
 * @returns with a problem: the seeds alone, and nothing may be applied
 */
export async function together(
  seeds: readonly JobPackage[],
  joiners: readonly JobPackage[],
  direction: Direction,
  simulate: Simulate,
): Promise<{ readonly items: readonly JobPackage[]; readonly problem?: string }> {
  const items = [...seeds];
  // Each round adds one at least.
  for (let round = 0; round <= joiners.length; round += 1) {
    const targets = targetsOf(items, direction);
    const planned = await simulate(targets);
    if (typeof planned === 'string') return { items: seeds, problem: planned };
    // Where no architecture is said it is the name that counts.
    const named = new Set(planned.map(({ name, arch }) => (arch === '' ? name : `${name}:${arch}`)));
    const isNamed = (item: JobPackage): boolean => named.has(keyOf(item)) || named.has(item.name);
    const joining = joiners.filter((item) => isNamed(item) && !items.includes(item));
    if (joining.length > 0) {
      items.push(...joining);
      continue;
    }
    const problems = beyond(planned, targets);
    return problems.length === 0
      ? { items }
      : { items: seeds, problem: `nothing was applied: the manager ${listed(problems)}` };
  }
  return { items: seeds, problem: 'the manager takes along ever more' };
}
