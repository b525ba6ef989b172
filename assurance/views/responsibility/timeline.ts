/** The stack over time: how many duties each party had, and how many controls held, at evenly spaced instants. */
import { CONTROL_STATUSES, type ControlStatus } from '@demarc/platform/contract/api';
import { TIMELINE_POINTS_MAX, type Timeline } from '@demarc/platform/contract/assurance/responsibility';
import { instant } from '../../evaluation/describe.ts';
import { placeOf } from './stack.ts';

const OWNERS_MAX = 64;

/** By how much a count is other at a point than at the one before it. */
export interface Delta {
  /** From 0; everything up to the first point is in it. */
  readonly point: number;
  readonly kind: 'duty' | 'status';
  /** Party, `unowned` or `contested`; or a status. */
  readonly name: string;
  readonly delta: number;
}

export interface Spacing {
  readonly fromMs: number;
  readonly toMs: number;
  readonly points: number;
}

/** Evenly over the range, both ends included; a range that is none is one point. */
export function spacing(fromMs: number, toMs: number, points: number): Spacing {
  const wanted = Math.min(Math.max(1, Math.floor(points)), TIMELINE_POINTS_MAX);
  return { fromMs: Math.min(fromMs, toMs), toMs, points: fromMs >= toMs ? 1 : Math.max(2, wanted) };
}

export function pointMs({ fromMs, toMs, points }: Spacing, point: number): number {
  return points === 1 ? toMs : Math.round(fromMs + ((toMs - fromMs) * point) / (points - 1));
}

export function timelineOf(
  deltas: readonly Delta[],
  spaced: Spacing,
  firstAtMs: number | undefined,
): Timeline {
  const names = [...new Set(deltas.filter(({ kind }) => kind === 'duty').map(({ name }) => name))];
  const place = (name: string): number =>
    name === 'unowned' || name === 'contested' ? placeOf(null, name) : placeOf(name, 'owned');
  const owners = names.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1)).slice(0, OWNERS_MAX);
  const duties = new Map<string, number>(owners.map((owner) => [owner, 0]));
  const statuses = new Map<string, number>(CONTROL_STATUSES.map((status) => [status, 0]));
  const byPoint = Map.groupBy(deltas, ({ point }) => point);
  return {
    from: instant(pointMs(spaced, 0)),
    to: instant(spaced.toMs),
    firstAt: firstAtMs === undefined ? null : instant(firstAtMs),
    owners,
    points: Array.from({ length: spaced.points }, (_, point) => {
      for (const { kind, name, delta } of byPoint.get(point) ?? []) {
        const counts = kind === 'duty' ? duties : statuses;
        if (counts.has(name)) counts.set(name, (counts.get(name) ?? 0) + delta);
      }
      return {
        at: instant(pointMs(spaced, point)),
        duties: owners.map((owner) => duties.get(owner) ?? 0),
        statuses: Object.fromEntries(statuses) as Record<ControlStatus, number>,
      };
    }),
  };
}
