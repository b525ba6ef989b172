/**
 * The leaves of parsed JSON under the names that rules know them by: `flatten` and the table of names in one
 * pass. Paths are remembered as a tree, so that a known event is walked without making a text.
 */
import { DEPTH_MAX, type FieldValue, LEAVES_MAX } from '../event.ts';
import { type Names, nameOf } from './names.ts';

export type Values = FieldValue | readonly FieldValue[];
/** In the order of first appearance. A field that comes up several times has its values in order. */
export type Leaves = Map<string, Values>;

/** Remembered paths. Who is watched chooses them; beyond this many they are made anew each time. */
const KNOWN_MAX = 16_384;

interface Place {
  readonly path: string;
  readonly name: string;
  readonly below: Map<string, Place>;
}

export interface Reading {
  readonly leaves: Leaves;
  /** False when the event is deeper or larger than is looked at. */
  readonly isWhole: boolean;
}

export type LeafReader = (json: unknown) => Reading;

export function leafReader(names: Names): LeafReader {
  let known = 0;
  const root: Place = { path: '', name: '', below: new Map() };
  const below = (place: Place, member: string): Place => {
    const found = place.below.get(member);
    if (found !== undefined) return found;
    const path = place.path === '' ? member : `${place.path}.${member}`;
    const made: Place = { path, name: nameOf(names, path), below: new Map() };
    if (known < KNOWN_MAX) {
      known += 1;
      place.below.set(member, made);
    }
    return made;
  };
  return (json) => {
    const walk: Walk = { leaves: new Map(), count: 0, isWhole: true, below };
    visit(walk, json, root, 0);
    return walk;
  };
}

interface Walk {
  readonly leaves: Leaves;
  count: number;
  isWhole: boolean;
  readonly below: (place: Place, member: string) => Place;
}

function visit(walk: Walk, value: unknown, place: Place, depth: number): void {
  if (typeof value !== 'object' || value === null) {
    walk.count += 1;
    if (walk.count > LEAVES_MAX) walk.isWhole = false;
    else add(walk.leaves, place.name, value as FieldValue);
    return;
  }
  if (depth >= DEPTH_MAX) {
    walk.isWhole = false;
    return;
  }
  if (Array.isArray(value)) for (const item of value) visit(walk, item, place, depth + 1);
  else
    for (const member of Object.keys(value))
      visit(walk, (value as Record<string, unknown>)[member], walk.below(place, member), depth + 1);
}

function add(leaves: Leaves, name: string, leaf: FieldValue): void {
  const before = leaves.get(name);
  if (before === undefined) leaves.set(name, leaf);
  else if (typeof before === 'object' && before !== null) (before as FieldValue[]).push(leaf);
  else leaves.set(name, [before, leaf]);
}
