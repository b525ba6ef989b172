/**
 * The plan as a mixed-integer program: which change goes into which slot. What happens within a slot is put into bounds
 * that every plan keeps (minutes of a host, of a cluster, of all that may work at once), so what the solver proves to be
 * the least is a bound for every plan.
 */

import type { Assignment } from './assign.ts';
import { isLate, isMoved, type Level, riskIn, UNPLACED_BREACHES } from './objective.ts';
import { minutesOf, type Problem, type Task } from './problem.ts';

export interface Column {
  readonly task: number;
  readonly slot: number;
}
interface Row {
  readonly lower: number;
  readonly upper: number;
  readonly terms: readonly (readonly [column: number, value: number])[];
}

/** Columns: a choice of a slot for each change, reboots of a host in a slot, slots that are used, who is in a slot. */
export class Model {
  readonly choices: readonly Column[];
  readonly #problem: Problem;
  readonly #of: ReadonlyMap<string, number>;
  readonly #reboots: ReadonlyMap<string, number>;
  readonly #used: ReadonlyMap<number, number>;
  readonly #present = new Map<string, number>();
  readonly #rows: Row[] = [];
  #columnCount: number;

  constructor(problem: Problem) {
    this.#problem = problem;
    this.choices = problem.tasks.flatMap((task) =>
      task.slots.map((slot): Column => ({ task: task.index, slot })),
    );
    this.#of = new Map(this.choices.map(({ task, slot }, index) => [`${task} ${slot}`, index]));
    let next = this.choices.length;
    const reboots = new Map<string, number>();
    const used = new Map<number, number>();
    for (const { task, slot } of this.choices) {
      const each = problem.tasks[task] as Task;
      const key = `${each.host.id} ${slot}`;
      if (each.change.needsReboot && !reboots.has(key)) reboots.set(key, next++);
    }
    for (const { slot } of this.choices) if (!used.has(slot)) used.set(slot, next++);
    [this.#reboots, this.#used, this.#columnCount] = [reboots, used, next];
    this.#onePlaceEach();
    this.#rebootsAndSlots();
    this.#capacities();
    this.#order();
    this.#overlaps();
  }

  get columnCount(): number {
    return this.#columnCount;
  }

  /** These do not fit into that slot together, whatever their minutes say. */
  forbid(tasks: readonly Task[], slot: number): void {
    this.#rows.push({
      lower: 0,
      upper: tasks.length - 1,
      terms: tasks.map((task) => [this.#column(task, slot), 1]),
    });
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** @returns cost of each column, and what no column can change */
  costs(level: Level): { readonly columns: Float64Array; readonly constant: number } {
    const { tasks, slots } = this.#problem;
    const columns = new Float64Array(this.columnCount);
    let constant = 0;
    if (level === 'effort') {
      for (const column of [...this.#reboots.values(), ...this.#used.values()]) columns[column] = 1;
      return { columns, constant };
    }
    const without = (task: Task): number =>
      level === 'breaches'
        ? UNPLACED_BREACHES
        : level === 'risk'
          ? riskIn(this.#problem, task, undefined)
          : Number(isMoved(this.#problem, task, undefined));
    for (const task of tasks) constant += without(task);
    for (const [index, { task: number, slot }] of this.choices.entries()) {
      const task = tasks[number] as Task;
      const cost =
        level === 'breaches'
          ? Number(isLate(task, slots[slot]?.endMs ?? 0))
          : level === 'risk'
            ? riskIn(this.#problem, task, slot)
            : Number(isMoved(this.#problem, task, slot));
      columns[index] = cost - without(task);
    }
    return { columns, constant };
  }

  /** Values of all columns for a plan that is known: where the solver begins. */
  valuesOf(chosen: Assignment): Float64Array {
    const values = new Float64Array(this.columnCount);
    for (const task of this.#problem.tasks) {
      const slot = chosen[task.index];
      if (slot === undefined) continue;
      const column = this.#of.get(`${task.index} ${slot}`);
      if (column !== undefined) values[column] = 1;
      const [reboot, used] = [this.#reboots.get(`${task.host.id} ${slot}`), this.#used.get(slot)];
      if (reboot !== undefined && task.change.needsReboot) values[reboot] = 1;
      if (used !== undefined) values[used] = 1;
      const present = this.#present.get(`${togetherOf(task)} ${slot}`);
      if (present !== undefined) values[present] = 1;
    }
    return values;
  }

  assignmentOf(values: Float64Array): Assignment {
    const chosen: (number | undefined)[] = this.#problem.tasks.map(() => undefined);
    for (const [index, { task, slot }] of this.choices.entries())
      if ((values[index] ?? 0) > 0.5) chosen[task] = slot;
    return chosen;
  }

  #onePlaceEach(): void {
    for (const task of this.#problem.tasks)
      if (task.slots.length > 0)
        this.#rows.push({
          lower: 0,
          upper: 1,
          terms: task.slots.map((slot) => [this.#column(task, slot), 1]),
        });
  }

  #rebootsAndSlots(): void {
    for (const [index, { task: number, slot }] of this.choices.entries()) {
      const task = this.#problem.tasks[number] as Task;
      const used = this.#used.get(slot);
      if (used !== undefined)
        this.#rows.push({
          lower: -1,
          upper: 0,
          terms: [
            [index, 1],
            [used, -1],
          ],
        });
      const reboot = this.#reboots.get(`${task.host.id} ${slot}`);
      if (reboot !== undefined && task.change.needsReboot)
        this.#rows.push({
          lower: -1,
          upper: 0,
          terms: [
            [index, 1],
            [reboot, -1],
          ],
        });
    }
  }

  #capacities(): void {
    const { slots, tasks, input } = this.#problem;
    const { maxConcurrent, maxConcurrentOfRole } = input.constraints;
    for (const slot of slots) {
      const here = tasks.filter((task) => task.slots.includes(slot.index));
      if (here.length === 0) continue;
      for (const list of Map.groupBy(here, ({ host }) => host.id).values())
        if (list.length > 1) this.#minutes(list, slot.index, slot.minutes);
      for (const [cluster, list] of Map.groupBy(here, ({ host }) => host.cluster))
        if (cluster !== undefined && list.length > 1) this.#minutes(list, slot.index, slot.minutes);
      for (const [role, list] of Map.groupBy(here, ({ host }) => host.role)) {
        const atOnce = maxConcurrentOfRole[role];
        if (atOnce !== undefined) this.#minutes(list, slot.index, slot.minutes * atOnce);
      }
      if (maxConcurrent !== undefined) this.#minutes(here, slot.index, slot.minutes * maxConcurrent);
      const reboots = [...new Set(here.map(({ host }) => host.id))].flatMap(
        (host) => this.#reboots.get(`${host} ${slot.index}`) ?? [],
      );
      if (reboots.length > slot.rebootBudget)
        this.#rows.push({ lower: 0, upper: slot.rebootBudget, terms: reboots.map((column) => [column, 1]) });
    }
  }

  /** Work of changes and reboots of hosts; a takeover is counted with the first change only, so it is left out. */
  #minutes(list: readonly Task[], slot: number, upper: number): void {
    const terms: (readonly [number, number])[] = list.map((task) => [
      this.#column(task, slot),
      task.change.minutes,
    ]);
    for (const host of new Map(list.map((task) => [task.host.id, task.host])).values()) {
      const reboot = this.#reboots.get(`${host.id} ${slot}`);
      if (reboot !== undefined) terms.push([reboot, host.rebootMinutes]);
    }
    const most = list.reduce((sum, { host, change }) => sum + minutesOf(host, [change]), 0);
    if (most > upper) this.#rows.push({ lower: 0, upper, terms });
  }

  #order(): void {
    const { tasks, slots } = this.#problem;
    for (const task of tasks)
      for (const { change, gapMs, mayShareSlot } of task.before) {
        const other = tasks[change] as Task;
        for (const slot of task.slots) {
          const start = slots[slot]?.startMs ?? 0;
          const early = other.slots.filter(
            (each) => (each === slot && mayShareSlot) || (slots[each]?.endMs ?? 0) + gapMs <= start,
          );
          this.#rows.push({
            lower: -1,
            upper: 0,
            terms: [
              [this.#column(task, slot), 1],
              ...early.map((each) => [this.#column(other, each), -1] as const),
            ],
          });
        }
      }
  }

  /** Nobody is in two windows at once, nor two of a cluster. */
  #overlaps(): void {
    const { slots, tasks } = this.#problem;
    for (const [together, list] of Map.groupBy(tasks, togetherOf)) {
      const of = [...new Set(list.flatMap((task) => task.slots))].sort((a, b) => a - b);
      const pairs = of.flatMap((a) =>
        of
          .filter((b) => b > a && (slots[b]?.startMs ?? 0) < (slots[a]?.endMs ?? 0))
          .map((b) => [a, b] as const),
      );
      for (const slot of new Set(pairs.flat())) {
        const present = this.#columnCount;
        this.#columnCount += 1;
        this.#present.set(`${together} ${slot}`, present);
        for (const task of list)
          if (task.slots.includes(slot))
            this.#rows.push({
              lower: -1,
              upper: 0,
              terms: [
                [this.#column(task, slot), 1],
                [present, -1],
              ],
            });
      }
      for (const pair of pairs)
        this.#rows.push({
          lower: 0,
          upper: 1,
          terms: pair.map((slot) => [this.#present.get(`${together} ${slot}`) ?? 0, 1] as const),
        });
    }
  }

  #column(task: Task, slot: number): number {
    return this.#of.get(`${task.index} ${slot}`) ?? 0;
  }
}

/** Who cannot be at two places at once: a host, or all of a cluster. */
const togetherOf = ({ host }: Task): string =>
  host.cluster === undefined ? `host ${host.id}` : `cluster ${host.cluster}`;
