/**
 * Whether a job may begin now, as far as other machines go. A plan has them one after the other, and so they come as long
 * as each is in time; where one is late, still at work, or failed, whoever comes after it must not begin by the clock.
 */
import type { PatchingSettings } from '../api.ts';
import type { Host } from '../plan/input.ts';
import { precedes } from '../plan/plan.ts';
import type { Job } from './jobs.ts';
import { hostOf, type Machine } from './machines.ts';

/** A job that begins so much later than it was planned is in time. */
const IN_TIME_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/** Machines that another has to heed, by asset. */
export interface Neighbours {
  /** Never at work at the same time. */
  readonly cluster: ReadonlySet<string>;
  /** Get the same patch first, and run it for so long. */
  readonly first: ReadonlyMap<string, { readonly gapMs: number; readonly why: string }>;
  /** Of one window, as many at once; null is any number. */
  readonly atOnceMax: number | null;
}

/** A job as another looks at it. */
export interface Neighbour
  extends Pick<
    Job,
    | 'job_id'
    | 'asset_id'
    | 'opens_at_ms'
    | 'closes_at_ms'
    | 'state'
    | 'state_at_ms'
    | 'verification'
    | 'result'
    | 'ended_at_ms'
    | 'order_id'
    | 'giving_until_ms'
  > {
  readonly planned: Pick<
    Job['planned'],
    'assetName' | 'windowId' | 'startsAtMs' | 'manager' | 'wanted' | 'findings'
  >;
  /** Its machine said at some time that it began. */
  readonly was_running: boolean;
}

export type Turn =
  | { readonly turn: 'now' }
  /** Asked again later, at the earliest then. */
  | { readonly turn: 'later'; readonly because: string; readonly notBeforeMs: number }
  /** Somebody has to look first. */
  | { readonly turn: 'held'; readonly because: string };

/** @param machines all of the tenant @returns undefined where there is nobody to heed */
export function neighboursOf(
  assetId: string,
  machines: readonly Machine[],
  settings: PatchingSettings,
): Neighbours | undefined {
  const own = machines.find((machine) => machine.assetId === assetId);
  if (own === undefined) return undefined;
  const hosts = new Map(machines.map((machine) => [machine, hostOf(machine, settings, [])]));
  const host: Host = hostOf(own, settings, machines);
  const cluster = new Set<string>();
  const first = new Map<string, { readonly gapMs: number; readonly why: string }>();
  for (const [machine, other] of hosts) {
    if (machine === own) continue;
    if (host.cluster !== undefined && other.cluster === host.cluster) cluster.add(machine.assetId);
    const edge = precedes({ ...other, id: machine.assetId }, host, settings.constraints);
    if (edge !== undefined)
      first.set(machine.assetId, {
        gapMs: edge.gapMs,
        why: edge.why.replace(machine.assetId, machine.name),
      });
  }
  const atOnceMax = settings.constraints.maxConcurrent;
  return cluster.size + first.size === 0 && atOnceMax === null ? undefined : { cluster, first, atOnceMax };
}

/**
 * @param others jobs of its neighbours and of its window, of every plan
 * @param stillNeeded findings that a scan still sees, undefined where that is not known; what failed on a machine that
 *   lacks nothing any more is no matter
 */
