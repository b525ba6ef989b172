/**
 * How much of a framework our controls answer: for each of its controls those of ours that map to it, what the
 * evidence says of them now, and the worst of that. What maps to nothing is shown, and is never good.
 */
import type { ControlStatus } from '@demarc/platform/contract/api';
import type { Assessment } from '../evaluation/assessment.ts';
import { worst } from '../rules/dependency.ts';
import {
  type FrameworkControl,
  NIST_FRAMEWORK,
  OUR_FRAMEWORK,
  type Relation,
  type Relationship,
} from './model.ts';

export interface Mapping {
  readonly sourceFrameworkId: string;
  readonly targetFrameworkId: string;
  readonly relations: readonly Relation[];
}

export interface MappedControl {
  readonly controlId: string;
  readonly title: string;
  /** `through`: by way of another framework, and so an overlap at best. */
  readonly relationship: Relationship | 'through';
  readonly via: string;
  readonly status: ControlStatus;
  readonly satisfiedCount: number;
  readonly applicableCount: number;
  /** Who has to operate it, over all assets. */
  readonly owners: readonly string[];
}
export interface CoverageRow {
  readonly controlId: string;
  readonly title: string;
  readonly group: string;
  readonly mapped: readonly MappedControl[];
  /** Worst of the mapped ones; undefined where there are none. */
  readonly status: ControlStatus | undefined;
}
export interface Coverage {
  readonly rows: readonly CoverageRow[];
  readonly mappedCount: number;
  readonly counts: Readonly<Record<ControlStatus | 'unmapped', number>>;
}

/** What comes with the platform: each of our controls overlaps those of NIST that the catalogue names. */
export function nistMapping({ controls }: Assessment['catalogue']): Mapping {
  return {
    sourceFrameworkId: OUR_FRAMEWORK,
    targetFrameworkId: NIST_FRAMEWORK,
    relations: [...controls.values()].flatMap((control) =>
      control.nist_800_53_r5.map((id) => ({
        sourceId: control.id,
        targetId: id,
        relationship: 'intersects-with' as const,
      })),
    ),
  };
}

export function coverageOf(
  frameworkId: string,
  controls: readonly FrameworkControl[],
  mappings: readonly Mapping[],
  assessment: Assessment,
): Coverage {
  const standings = standingsOf(assessment);
  const neighbours = neighboursOf(mappings);
  const rows = controls.map(({ controlId, title, group }): CoverageRow => {
    const mapped = ourControls(frameworkId, controlId, neighbours).flatMap(({ id, relationship, via }) => {
      const standing = standings.get(id);
      return standing === undefined ? [] : [{ controlId: id, relationship, via, ...standing }];
    });
    return {
      controlId,
      title,
      group,
      mapped,
      status: mapped.length === 0 ? undefined : worst(mapped.map(({ status }) => status)),
    };
  });
  const counts = {
    satisfied: 0,
    'partially-satisfied': 0,
    'stale-evidence': 0,
    'not-assessed': 0,
    'not-satisfied': 0,
    'not-applicable': 0,
    unmapped: 0,
  };
  for (const { status } of rows) counts[status ?? 'unmapped'] += 1;
  return { rows, mappedCount: rows.length - counts.unmapped, counts };
}

interface Neighbour {
  readonly frameworkId: string;
  readonly id: string;
  readonly relationship: Relationship;
}
const key = (frameworkId: string, id: string): string => `${frameworkId}\u0000${id}`;

const TURNED: Readonly<Partial<Record<Relationship, Relationship>>> = {
  'subset-of': 'superset-of',
  'superset-of': 'subset-of',
};

/** A mapping is read both ways: what is a subset this way is a superset the other. */
function neighboursOf(mappings: readonly Mapping[]): ReadonlyMap<string, readonly Neighbour[]> {
  const neighbours = new Map<string, Neighbour[]>();
  const add = (from: string, to: Neighbour): void => {
    const known = neighbours.get(from);
    if (known === undefined) neighbours.set(from, [to]);
    else known.push(to);
  };
  for (const { sourceFrameworkId, targetFrameworkId, relations } of mappings)
    for (const { sourceId, targetId, relationship } of relations) {
      if (relationship === 'no-relationship') continue;
      add(key(sourceFrameworkId, sourceId), { frameworkId: targetFrameworkId, id: targetId, relationship });
      add(key(targetFrameworkId, targetId), {
        frameworkId: sourceFrameworkId,
        id: sourceId,
        relationship: TURNED[relationship] ?? relationship,
      });
    }
  return neighbours;
}

/** Ours by a mapping of the two; where there is none, by way of one framework between. */
function ourControls(
  frameworkId: string,
  controlId: string,
  neighbours: ReadonlyMap<string, readonly Neighbour[]>,
): readonly { readonly id: string; readonly relationship: Relationship | 'through'; readonly via: string }[] {
  const near = neighbours.get(key(frameworkId, controlId)) ?? [];
  const found = new Map<string, { id: string; relationship: Relationship | 'through'; via: string }>();
  for (const { frameworkId: other, id, relationship } of near)
    if (other === OUR_FRAMEWORK) found.set(id, { id, relationship, via: 'direct' });
  if (found.size === 0)
    for (const between of near)
      for (const { frameworkId: other, id } of neighbours.get(key(between.frameworkId, between.id)) ?? [])
        if (other === OUR_FRAMEWORK && !found.has(id))
          found.set(id, { id, relationship: 'through', via: `${between.frameworkId} ${between.id}` });
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function standingsOf({ cells, catalogue }: Assessment) {
  const byControl = Map.groupBy(cells, ({ control }) => control.id);
  return new Map(
    [...catalogue.controls.values()].map((control) => {
      const there = byControl.get(control.id) ?? [];
      const applicable = there.filter(({ state }) => state.effective !== 'not-applicable');
      return [
        control.id,
        {
          title: control.title,
          status: worst(there.map(({ state }) => state.effective)),
          satisfiedCount: applicable.filter(({ state }) => state.effective === 'satisfied').length,
          applicableCount: applicable.length,
          owners: [...new Set(there.map(({ cell }) => cell.duties[0]?.party ?? 'nobody'))].sort(),
        },
      ] as const;
    }),
  );
}
