import { CLASSES, PROFILES } from './generated/validators.ts';
import { LENGTH_MAX, type Probe } from './probe.ts';

const PATH_LENGTH_MAX = 12;

/**
 * Whether an event of a class can hold a value at a path (`['file', 'hashes', 'value']`), in any profile;
 * lists on the way are stepped into. A rule or a filter on any other path is dead without anyone knowing.
 */
export function hasAttribute(classUid: number, path: readonly string[]): boolean {
  return attributeLists(classUid, path) !== undefined;
}

/**
 * Where on a path the lists are: `[1]` for `file.hashes.value`. Undefined when no event of the class can
 * hold anything at the path.
 *
 * Asks the validator of the class about an event that holds nothing but that path.
 */
export function attributeLists(classUid: number, path: readonly string[]): readonly number[] | undefined {
  const shape = CLASSES.get(classUid);
  if (shape === undefined || path.length === 0 || path.length > PATH_LENGTH_MAX) return undefined;
  const lists = new Set<number>();
  // Each round finds one more list on the way, or the answer.
  for (let round = 0; round <= path.length; round += 1) {
    const probe: Probe = { profiles: allProfiles(), path: [], problems: [] };
    shape(onlyWith(path, lists), probe, 0);
    const along = probe.problems.find(({ path: at, says }) => {
      const keys = at.replaceAll(/\[\d+\]/g, '').split('.');
      return /not an attribute|not a list/.test(says) && keys.every((key, index) => key === path[index]);
    });
    if (along === undefined) return [...lists];
    if (along.says === 'is not an attribute here') return undefined;
    lists.add(along.path.split('.').length - 1);
  }
  return undefined;
}

/** What a scalar attribute takes. Lengths are in UTF-16 code units. */
export type AttributeType =
  | { readonly kind: 'text'; readonly lengthMax: number }
  | { readonly kind: 'integer' | 'number' | 'boolean' | 'json' };

/** Longer than any attribute may be. */
const LONG_TEXT = 'x'.repeat(LENGTH_MAX + 1);

/**
 * What may stand at a path of an event of the class, in any profile.
 *
 * @returns undefined when it is no scalar, when it is in a list, or when only certain texts are allowed
 */
export function attributeType(classUid: number, path: readonly string[]): AttributeType | undefined {
  if (attributeLists(classUid, path)?.length !== 0) return undefined;
  const says = (value: unknown): string | undefined => {
    const probe: Probe = { profiles: allProfiles(), path: [], problems: [] };
    CLASSES.get(classUid)?.(onlyWith(path, new Set(), value), probe, 0);
    return probe.problems.find(({ path: at }) => at === path.join('.'))?.says;
  };
  const ofText = says(LONG_TEXT);
  if (ofText === undefined) return { kind: 'json' };
  if (ofText === 'is not an integer') return { kind: 'integer' };
  if (ofText === 'is not a number') return { kind: 'number' };
  if (ofText === 'is not true or false') return { kind: 'boolean' };
  const lengthMax = /longer than (\d+)/.exec(ofText)?.[1];
  if (lengthMax === undefined || says('x') !== undefined) return undefined;
  return { kind: 'text', lengthMax: Number(lengthMax) };
}

function onlyWith(path: readonly string[], lists: ReadonlySet<number>, leaf: unknown = {}): unknown {
  let value = leaf;
  for (let at = path.length - 1; at >= 0; at -= 1)
    value = { [path[at] ?? '']: lists.has(at) ? [value] : value };
  return value;
}

function allProfiles(): number {
  let bits = 0;
  for (const bit of PROFILES.values()) bits |= bit;
  return bits;
}
