/** Whether a plan keeps every constraint: read off the plan and the input alone, by nobody who made it. */
import { occurrences } from '@demarc/platform/schedule';
import * as z from 'zod';

import { type Change, ENVIRONMENTS, type Host, type PlanInput } from './input.ts';
import type { Block } from './sequence.ts';

const Minute = z.int().min(-100_000).max(100_000);
/** As a file may have them; what else a plan says is nobody's business here. */
export const PlannedSlots = z
  .array(
    z.object({
      window: z.string(),
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
      blocks: z
        .array(
          z.object({
            host: z.string(),
            changes: z.array(z.string()).max(20_000),
            from: Minute,
            to: Minute,
            reboots: z.boolean(),
          }),
        )
        .max(5_000),
    }),
  )
  .max(20_000);

export interface PlannedSlot {
  readonly window: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly blocks: readonly Block[];
}

const MINUTE_MS = 60_000;
interface At {
  readonly host: Host;
  readonly change: Change;
  readonly startMs: number;
  readonly endMs: number;
  readonly slot: string;
  /** Of the whole slot. */
  readonly slotEndMs: number;
  readonly slotStartMs: number;
}

/** Sentences, one for each constraint that is broken; none is what is wanted. */
export function violations(input: PlanInput, slots: readonly PlannedSlot[]): readonly string[] {
  const found: string[] = [];
  const hosts = new Map(input.hosts.map((host) => [host.id, host]));
  const changes = new Map(input.changes.map((change) => [change.id, change]));
  const windows = new Map(input.windows.map((window) => [window.id, window]));
  const all: At[] = [];
  const listed = new Set<string>();
  for (const slot of slots) {
    const window = windows.get(slot.window);
    const [startMs, endMs] = [Date.parse(slot.startsAt), Date.parse(slot.endsAt)];
    const name = `${slot.window} of ${slot.startsAt}`;
    if (window === undefined) {
      found.push(`there is no window ${slot.window}`);
      continue;
    }
    // What is bounded for a window is bounded for all that is done in it.
    if (listed.has(name)) found.push(`${name} is listed twice`);
    listed.add(name);
    const isOne =
      window.recurrence === undefined
        ? startMs === Date.parse(window.startsAt ?? '')
        : occurrences(window.recurrence, startMs, startMs + 1).length > 0;
    if (!isOne) found.push(`${slot.window} does not begin at ${slot.startsAt}`);
    if (endMs - startMs !== window.minutes * MINUTE_MS) found.push(`${name} is not as long as its window`);
    if (startMs < Date.parse(input.from) || endMs > Date.parse(input.to))
      found.push(`${name} is outside the plan’s range`);
    if (
      slot.blocks.filter(({ reboots }) => reboots).length > (window.rebootBudget ?? Number.MAX_SAFE_INTEGER)
    )
      found.push(`${name} has more reboots than it may`);
    for (const block of slot.blocks) {
      const host = hosts.get(block.host);
      const own = block.changes
        .map((id) => changes.get(id))
        .filter((change): change is Change => change !== undefined);
      if (
        host === undefined ||
        own.length !== block.changes.length ||
        own.some((change) => change.host !== block.host)
      ) {
        found.push(`${name} names what is not in the input: ${block.host}`);
        continue;
      }
      const isFor =
        (window.hosts === undefined || window.hosts.includes(host.id)) &&
        (window.roles === undefined || window.roles.includes(host.role)) &&
        (window.environments === undefined || window.environments.includes(host.environment));
      if (!isFor) found.push(`${name} is not for ${host.id}`);
      const isRebooting = own.some(({ needsReboot }) => needsReboot);
      const needs =
        own.reduce((sum, { minutes }) => sum + minutes, 0) +
        (isRebooting ? host.rebootMinutes : 0) +
        (host.standby === 'primary' ? host.takeoverMinutes : 0);
      if (block.reboots !== isRebooting) found.push(`${name}: a reboot of ${host.id} is owed, or is not`);
      if (block.from < 0 || block.to > window.minutes || block.to - block.from < needs)
        found.push(
          `${name}: ${host.id} needs ${needs} min and has ${block.to - block.from} from ${block.from}`,
        );
      for (const change of own) {
        if (!change.approved) found.push(`${change.id} is not approved`);
        for (const freeze of input.freezes) {
          const isSpared = freeze.exceptImmediate && change.decision === 'immediate';
          if (!isSpared && Date.parse(freeze.from) < endMs && Date.parse(freeze.to) > startMs)
            found.push(`${change.id} is done in a freeze: ${freeze.reason}`);
        }
        all.push({
          host,
          change,
          slot: name,
          slotStartMs: startMs,
          slotEndMs: endMs,
          startMs: startMs + block.from * MINUTE_MS,
          endMs: startMs + block.to * MINUTE_MS,
        });
      }
    }
  }
  const seen = new Set<string>();
  for (const { change } of all) {
    if (seen.has(change.id)) found.push(`${change.id} is done twice`);
    seen.add(change.id);
  }
  return [...found, ...together(input, all), ...inOrder(input, all)];
}

