/** Door: which change is done on which host in which window, why some are not, and how good that is. */
import { type Assignment, assign, comesAfter, earlier } from './assign.ts';
import { type PlannedSlot, violations } from './check.ts';
import { PlanInput } from './input.ts';
import { better, isLate, LEVELS, type Level, type Objective, objectiveOf } from './objective.ts';
import { planErrors } from './plan-errors.ts';
import { type Problem, problemOf, type Task } from './problem.ts';
import { sequence } from './sequence.ts';
import { solve } from './solve.ts';

export { type PlannedSlot, PlannedSlots, violations } from './check.ts';
export { PlanInput } from './input.ts';
export type { Objective } from './objective.ts';
export { planErrors } from './plan-errors.ts';
export { precedes } from './problem.ts';

export interface Plan {
  /** In the order of time; slots in which nothing is done are left out. */
  readonly slots: readonly PlannedSlot[];
  readonly unplaced: readonly {
    readonly change: string;
    readonly host: string;
    readonly because: readonly string[];
  }[];
  readonly late: readonly { readonly change: string; readonly due: string; readonly endsAt: string }[];
  readonly objective: Objective;
  /** What is proved that no plan can fall below which is as good in the levels before it; the first holds for every plan. */
  readonly bound: Partial<Objective>;
  /** (value − bound) / value of each level; 0 is the best that there is. */
  readonly gap: Partial<Objective>;
  readonly by: 'solver' | 'heuristic';
  /** By a checker that has no part in making it. */
  readonly violations: readonly string[];
}

const SECONDS_DEFAULT = 20;

/** @throws PLAN_INPUT_INVALID */
export function parsePlanInput(value: unknown): PlanInput {
  const parsed = PlanInput.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw planErrors.make('PLAN_INPUT_INVALID', {
    because: `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'not understood'}`,
  });
}

/**
 * @param seconds that the solver has; what it has by then counts
 * @throws PLAN_INPUT_INVALID, SCHEDULE_INVALID
 */
export async function plan(
  input: PlanInput,
  { seconds = SECONDS_DEFAULT }: { readonly seconds?: number } = {},
): Promise<Plan> {
  const problem = problemOf(input);
  const first = earlier(problem, assign(problem));
  const solved = seconds > 0 ? await solve(problem, first, seconds) : undefined;
  // The solver knows minutes, not the order within a slot: what does not fit there goes where it fits.
  const repaired = solved === undefined ? undefined : assign(problem, solved.assignment);
  const candidates = repaired === undefined ? [first] : [repaired, earlier(problem, repaired), first];
  const chosen = candidates.reduce((best, each) =>
    better(objectiveOf(problem, each), objectiveOf(problem, best)) ? each : best,
  );
  const objective = objectiveOf(problem, chosen);
  const slots = slotsOf(problem, chosen);
  const bound: Partial<Record<Level, number>> = {};
  const gap: Partial<Record<Level, number>> = {};
  for (const { level, bound: proven } of solved?.levels ?? []) {
    // Of what nothing is proved, nothing that follows is proved either.
    if (!Number.isFinite(proven)) break;
    bound[level] = Math.max(0, level === 'risk' ? Math.round(proven * 1e6) / 1e6 : Math.ceil(proven - 1e-6));
    gap[level] = gapOf(objective[level], bound[level]);
    // Where a level was not reached, those below it were asked under another condition.
    if (Math.abs(objective[level] - (solved?.levels.find((each) => each.level === level)?.value ?? 0)) > 1e-3)
      break;
  }
  return {
    slots,
    unplaced: problem.tasks
      .filter(({ index }) => chosen[index] === undefined)
      .map((task) => ({
        change: task.change.id,
        host: task.host.id,
        because: reasons(problem, task, chosen),
      })),
    late: problem.tasks.flatMap((task) => {
      const slot = problem.slots[chosen[task.index] ?? -1];
      return slot !== undefined && isLate(task, slot.endMs)
        ? [{ change: task.change.id, due: task.change.due, endsAt: new Date(slot.endMs).toISOString() }]
        : [];
    }),
    objective,
    bound,
    gap,
    by: chosen === first ? 'heuristic' : 'solver',
    violations: violations(input, slots),
  };
}

const gapOf = (value: number, bound: number): number =>
  value - bound <= 1e-6 ? 0 : Math.round((1e4 * (value - bound)) / Math.max(1, Math.abs(value))) / 1e4;

function slotsOf(problem: Problem, chosen: Assignment): readonly PlannedSlot[] {
  const inSlot = Map.groupBy(
    problem.tasks.filter(({ index }) => chosen[index] !== undefined),
    ({ index }) => chosen[index] as number,
  );
  return problem.slots.flatMap((slot) => {
    const tasks = inSlot.get(slot.index);
    if (tasks === undefined) return [];
    const blocks = sequence(problem, slot, tasks) ?? [];
    return [
      {
        window: slot.window,
        startsAt: new Date(slot.startMs).toISOString(),
        endsAt: new Date(slot.endMs).toISOString(),
        blocks: blocks.toSorted((a, b) => a.from - b.from || (a.host < b.host ? -1 : 1)),
      },
    ];
  });
}

const REASONS_MAX = 5;

/** Why it has no place: what its windows lack, what has to come first, or who has them already. */
function reasons(problem: Problem, task: Task, chosen: Assignment): readonly string[] {
  const own = [...task.refusals].map(([why, count]) => (count > 1 ? `${why} (${count} windows)` : why));
  if (task.slots.length === 0) return own.slice(0, REASONS_MAX);
  const ordered = task.slots.filter((slot) => {
    const at = problem.slots[slot];
    return at !== undefined && comesAfter(problem, task, at, chosen);
  });
  if (ordered.length === 0) {
    const first = task.before.map(({ change, why }) => {
      const other = problem.tasks[change];
      return chosen[change] === undefined
        ? `${why}, and ${other?.change.id} has no place itself`
        : `${why}; afterwards there is no window of ${task.host.id} left`;
    });
    return [...new Set([...first, ...own])].slice(0, REASONS_MAX);
  }
  const full = ordered.map((slot) => {
    const at = problem.slots[slot];
    const hosts = new Set(
      problem.tasks.filter(({ index }) => chosen[index] === slot).map(({ host }) => host.id),
    );
    return `${at?.window} of ${new Date(at?.startMs ?? 0).toISOString()} is full with ${hosts.size} hosts`;
  });
  return [...full, ...own].slice(0, REASONS_MAX);
}

export interface WhatIf {
  readonly before: Objective;
  readonly after: Objective;
  /** Changes that are elsewhere, or have a place now, or none any more. */
  readonly moved: readonly {
    readonly change: string;
    readonly from: string | null;
    readonly to: string | null;
  }[];
}

/** What another input would change: a longer window, a freeze, another host. */
export function whatIf(before: Plan, after: Plan): WhatIf {
  const [one, other] = [placesOf(before), placesOf(after)];
  const ids = [...new Set([...one.keys(), ...other.keys()])].sort();
  return {
    before: before.objective,
    after: after.objective,
    moved: ids
      .map((change) => ({ change, from: one.get(change) ?? null, to: other.get(change) ?? null }))
      .filter(({ from, to }) => from !== to),
  };
}

function placesOf({ slots }: Plan): ReadonlyMap<string, string> {
  return new Map(
    slots.flatMap(({ window, startsAt, blocks }) =>
      blocks.flatMap(({ changes }) =>
        changes.map((change): [string, string] => [change, `${window}@${startsAt}`]),
      ),
    ),
  );
}

export const OBJECTIVE_LEVELS: readonly Level[] = LEVELS;
