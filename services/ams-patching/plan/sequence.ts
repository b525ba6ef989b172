/** Who is at work when within one slot: never two of a cluster at once, no more of a role than may be, in order. */
import type { Change, Host, PlanInput } from './input.ts';
import { minutesOf, type Problem, type Slot, type Task } from './problem.ts';

export interface Block {
  readonly host: string;
  readonly changes: readonly string[];
  /** Minutes from the beginning of the slot. */
  readonly from: number;
  readonly to: number;
  readonly reboots: boolean;
}

/** Undefined where they do not fit. Deterministic: what has to come first, then what takes longest. */
export function sequence(problem: Problem, slot: Slot, tasks: readonly Task[]): readonly Block[] | undefined {
  const hosts = Map.groupBy(tasks, ({ host }) => host.id);
  const waiting = [...hosts.values()].map((list) => {
    const [first] = list;
    const host = first?.host as Host;
    const changes = list.map(({ change }) => change);
    const after = new Set(
      list
        .flatMap(({ before }) => before.map(({ change }) => problem.tasks[change]?.host.id))
        .filter((id) => id !== undefined && id !== host.id && hosts.has(id)),
    );
    return { host, changes, minutes: minutesOf(host, changes), after };
  });
  waiting.sort((a, b) => b.minutes - a.minutes || (a.host.id < b.host.id ? -1 : 1));
  const reboots = waiting.filter(({ changes }) => changes.some(({ needsReboot }) => needsReboot)).length;
  if (reboots > slot.rebootBudget) return undefined;
  const placed: (Block & { readonly of: Host })[] = [];
  while (waiting.length > 0) {
    const at = waiting.findIndex(({ after }) =>
      [...after].every((id) => placed.some(({ host }) => host === id)),
    );
    const [next] = at === -1 ? [] : waiting.splice(at, 1);
    if (next === undefined) return undefined;
    const from = earliest(problem.input, placed, next, slot.minutes);
    if (from === undefined) return undefined;
    placed.push(blockOf(next, from));
  }
  return placed.map(({ of: _, ...block }) => block);
}

function blockOf(
  {
    host,
    changes,
    minutes,
  }: { readonly host: Host; readonly changes: readonly Change[]; readonly minutes: number },
  from: number,
): Block & { readonly of: Host } {
  return {
    of: host,
    host: host.id,
    changes: changes.map(({ id }) => id).sort(),
    from,
    to: from + minutes,
    reboots: changes.some(({ needsReboot }) => needsReboot),
  };
}

/** It can only begin at the beginning, or where another ends: anywhere else it could begin earlier. */
function earliest(
  input: PlanInput,
  placed: readonly (Block & { readonly of: Host })[],
  next: { readonly host: Host; readonly minutes: number; readonly after: ReadonlySet<string | undefined> },
  minutes: number,
): number | undefined {
  const notBefore = Math.max(0, ...placed.filter(({ host }) => next.after.has(host)).map(({ to }) => to));
  const starts = [...new Set([notBefore, ...placed.map(({ to }) => to).filter((to) => to > notBefore)])].sort(
    (a, b) => a - b,
  );
  return starts.find((from) => {
    const to = from + next.minutes;
    if (to > minutes) return false;
    const beside = placed.filter((each) => each.from < to && each.to > from);
    if (next.host.cluster !== undefined && beside.some(({ of }) => of.cluster === next.host.cluster))
      return false;
    const { maxConcurrent, maxConcurrentOfRole } = input.constraints;
    const ofRole = maxConcurrentOfRole[next.host.role];
    const same = beside.filter(({ of }) => of.role === next.host.role);
    if (ofRole !== undefined && atOnce(same) + 1 > ofRole) return false;
    return maxConcurrent === undefined || atOnce(beside) + 1 <= maxConcurrent;
  });
}

/** The most of them at one moment. */
function atOnce(blocks: readonly Pick<Block, 'from' | 'to'>[]): number {
  return Math.max(
    0,
    ...blocks.map(({ from }) => blocks.filter((each) => each.from <= from && each.to > from).length),
  );
}
