/** A plan as it is kept: what the planner made, with names, and what jobs are made of. Pure. */
import type { PatchNeed } from '@demarc/platform/contract/patching';
import type { PlannedWork, ShownPlan } from '../api.ts';
import type { Plan } from '../plan/plan.ts';
import { instant } from './kept.ts';
import { environmentOf, type Machine } from './machines.ts';
import { type Drawn, decisionOf, dueOf, type Gathered, type NeededChange, packagesOf } from './needed.ts';

const NAMED_MAX = 1_000;
export const LISTED_MAX = 20_000;

/** Of one piece of work, what a job is made of. */
export interface KeptWork extends Omit<PlannedWork, 'jobId'> {
  readonly changes: readonly { readonly id: string; readonly needs: readonly PatchNeed[] }[];
}
export interface KeptPlan {
  readonly work: readonly KeptWork[];
  readonly unplaced: ShownPlan['unplaced'];
  readonly bound: ShownPlan['bound'];
  readonly gap: ShownPlan['gap'];
  readonly by: ShownPlan['by'];
  readonly violations: readonly string[];
}
export function keptPlan(
  plan: Plan,
  { changes, outside, input }: Drawn,
  gathered: Gathered,
  names: ReadonlyMap<string, string>,
): KeptPlan {
  const byId = byIdOf(changes);
  const machines = new Map(gathered.machines.map((machine) => [machine.assetId, machine]));
  const windows = new Map(gathered.windows.map(({ id, window }) => [id, window]));
  const nameOf = (assetId: string): string => names.get(assetId) ?? assetId;
  const inWords = wordsFor({ changes }, gathered, names);
  return {
    work: plan.slots
      .flatMap((slot) =>
        slot.blocks.flatMap((block): KeptWork[] => {
          const machine = machines.get(block.host);
          const some = block.changes.flatMap((id) => byId.get(id) ?? []);
          return machine === undefined || some.length === 0
            ? []
            : [workOf(slot, block, some, machine, gathered, windows.get(slot.window)?.name ?? slot.window)];
        }),
      )
      .slice(0, LISTED_MAX),
    unplaced: [
      ...plan.unplaced.flatMap(({ change, because }) => {
        const needs = byId.get(change)?.needs ?? [];
        const assetId = byId.get(change)?.assetId;
        return assetId === undefined
          ? []
          : [unplacedOf(assetId, nameOf(assetId), needs, because.map(inWords))];
      }),
      ...outside.map(({ assetId, needs, because }) => unplacedOf(assetId, nameOf(assetId), needs, [because])),
    ].slice(0, LISTED_MAX),
    bound: plan.bound,
    gap: plan.gap,
    by: plan.by,
    violations: input === undefined ? [] : plan.violations.slice(0, 100).map(inWords),
  };
}

const unplacedOf = (
  assetId: string,
  assetName: string,
  needs: readonly PatchNeed[],
  because: readonly string[],
): ShownPlan['unplaced'][number] => ({
  assetId,
  assetName,
  packages: packagesOf(needs).slice(0, NAMED_MAX),
  dueAt: instant(dueOf(needs)),
  because: [...because].slice(0, 20),
});

function workOf(
  slot: Plan['slots'][number],
  block: Plan['slots'][number]['blocks'][number],
  changes: readonly NeededChange[],
  machine: Machine,
  { settings }: Gathered,
  windowName: string,
): KeptWork {
  const startMs = Date.parse(slot.startsAt);
  const needs = changes.flatMap((change) => change.needs);
  const dueAtMs = dueOf(needs);
  return {
    assetId: machine.assetId,
    assetName: machine.name,
    environment: environmentOf(machine, settings),
    windowId: slot.window,
    windowName,
    opensAt: slot.startsAt,
    closesAt: slot.endsAt,
    startsAt: instant(startMs + block.from * 60_000),
    endsAt: instant(startMs + block.to * 60_000),
    reboots: block.reboots,
    decision: decisionOf(needs),
    dueAt: instant(dueAtMs),
    isLate: Date.parse(slot.endsAt) > dueAtMs,
    packages: packagesOf(needs).slice(0, NAMED_MAX),
    findingCount: needs.length,
    changes: changes.map(({ id, needs: some }) => ({ id, needs: some })),
  };
}

const byIdOf = (changes: readonly NeededChange[]): ReadonlyMap<string, NeededChange> =>
  new Map(changes.map((change) => [change.id, change]));

/** A plan speaks of ids; people of names. */
export function wordsFor(
  drawnOf: Pick<Drawn, 'changes'>,
  gathered: Pick<Gathered, 'windows'>,
  names: ReadonlyMap<string, string>,
): (text: string) => string {
  const changes = byIdOf(drawnOf.changes);
  const windows = new Map(gathered.windows.map(({ id, window }) => [id, window]));
  const nameOf = (assetId: string): string => names.get(assetId) ?? assetId;
  const ids = /change-[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  return (text) =>
    text
      .replaceAll(ids, (id) => {
        const change = changes.get(id);
        if (change === undefined) return windows.get(id)?.name ?? nameOf(id);
        return `${packagesOf(change.needs).slice(0, 3).join(', ')} on ${nameOf(change.assetId)}`;
      })
      .slice(0, 4_096);
}
