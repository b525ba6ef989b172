/** Which implementation standard an asset carries at an instant. */
import { type AssignmentState, inForce, type StandardState, type Standing } from '../model/standing.ts';
import type { AssuredAsset, Population } from './population.ts';

export interface CarriedStandard {
  /**
   * `current`: exactly one, and in force. `ambiguous`: groups of equal priority name different ones.
   * `retired`: the one that was assigned is in force no more, or never was.
   */
  readonly state: 'current' | 'retired' | 'ambiguous' | 'none';
  /** Those that the most specific scope names; more than one where it is ambiguous. */
  readonly assignments: readonly AssignmentState[];
  readonly standard: StandardState | undefined;
}

export const standardKey = ({
  standardId,
  version,
}: {
  readonly standardId: string;
  readonly version: string;
}): string => `${standardId}@${version}`;

/** The most specific scope decides, as it does for duties: asset, then the group of highest priority, then tenant. */
export function standardOf(
  standing: Standing,
  population: Population,
  asset: AssuredAsset,
  t: number,
): CarriedStandard {
  const ranked = standing.assignments.flatMap((assignment) => {
    const priority = population.covers(assignment.scope, asset);
    if (priority === undefined || !inForce(assignment, t)) return [];
    return [{ assignment, rank: rankOf(assignment, priority) }];
  });
  const highest = Math.max(...ranked.map(({ rank }) => rank));
  const assignments = ranked.filter(({ rank }) => rank === highest).map(({ assignment }) => assignment);
  const [first] = assignments;
  if (first === undefined) return { state: 'none', assignments, standard: undefined };
  const standard = standing.standards.get(standardKey(first));
  if (new Set(assignments.map((each) => standardKey(each))).size > 1)
    return { state: 'ambiguous', assignments, standard: undefined };
  const state = standard !== undefined && inForce(standard, t) ? 'current' : 'retired';
  return { state, assignments, standard };
}

const GROUP_PRIORITY_MAX = 1_000;

function rankOf({ scope }: AssignmentState, priority: number): number {
  if (scope.kind === 'tenant') return -1;
  return scope.kind === 'group' ? priority : GROUP_PRIORITY_MAX + 1;
}
