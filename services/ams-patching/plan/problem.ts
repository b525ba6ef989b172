/** The input, worked out: every window as slots on the clock, where each change may go, what comes before what. */
import { occurrences } from '@demarc/platform/schedule';
import type { Change, Host, PlanInput } from './input.ts';
import { ENVIRONMENTS } from './input.ts';
import { planErrors } from './plan-errors.ts';

const MINUTE_MS = 60_000;
const SLOTS_MAX = 2_000;

/** One occurrence of a window. */
export interface Slot {
  readonly index: number;
  readonly window: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly minutes: number;
  readonly rebootBudget: number;
}
/** Another change that comes first. */
export interface Before {
  readonly change: number;
  /** From its end to the beginning of this one. */
  readonly gapMs: number;
  /** One after the other in one window is enough. */
  readonly mayShareSlot: boolean;
  readonly why: string;
}
export interface Task {
  readonly index: number;
  readonly change: Change;
  readonly host: Host;
  readonly dueMs: number;
  /** Indices of slots, ascending. */
  readonly slots: readonly number[];
  /** Why there is none among them, or why some are not. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly before: readonly Before[];
}
export interface Problem {
  readonly input: PlanInput;
  readonly fromMs: number;
  readonly toMs: number;
  readonly slots: readonly Slot[];
  /** Every task stands after those that come before it. */
  readonly tasks: readonly Task[];
  /** By change id: where it was told to be, as `window@start`. */
  readonly published: ReadonlyMap<string, string>;
}

export const slotKey = ({ window, startMs }: Pick<Slot, 'window' | 'startMs'>): string =>
  `${window}@${new Date(startMs).toISOString()}`;

/** Minutes that a host is at work for some of its changes: reboots and a takeover are had once. */
export function minutesOf(host: Host, changes: readonly Change[]): number {
  const work = changes.reduce((sum, { minutes }) => sum + minutes, 0);
  const reboot = changes.some(({ needsReboot }) => needsReboot) ? host.rebootMinutes : 0;
  return work + reboot + (host.standby === 'primary' && changes.length > 0 ? host.takeoverMinutes : 0);
}

/** @throws PLAN_INPUT_INVALID, SCHEDULE_INVALID */
export function problemOf(input: PlanInput): Problem {
  const [fromMs, toMs] = [Date.parse(input.from), Date.parse(input.to)];
  const no = (because: string): Error => planErrors.make('PLAN_INPUT_INVALID', { because });
  if (!(fromMs < toMs)) throw no('"to" is not after "from"');
  const hosts = new Map(input.hosts.map((host) => [host.id, host]));
  if (hosts.size !== input.hosts.length) throw no('two hosts have the same id');
  if (new Set(input.changes.map(({ id }) => id)).size !== input.changes.length)
    throw no('two changes have the same id');
  for (const { id, dependsOn } of input.hosts)
    for (const other of dependsOn)
      if (!hosts.has(other)) throw no(`${id} depends on "${other}", which is no host`);
  const slots = slotsOf(input, fromMs, toMs);
  const loose = input.changes.map((change) => {
    const host = hosts.get(change.host);
    if (host === undefined) throw no(`${change.id} is for "${change.host}", which is no host`);
    return { change, host };
  });
  const sorted = inOrder(input, loose);
  return {
    input,
    fromMs,
    toMs,
    slots,
    tasks: sorted.map(({ change, host, before }, index) => ({
      index,
      change,
      host,
      dueMs: Date.parse(change.due),
      before,
      ...placesFor(input, change, host, slots),
    })),
    published: new Map(
      input.published.map(({ change, window, startsAt }) => [
        change,
        slotKey({ window, startMs: Date.parse(startsAt) }),
      ]),
    ),
  };
}

function slotsOf(input: PlanInput, fromMs: number, toMs: number): readonly Slot[] {
  const found: Omit<Slot, 'index'>[] = [];
  for (const { id, minutes, startsAt, recurrence, rebootBudget } of input.windows) {
    if ((startsAt === undefined) === (recurrence === undefined))
      throw planErrors.make('PLAN_INPUT_INVALID', {
        because: `window ${id} has either "startsAt" or "recurrence"`,
      });
    const starts =
      recurrence === undefined
        ? [Date.parse(startsAt ?? '')]
        : occurrences(recurrence, fromMs, toMs, SLOTS_MAX);
    for (const startMs of starts) {
      const endMs = startMs + minutes * MINUTE_MS;
      if (startMs < fromMs || endMs > toMs) continue;
      found.push({
        window: id,
        startMs,
        endMs,
        minutes,
        rebootBudget: rebootBudget ?? Number.MAX_SAFE_INTEGER,
      });
    }
  }
  if (found.length > SLOTS_MAX)
    throw planErrors.make('PLAN_INPUT_INVALID', {
      because: `${found.length} windows are more than ${SLOTS_MAX}`,
    });
  return found
    .sort((a, b) => a.startMs - b.startMs || (a.window < b.window ? -1 : 1))
    .map((slot, index) => ({ ...slot, index }));
}

