/** What makes one plan better than another, in this order and never traded against each other. */
import type { Assignment } from './assign.ts';
import { type Problem, slotKey, type Task } from './problem.ts';

export const LEVELS = ['breaches', 'risk', 'effort', 'churn'] as const;
export type Level = (typeof LEVELS)[number];
export type Objective = Readonly<Record<Level, number>>;

const DAY_MS = 86_400_000;
/** What has no place in the plan stays open for at least so long after it. */
const UNPLACED_DAYS = 30;
/** A change without a place is worse than a late one. */
export const UNPLACED_BREACHES = 2;

export const isLate = ({ dueMs }: Task, endMs: number): boolean => endMs > dueMs;

/** Risk × days open, until it is done. */
export function riskIn({ fromMs, toMs, slots }: Problem, { change }: Task, slot: number | undefined): number {
  const endMs = slot === undefined ? toMs + UNPLACED_DAYS * DAY_MS : (slots[slot]?.endMs ?? toMs);
  return (change.riskPerDay * (endMs - fromMs)) / DAY_MS;
}

export const isMoved = (
  { published, slots }: Problem,
  { change }: Task,
  slot: number | undefined,
): boolean => {
  const told = published.get(change.id);
  const here = slot === undefined ? undefined : slots[slot];
  return told !== undefined && (here === undefined || slotKey(here) !== told);
};

export function objectiveOf(problem: Problem, chosen: Assignment): Objective {
  const { tasks, slots } = problem;
  const reboots = new Set<string>();
  const used = new Set<number>();
  let [breaches, risk, churn] = [0, 0, 0];
  for (const task of tasks) {
    const slot = chosen[task.index];
    risk += riskIn(problem, task, slot);
    if (isMoved(problem, task, slot)) churn += 1;
    if (slot === undefined) {
      breaches += UNPLACED_BREACHES;
      continue;
    }
    used.add(slot);
    if (isLate(task, slots[slot]?.endMs ?? 0)) breaches += 1;
    if (task.change.needsReboot) reboots.add(`${task.host.id} ${slot}`);
  }
  return { breaches, risk: Math.round(risk * 1e6) / 1e6, effort: reboots.size + used.size, churn };
}

/** Less is better; risks that differ by rounding are the same. */
export function better(a: Objective, b: Objective): boolean {
  for (const level of LEVELS) {
    const difference = a[level] - b[level];
    if (Math.abs(difference) > 1e-6 * Math.max(1, Math.abs(b[level]))) return difference < 0;
  }
  return false;
}
