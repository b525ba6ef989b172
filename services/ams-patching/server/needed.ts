/** What a plan is made of: what is needed of each machine, as changes that a window may hold. Pure. */
import { createHash } from 'node:crypto';
import type { PatchNeed } from '@demarc/platform/contract/patching';
import { DECISIONS, type PatchingSettings } from '../api.ts';
import type { Change, PlanInput } from '../plan/input.ts';
import { instant } from './kept.ts';
import { environmentOf, hostOf, isInScope, type Machine } from './machines.ts';
import type { KeptFreeze, KeptWindow } from './windows.ts';

/** With more, each machine gets one change for each decision: the solver has no time to weigh single packages then. */
const SINGLE_CHANGES_MAX = 5_000;
const CHANGES_MAX = 20_000;
const HOSTS_MAX = 5_000;

/** One change of a plan, with what it is done for. */
export interface NeededChange {
  readonly id: string;
  readonly assetId: string;
  readonly needs: readonly PatchNeed[];
}

export interface Gathered {
  readonly settings: PatchingSettings;
  readonly machines: readonly Machine[];
  readonly needs: readonly PatchNeed[];
  readonly windows: readonly KeptWindow[];
  readonly freezes: readonly KeptFreeze[];
  readonly published: PlanInput['published'];
  /** Minutes that a package took on the machine before, by asset. */
  readonly history: ReadonlyMap<string, number>;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Drawn {
  /** Undefined where there is nothing to plan. */
  readonly input: PlanInput | undefined;
  readonly changes: readonly NeededChange[];
  /** Needed, and not for a plan to place. */
  readonly outside: readonly {
    readonly assetId: string;
    readonly needs: readonly PatchNeed[];
    readonly because: string;
  }[];
}

export function drawn(gathered: Gathered): Drawn {
  const { settings, machines, needs, history } = gathered;
  const byId = new Map(machines.slice(0, HOSTS_MAX).map((machine) => [machine.assetId, machine]));
  const outside: Drawn['outside'][number][] = [
    ...Map.groupBy(
      needs.filter(({ assetId }) => !byId.has(assetId)),
      ({ assetId }) => assetId,
    ),
  ].map(([assetId, some]) => ({
    assetId,
    needs: some,
    because: 'patching is not bought for this machine',
  }));
  const changes = changesOf(needs.filter(({ assetId }) => byId.has(assetId)));
  const planned = changes.slice(0, CHANGES_MAX);
  for (const { assetId, needs: some } of changes.slice(CHANGES_MAX))
    outside.push({ assetId, needs: some, because: `a plan has ${CHANGES_MAX} changes at most` });
  const used = new Set(planned.map(({ assetId }) => assetId));
  const hosts = [...byId.values()].filter(({ assetId }) => used.has(assetId));
  if (hosts.length === 0) return { input: undefined, changes: planned, outside };
  const { constraints } = settings;
  return {
    changes: planned,
    outside,
    input: {
      from: instant(gathered.fromMs),
      to: instant(gathered.toMs),
      timeZone: 'UTC',
      hosts: hosts.map((machine) => hostOf(machine, settings, hosts)),
      changes: planned.map((change) => changeFor(change, settings, history.get(change.assetId))),
      windows: windowsFor(gathered, hosts),
      freezes: gathered.freezes.map(({ freeze }) => freeze),
      constraints: {
        ...(constraints.maxConcurrent === null ? {} : { maxConcurrent: constraints.maxConcurrent }),
        maxConcurrentOfRole: {},
        soakHours: constraints.soakHours,
        databaseBeforeApplication: constraints.databaseBeforeApplication,
      },
      published: gathered.published.filter(({ change }) => planned.some(({ id }) => id === change)),
    },
  };
}

/** One for each package of a machine, the most urgent first: of one package all fixes come with the latest. */
function changesOf(needs: readonly PatchNeed[]): readonly NeededChange[] {
  const single = grouped(needs, ({ assetId, manager, package: name }) => [assetId, manager, name]);
  const changes = single.length <= SINGLE_CHANGES_MAX ? single : byDecision(single);
  return changes.toSorted((a, b) => rankOf(a.needs) - rankOf(b.needs) || (a.id < b.id ? -1 : 1));
}

function byDecision(single: readonly NeededChange[]): readonly NeededChange[] {
  const worst = new Map(
    single.flatMap(({ needs }) => needs.map((need) => [need, decisionOf(needs)] as const)),
  );
  return grouped([...worst.keys()], (need) => [need.assetId, need.manager, worst.get(need) ?? 'defer']);
}

function grouped(
  needs: readonly PatchNeed[],
  keyOf: (need: PatchNeed) => readonly string[],
): readonly NeededChange[] {
  const groups = Map.groupBy(needs, (need) => keyOf(need).join('\n'));
  return [...groups].map(([key, some]) => ({
    // The same from plan to plan, so that what moves is known.
    id: `change-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`,
    assetId: some[0]?.assetId ?? '',
    needs: some,
  }));
}

export const decisionOf = (needs: readonly PatchNeed[]): PatchNeed['decision'] =>
  DECISIONS[rankOf(needs)] ?? 'defer';
const rankOf = (needs: readonly PatchNeed[]): number =>
  Math.min(...needs.map(({ decision }) => DECISIONS.indexOf(decision)));
export const dueOf = (needs: readonly PatchNeed[]): number =>
  Math.min(...needs.map(({ dueAtMs }) => dueAtMs));
export const packagesOf = (needs: readonly PatchNeed[]): readonly string[] =>
  [...new Set(needs.map((need) => need.package))].sort();

function changeFor(
  { id, assetId, needs }: NeededChange,
  settings: PatchingSettings,
  minutesBefore: number | undefined,
): Change {
  const packages = packagesOf(needs);
  const minutes = (minutesBefore ?? settings.minutesPerPackage) * packages.length;
  return {
    id,
    host: assetId,
    patch: patchOf(needs, packages),
    packages: [...packages],
    minutes: Math.min(10_080, Math.max(1, Math.ceil(minutes))),
    needsReboot: needs.some(({ needsReboot }) => needsReboot),
    due: instant(dueOf(needs)),
    riskPerDay: Math.min(
      1e6,
      needs.reduce((sum, { risk }) => sum + risk, 0),
    ),
    decision: decisionOf(needs),
    // Who has the duty approves each job, once it is known which versions it would bring.
    approved: true,
  };
}

/**
 * The same on every machine that gets it, so that development has it before production. Versions are compared as text with
 * numbers here: nothing is installed by that, and two machines that lack the same fixes come to the same.
 * A group of packages is one patch with every other of its decision: the order is kept, more strictly than need be.
 */
function patchOf(needs: readonly PatchNeed[], packages: readonly string[]): string {
  const [first] = needs;
  if (packages.length > 1) return `${first?.manager}: what is ${decisionOf(needs)}`;
  const versions = needs
    .map(({ fixedIn }) => fixedIn)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return `${first?.manager}: ${packages[0] ?? ''} ${versions.at(-1) ?? ''}`.slice(0, 128);
}

function windowsFor({ windows, settings }: Gathered, hosts: readonly Machine[]): PlanInput['windows'] {
  return windows.flatMap(({ id, window }) => {
    const isFor = hosts.filter(
      (machine) =>
        isInScope(window.scope, machine) &&
        (window.environments.length === 0 || window.environments.includes(environmentOf(machine, settings))),
    );
    if (isFor.length === 0) return [];
    return [
      {
        id,
        minutes: window.minutes,
        ...(window.startsAt === null ? {} : { startsAt: window.startsAt }),
        ...(window.recurrence === null ? {} : { recurrence: window.recurrence }),
        hosts: isFor.map(({ assetId }) => assetId),
        ...(window.rebootBudget === null ? {} : { rebootBudget: window.rebootBudget }),
      },
    ];
  });
}
