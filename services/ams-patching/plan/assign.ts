/** Changes into slots, one after the other in the order that they have to keep; what fits nowhere is left out. */
import type { Problem, Slot, Task } from './problem.ts';
import { sequence } from './sequence.ts';

/** Slot of each task by its index; undefined where it has none. */
export type Assignment = readonly (number | undefined)[];

/** What is worth most has its choice first. */
const DECISIONS = ['immediate', 'out-of-cycle', 'scheduled', 'defer'];

/**
 * Each change into the first slot that is left for it, or into the one that is preferred, where it fits.
 *
 * @param preferred tried before all others
 */
export function assign(problem: Problem, preferred: Assignment = []): Assignment {
  const chosen: (number | undefined)[] = problem.tasks.map(() => undefined);
  const inSlot = new Map<number, Task[]>();
  const hasWish = ({ index }: Task): boolean => preferred[index] !== undefined;
  const tasks = byWorth(problem);
  // Whoever was given a place has it first: the others take what is left.
  for (const task of [...tasks.filter(hasWish), ...tasks.filter((each) => !hasWish(each))]) {
    const wish = preferred[task.index];
    const order = wish === undefined ? task.slots : [wish, ...task.slots.filter((slot) => slot !== wish)];
    const found = order.find((slot) => mayGo(problem, task, slot, chosen, inSlot));
    if (found === undefined) continue;
    chosen[task.index] = found;
    inSlot.set(found, [...(inSlot.get(found) ?? []), task]);
  }
  return chosen;
}

const PASSES_MAX = 4;

/**
 * Each change earlier, where there is room for it: nothing is late that was not, and the risk is less. What comes after
 * it only gains by that.
 */
export function earlier(problem: Problem, assignment: Assignment): Assignment {
  const chosen = [...assignment];
  const inSlot = Map.groupBy(
    problem.tasks.filter(({ index }) => chosen[index] !== undefined),
    ({ index }) => chosen[index] as number,
  );
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    let moved = 0;
    for (const task of byWorth(problem)) {
      const now = chosen[task.index];
      const found = task.slots.find(
        (slot) => (now === undefined || slot < now) && mayGo(problem, task, slot, chosen, inSlot),
      );
      if (found === undefined) continue;
      if (now !== undefined)
        inSlot.set(
          now,
          (inSlot.get(now) ?? []).filter((each) => each !== task),
        );
      inSlot.set(found, [...(inSlot.get(found) ?? []), task]);
      chosen[task.index] = found;
      moved += 1;
    }
    if (moved === 0) break;
  }
  return chosen;
}

/** In an order that keeps what comes before what; among those that are free, the more urgent first. */
function byWorth({ tasks }: Problem): readonly Task[] {
  const worth = (task: Task): readonly number[] => [
    DECISIONS.indexOf(task.change.decision),
    task.dueMs,
    -task.change.riskPerDay,
    task.index,
  ];
  const depth = new Map<number, number>();
  for (const task of tasks)
    depth.set(task.index, Math.max(0, ...task.before.map(({ change }) => (depth.get(change) ?? 0) + 1)));
  return tasks.toSorted((a, b) => {
    const levels = (depth.get(a.index) ?? 0) - (depth.get(b.index) ?? 0);
    if (levels !== 0) return levels;
    const [x, y] = [worth(a), worth(b)];
    return x.map((value, at) => value - (y[at] ?? 0)).find((difference) => difference !== 0) ?? 0;
  });
}

function mayGo(
  problem: Problem,
  task: Task,
  slotIndex: number,
  chosen: Assignment,
  inSlot: ReadonlyMap<number, readonly Task[]>,
): boolean {
  const slot = problem.slots[slotIndex];
  if (slot === undefined || !comesAfter(problem, task, slot, chosen)) return false;
  if (isElsewhere(problem, task, slot, inSlot)) return false;
  return sequence(problem, slot, [...(inSlot.get(slotIndex) ?? []), task]) !== undefined;
}

/** In a window that overlaps this one: the host itself, or another of its cluster. */
function isElsewhere(
  { slots }: Problem,
  { host }: Task,
  slot: Slot,
  inSlot: ReadonlyMap<number, readonly Task[]>,
): boolean {
  for (const [index, tasks] of inSlot) {
    const other = slots[index];
    if (other === undefined || index === slot.index) continue;
    if (other.startMs >= slot.endMs || other.endMs <= slot.startMs) continue;
    if (
      tasks.some(
        (each) =>
          each.host.id === host.id || (host.cluster !== undefined && each.host.cluster === host.cluster),
      )
    )
      return true;
  }
  return false;
}

export function comesAfter({ slots }: Problem, { before }: Task, slot: Slot, chosen: Assignment): boolean {
  return before.every(({ change, gapMs, mayShareSlot }) => {
    const other = slots[chosen[change] ?? -1];
    if (other === undefined) return false;
    if (other.index === slot.index) return mayShareSlot;
    return other.endMs + gapMs <= slot.startMs;
  });
}