function placesFor(
  input: PlanInput,
  change: Change,
  host: Host,
  slots: readonly Slot[],
): Pick<Task, 'slots' | 'refusals'> {
  const refusals = new Map<string, number>();
  const refuse = (why: string): void => void refusals.set(why, (refusals.get(why) ?? 0) + 1);
  const windows = new Map(input.windows.map((window) => [window.id, window]));
  const fits: number[] = [];
  const needs = minutesOf(host, [change]);
  if (!change.approved) refuse('it is not approved');
  else
    for (const slot of slots) {
      const window = windows.get(slot.window);
      const isFor =
        (window?.hosts === undefined || window.hosts.includes(host.id)) &&
        (window?.roles === undefined || window.roles.includes(host.role)) &&
        (window?.environments === undefined || window.environments.includes(host.environment));
      if (!isFor) continue;
      const freeze = input.freezes.find(
        (each) =>
          Date.parse(each.from) < slot.endMs &&
          Date.parse(each.to) > slot.startMs &&
          !(each.exceptImmediate && change.decision === 'immediate'),
      );
      if (freeze !== undefined) refuse(`${freeze.reason}: frozen until ${freeze.to}`);
      else if (needs > slot.minutes)
        refuse(`${host.id} needs ${needs} min, ${slot.window} is ${slot.minutes}`);
      else if (change.needsReboot && slot.rebootBudget === 0)
        refuse(`${slot.window} has no reboot left to give`);
      else fits.push(slot.index);
    }
  if (fits.length === 0 && refusals.size === 0) refuse(`no window of the plan is for ${host.id}`);
  return { slots: fits, refusals };
}

interface Loose {
  readonly change: Change;
  readonly host: Host;
}

/** What comes before what, and an order that keeps it. @throws PLAN_INPUT_INVALID for a circle */
function inOrder(
  input: PlanInput,
  loose: readonly Loose[],
): readonly (Loose & { readonly before: readonly Before[] })[] {
  const { constraints } = input;
  const byPatch = Map.groupBy(loose.keys(), (index) => loose[index]?.change.patch ?? '');
  const edges: { from: number; to: number; edge: Omit<Before, 'change'> }[] = [];
  for (const [patch, indices] of byPatch) {
    if (patch === '') continue;
    for (const to of indices)
      for (const from of indices) {
        const [one, other] = [loose[from], loose[to]];
        if (one === undefined || other === undefined || from === to || one.host.id === other.host.id)
          continue;
        const edge = precedes(one.host, other.host, constraints);
        if (edge !== undefined) edges.push({ from, to, edge });
      }
  }
  const waiting = loose.map(() => 0);
  for (const { to } of edges) waiting[to] = (waiting[to] ?? 0) + 1;
  const out = Map.groupBy(edges, ({ from }) => from);
  const ready = loose.flatMap((_, index) => (waiting[index] === 0 ? [index] : []));
  const place = new Map<number, number>();
  const sorted: number[] = [];
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    place.set(next, sorted.length);
    sorted.push(next);
    for (const { to } of out.get(next) ?? []) {
      waiting[to] = (waiting[to] ?? 0) - 1;
      if (waiting[to] === 0) ready.push(to);
    }
  }
  if (sorted.length < loose.length) {
    const circle = loose.filter((_, index) => !place.has(index)).map(({ change }) => change.id);
    throw planErrors.make('PLAN_INPUT_INVALID', {
      because: `each of these would have to come before another: ${circle.slice(0, 10).join(', ')}`,
    });
  }
  const into = Map.groupBy(edges, ({ to }) => to);
  return sorted.map((index) => ({
    ...(loose[index] as Loose),
    before: (into.get(index) ?? []).map(({ from, edge }) => ({ change: place.get(from) ?? 0, ...edge })),
  }));
}

/** Why a patch is on `one` before it is on `other`; undefined where it need not be. */
export function precedes(
  one: Host,
  other: Host,
  {
    soakHours,
    databaseBeforeApplication,
  }: Pick<PlanInput['constraints'], 'soakHours' | 'databaseBeforeApplication'>,
): Omit<Before, 'change'> | undefined {
  const isSameSystem = one.system !== undefined && one.system === other.system;
  const [from, to] = [ENVIRONMENTS.indexOf(one.environment), ENVIRONMENTS.indexOf(other.environment)];
  if (isSameSystem && from < to) {
    const hours = one.environment === 'PRD' ? 0 : soakHours[one.environment];
    return {
      gapMs: hours * 3_600_000,
      mayShareSlot: false,
      why: `${one.id} (${one.environment}) gets it first${hours > 0 ? ` and runs it for ${hours} h` : ''}`,
    };
  }
  const sequenced = (why: string): Omit<Before, 'change'> => ({ gapMs: 0, mayShareSlot: true, why });
  const isTiered = one.tier === 'database' && other.tier === 'application';
  if (isSameSystem && from === to && databaseBeforeApplication && isTiered)
    return sequenced(`the database ${one.id} comes first`);
  if (
    one.cluster !== undefined &&
    one.cluster === other.cluster &&
    one.standby === 'secondary' &&
    other.standby === 'primary'
  )
    return sequenced(`the secondary ${one.id} comes first`);
  return other.dependsOn.includes(one.id) ? sequenced(`it depends on ${one.id}`) : undefined;
}
