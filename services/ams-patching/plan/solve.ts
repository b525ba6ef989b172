/** The program, solved level by level with HiGHS; each level keeps what the ones before it reached. */
import * as library from 'highs';
import type { Assignment } from './assign.ts';
import { Model } from './model.ts';
import { LEVELS, type Level } from './objective.ts';
import type { Problem, Task } from './problem.ts';
import { sequence } from './sequence.ts';

export interface LevelResult {
  readonly level: Level;
  /** What the solver reached, and what it proved that nobody can fall below. */
  readonly value: number;
  readonly bound: number;
  readonly isProven: boolean;
}
export interface Solved {
  readonly assignment: Assignment;
  readonly levels: readonly LevelResult[];
}

/** Its types are those of a CommonJS module, whose default is the module; what runs is its loader. */
const loadHighs = library.default as unknown as typeof library.default.default;

/** A program with more choices than this is left to the heuristic: it would take the time that there is to be read. */
export const CHOICES_MAX = 60_000;
/** Of the time that is left when each level begins; the first are worth most. */
const SHARES = [0.4, 0.6, 0.6, 1];
const TOLERANCE = 1e-6;
/** How often it is asked again because a slot could not be laid out; what is left then is repaired. */
const CUTS_MAX = 8;
/** `primal_solution_status` of a solution that keeps every row. */
const FEASIBLE = 2;

/**
 * @param start a plan that is known: the solver has something to show from the first moment on
 * @returns undefined where the program is too large, or nothing was found in time
 */
export async function solve(
  problem: Problem,
  start: Assignment,
  seconds: number,
): Promise<Solved | undefined> {
  const model = new Model(problem);
  if (model.choices.length === 0 || model.choices.length > CHOICES_MAX) return undefined;
  const highs = await (loaded ??= loadHighs());
  const until = performance.now() + seconds * 1_000;
  const begin = model.valuesOf(start);
  const first = levelsOf(highs, model, begin, until);
  let { values } = first;
  for (let cuts = 0; cuts < CUTS_MAX; cuts += 1) {
    const misfits = misfitsOf(problem, model.assignmentOf(values));
    if (misfits.length === 0) break;
    for (const { tasks, slot } of misfits) model.forbid(tasks, slot);
    const again = levelsOf(highs, model, begin, until);
    if (again.levels.length === 0) break;
    ({ values } = again);
  }
  // What is proved without cuts holds for every plan; with them only for those that are laid out as here.
  return first.levels.length === 0
    ? undefined
    : { assignment: model.assignmentOf(values), levels: first.levels };
}

function levelsOf(
  highs: Highs,
  model: Model,
  start: Float64Array,
  until: number,
): { readonly values: Float64Array; readonly levels: readonly LevelResult[] } {
  const levels: LevelResult[] = [];
  const kept: { readonly costs: Float64Array; readonly upper: number }[] = [];
  let values = start;
  for (const [index, level] of LEVELS.entries()) {
    const left = (until - performance.now()) / 1_000;
    const share = left * (SHARES[index] ?? 1);
    if (share < 0.05) break;
    const { columns, constant } = model.costs(level);
    const done = run(highs, model, { costs: columns, constant, kept, values, seconds: share });
    if (done === undefined) break;
    values = done.values;
    levels.push({ level, value: done.value, bound: done.bound, isProven: done.isProven });
    kept.push({
      costs: columns,
      upper: done.value - constant + TOLERANCE * Math.max(1, Math.abs(done.value)),
    });
  }
  return { values, levels };
}

/** Slots whose minutes are enough, and in which they still cannot be laid out. */
function misfitsOf(
  problem: Problem,
  assignment: Assignment,
): readonly { readonly tasks: readonly Task[]; readonly slot: number }[] {
  const inSlot = Map.groupBy(
    problem.tasks.filter(({ index }) => assignment[index] !== undefined),
    ({ index }) => assignment[index] as number,
  );
  return [...inSlot].flatMap(([slot, tasks]) => {
    const at = problem.slots[slot];
    return at === undefined || sequence(problem, at, tasks) !== undefined ? [] : [{ tasks, slot }];
  });
}

/** Compiled once; each run has an instance of its own. */
let loaded: ReturnType<typeof loadHighs> | undefined;

type Highs = Awaited<ReturnType<typeof loadHighs>>;

function run(
  highs: Highs,
  model: Model,
  at: {
    readonly costs: Float64Array;
    readonly constant: number;
    readonly kept: readonly { readonly costs: Float64Array; readonly upper: number }[];
    readonly values: Float64Array;
    readonly seconds: number;
  },
):
  | {
      readonly values: Float64Array;
      readonly value: number;
      readonly bound: number;
      readonly isProven: boolean;
    }
  | undefined {
  const rows = [
    ...model.rows,
    ...at.kept.map(({ costs, upper }) => ({
      lower: -highs.infinity,
      upper,
      terms: [...costs.entries()].filter(([, cost]) => cost !== 0),
    })),
  ];
  const starts = new Int32Array(rows.length + 1);
  for (const [index, { terms }] of rows.entries()) starts[index + 1] = (starts[index] ?? 0) + terms.length;
  const count = model.columnCount;
  const instance = highs.createModel({
    numCols: count,
    numRows: rows.length,
    offset: at.constant,
    colCost: at.costs,
    colLower: new Float64Array(count),
    colUpper: new Float64Array(count).fill(1),
    rowLower: Float64Array.from(rows, ({ lower }) => lower),
    rowUpper: Float64Array.from(rows, ({ upper }) => upper),
    matrix: {
      format: 'csr',
      numRows: rows.length,
      numCols: count,
      starts,
      indices: Int32Array.from(rows.flatMap(({ terms }) => terms.map(([column]) => column))),
      values: Float64Array.from(rows.flatMap(({ terms }) => terms.map(([, value]) => value))),
    },
    integrality: Array.from({ length: count }, () => highs.constants.variableType.integer),
  });
  try {
    // One thread and one seed: the same input, the same plan, but for the time that a limit cuts off.
    instance.options.set({ output_flag: false, time_limit: at.seconds, mip_rel_gap: 1e-6, random_seed: 0 });
    instance.setSolution({ colValue: at.values });
    instance.run();
    if (Number(instance.info.get('primal_solution_status')) !== FEASIBLE) return undefined;
    const value = instance.getObjectiveValue();
    const bound = Number(instance.info.get('mip_dual_bound'));
    return {
      values: instance.getSolution().colValue,
      value,
      bound: Number.isFinite(bound) ? bound : -Infinity,
      isProven: Math.abs(value - bound) <= 1e-5 * Math.max(1, Math.abs(value)),
    };
  } finally {
    instance.dispose();
  }
}