export function turnOf(
  job: Job,
  { cluster, first, atOnceMax }: Neighbours,
  others: readonly Neighbour[],
  stillNeeded: ReadonlySet<string> | undefined,
  nowMs: number,
): Turn {
  const { startsAtMs, minutes } = job.planned;
  if (nowMs < startsAtMs) return later(`Its turn is at ${new Date(startsAtMs).toISOString()}.`, startsAtMs);
  const decidedAtMs = job.approval?.atMs ?? 0;
  const ofCluster = others.filter(({ asset_id }) => cluster.has(asset_id));
  const failed = ofCluster.find((other) => other.state_at_ms > decidedAtMs && isBroken(other));
  if (failed !== undefined)
    return {
      turn: 'held',
      because: `${failed.planned.assetName}, of the same cluster, ${endOf(failed)}: look at it, then approve this again.`,
    };
  const atWork = ofCluster.find((other) => isAtLarge(other, nowMs));
  if (atWork !== undefined)
    return later(
      `It waits for ${atWork.planned.assetName}, of the same cluster, whose job is not over.`,
      nowMs,
    );
  for (const [assetId, { gapMs, why }] of first) {
    const other = latestOfSame(job, assetId, others);
    if (other === undefined) continue;
    const turn = afterOther(other, { gapMs, why, decidedAtMs, stillNeeded, nowMs });
    if (turn !== undefined) return turn;
  }
  const beside = others.filter(
    (other) =>
      other.planned.windowId === job.planned.windowId &&
      other.opens_at_ms === job.opens_at_ms &&
      isAtLarge(other, nowMs),
  );
  if (atOnceMax !== null && beside.length >= atOnceMax)
    return later(`${beside.length} machines of its window are at work, and no more may be at once.`, nowMs);
  const isLate = nowMs > startsAtMs + IN_TIME_MS;
  if (isLate && nowMs + (minutes ?? 0) * MINUTE_MS > job.closes_at_ms)
    return later(`Its turn came so late that it would not end within its window.`, job.closes_at_ms);
  return { turn: 'now' };
}

const later = (because: string, notBeforeMs: number): Turn => ({ turn: 'later', because, notBeforeMs });

/** Its machine may be at it at this moment. */
function isAtLarge({ state, order_id, giving_until_ms, planned }: Neighbour, nowMs: number): boolean {
  if (state === 'running' || state === 'going-back') return true;
  const isBeingGiven = giving_until_ms > nowMs && planned.startsAtMs <= nowMs;
  return state === 'waiting' && (order_id !== null || isBeingGiven);
}

/** A machine that may be out of service now. */
const isBroken = ({ state, result, was_running }: Neighbour): boolean =>
  (state === 'ended' && (result === 'failed' || result === 'partly')) || (state === 'missed' && was_running);

/** Of the machine, of the jobs that have a package of this one: what is not over, or else the last. */
function latestOfSame(
  { planned: { manager, wanted } }: Job,
  assetId: string,
  others: readonly Neighbour[],
): Neighbour | undefined {
  const names = new Set(wanted.map(({ name }) => name));
  const same = others
    .filter(
      ({ asset_id, planned }) =>
        asset_id === assetId &&
        planned.manager === manager &&
        planned.wanted.some(({ name }) => names.has(name)),
    )
    .toSorted((a, b) => b.state_at_ms - a.state_at_ms);
  return same.find(({ state }) => OPEN.includes(state)) ?? same[0];
}

const OPEN: readonly Job['state'][] = ['resolving', 'proposed', 'held', 'waiting', 'running', 'going-back'];

function afterOther(
  other: Neighbour,
  asked: {
    readonly gapMs: number;
    readonly why: string;
    readonly decidedAtMs: number;
    readonly stillNeeded: ReadonlySet<string> | undefined;
    readonly nowMs: number;
  },
): Turn | undefined {
  const { state, result, verification, ended_at_ms, state_at_ms, planned } = other;
  const { gapMs, why, decidedAtMs, stillNeeded, nowMs } = asked;
  if (OPEN.includes(state))
    return later(`It waits for ${planned.assetName} (${why}), whose job is ${state}.`, nowMs);
  if (state === 'ended' && result === 'done' && verification !== 'reopened') {
    const untilMs = (ended_at_ms ?? 0) + gapMs;
    if (untilMs <= nowMs) return undefined;
    return later(`It waits until ${new Date(untilMs).toISOString()}: ${why}.`, untilMs);
  }
  const isOver =
    stillNeeded !== undefined && planned.findings.every(({ findingId }) => !stillNeeded.has(findingId));
  // Whoever approved it after that knew.
  if (isOver || state_at_ms <= decidedAtMs) return undefined;
  return {
    turn: 'held',
    because: `${planned.assetName} comes first (${why}), and its job ${endOf(other)}: look at it, then approve this again.`,
  };
}

function endOf({ state, result, verification }: Neighbour): string {
  if (state === 'ended' && result === 'done' && verification === 'reopened')
    return 'was done, and a scan still sees what it was for';
  if (state === 'ended') return `ended as ${result ?? 'unknown'}`;
  return state === 'missed' ? 'was missed' : `is ${state}`;
}