function together(input: PlanInput, all: readonly At[]): readonly string[] {
  const found: string[] = [];
  const blocks = [
    ...new Map(all.map((each) => [`${each.host.id} ${each.startMs} ${each.slot}`, each])).values(),
  ];
  for (const one of blocks) {
    // The most are at work where one begins.
    const now = blocks.filter(({ startMs, endMs }) => startMs <= one.startMs && endMs > one.startMs);
    const { maxConcurrent, maxConcurrentOfRole } = input.constraints;
    // Lanes are of one window: two windows at the same time are two teams.
    const here = now.filter(({ slot }) => slot === one.slot);
    if (here.length > (maxConcurrent ?? Number.MAX_SAFE_INTEGER))
      found.push(`${one.slot}: ${here.length} hosts at once`);
    const ofRole = maxConcurrentOfRole[one.host.role];
    const same = here.filter(({ host }) => host.role === one.host.role).length;
    if (ofRole !== undefined && same > ofRole) found.push(`${one.slot}: ${same} of ${one.host.role} at once`);
    const { cluster } = one.host;
    const members = now.filter(({ host }) => cluster !== undefined && host.cluster === cluster);
    if (members.length > 1) found.push(`${one.slot}: two of ${cluster} at once`);
    if (now.filter(({ host }) => host.id === one.host.id).length > 1)
      found.push(`${one.slot}: ${one.host.id} is at work twice at once`);
  }
  return found;
}

function inOrder(input: PlanInput, all: readonly At[]): readonly string[] {
  const found: string[] = [];
  const done = new Map(all.map((each) => [each.change.id, each]));
  const hosts = new Map(input.hosts.map((host) => [host.id, host]));
  const ofPatch = Map.groupBy(input.changes, ({ patch }) => patch);
  for (const later of all) {
    if (later.change.patch === undefined) continue;
    for (const change of ofPatch.get(later.change.patch) ?? []) {
      const host = hosts.get(change.host);
      if (host === undefined || host.id === later.host.id) continue;
      const needs = mustPrecede(input, host, later.host);
      if (needs === undefined) continue;
      const earlier = done.get(change.id);
      if (earlier === undefined)
        found.push(`${later.change.id} is done, and ${change.id}, which comes first, is not`);
      else if (
        needs.isSlots ? earlier.slotEndMs + needs.gapMs > later.slotStartMs : earlier.endMs > later.startMs
      )
        found.push(
          `${later.change.id} begins before ${change.id} is over${needs.gapMs > 0 ? ' and has been running long enough' : ''}`,
        );
    }
  }
  return found;
}

function mustPrecede(
  { constraints }: PlanInput,
  one: Host,
  other: Host,
): { readonly gapMs: number; readonly isSlots: boolean } | undefined {
  const isSameSystem = one.system !== undefined && one.system === other.system;
  const [from, to] = [one, other].map(({ environment }) => ENVIRONMENTS.indexOf(environment)) as [
    number,
    number,
  ];
  if (isSameSystem && from < to) {
    const hours = one.environment === 'DEV' ? constraints.soakHours.DEV : constraints.soakHours.QAS;
    return { gapMs: hours * 3_600_000, isSlots: true };
  }
  const isSequenced =
    (isSameSystem &&
      from === to &&
      constraints.databaseBeforeApplication &&
      one.tier === 'database' &&
      other.tier === 'application') ||
    (one.cluster !== undefined &&
      one.cluster === other.cluster &&
      one.standby === 'secondary' &&
      other.standby === 'primary') ||
    other.dependsOn.includes(one.id);
  return isSequenced ? { gapMs: 0, isSlots: false } : undefined;
}
