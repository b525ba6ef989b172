/**
 * What the generated validators share: where in the event they are, and how a problem is put.
 *
 * The path is a stack that the validators overwrite as they go into objects and lists; what is wrong with a value
 * that holds no others is reported with its key. It becomes text only when there is a problem.
 */

export interface OcsfProblem {
  /** `file.hashes[0].value`; empty for the event as a whole. */
  readonly path: string;
  readonly says: string;
}

export interface Probe {
  /** One bit for each profile that the event declares. */
  profiles: number;
  readonly path: (string | number)[];
  readonly problems: OcsfProblem[];
}

/** Checks `value`, which is `depth` keys below the event. */
export type Shape = (value: unknown, probe: Probe, depth: number) => void;
type Members = Record<string, unknown>;

/**
 * Keys between the event and anything in it. Shapes contain themselves (a process has a parent), so an
 * event without this bound could be nested until its reader's stack ends.
 */
const DEPTH_MAX = 32;
/** A producer that gets everything wrong learns enough from these. */
const PROBLEMS_MAX = 20;
const LIST_ENTRIES_MAX = 10_000;
/** Where the schema gives no length of its own; half of what one record on the link may have. */
export const LENGTH_MAX = 131_072;

export function report(probe: Probe, depth: number, says: string): void {
  if (probe.problems.length >= PROBLEMS_MAX) return;
  let path = '';
  for (const key of probe.path.slice(0, depth)) {
    if (typeof key === 'number') path += `[${key}]`;
    else path += path === '' ? key : `.${key}`;
  }
  probe.problems.push({ path, says });
}

/** True where `value` is an object and not too deep; its members may be looked at then. */
export function object(value: unknown, probe: Probe, depth: number): value is Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    report(probe, depth, 'is not an object');
  else if (depth > DEPTH_MAX) report(probe, depth, `is nested deeper than ${DEPTH_MAX}`);
  else return true;
  return false;
}

export function list(value: unknown, probe: Probe, depth: number): value is readonly unknown[] {
  if (!Array.isArray(value)) report(probe, depth, 'is not a list');
  else if (value.length > LIST_ENTRIES_MAX) report(probe, depth, `has more than ${LIST_ENTRIES_MAX} entries`);
  else return true;
  return false;
}

/** Free JSON (`unmapped`, `enrichments[].data`): anything goes, to a depth. */
export function anything(value: unknown, probe: Probe, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH_MAX) return report(probe, depth, `is nested deeper than ${DEPTH_MAX}`);
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const entry: unknown = value[at];
      if (typeof entry !== 'object' || entry === null) continue;
      probe.path[depth] = at;
      anything(entry, probe, depth + 1);
    }
    return;
  }
  for (const key in value) {
    const member = (value as Members)[key];
    // Most are texts and numbers: a call for each would be most of the work.
    if (typeof member !== 'object' || member === null) continue;
    probe.path[depth] = key;
    anything(member, probe, depth + 1);
  }
}

/** The key of what `depth` keys below the event is wrong, or its place in a list. */
type Key = string | number;

function reportAt(probe: Probe, depth: number, key: Key, says: string): void {
  probe.path[depth] = key;
  report(probe, depth + 1, says);
}

export function string(value: unknown, probe: Probe, depth: number, key: Key, lengthMax: number): void {
  reportAt(
    probe,
    depth,
    key,
    typeof value === 'string' ? `is longer than ${lengthMax} characters` : 'is not a string',
  );
}

export function integer(probe: Probe, depth: number, key: Key): void {
  reportAt(probe, depth, key, 'is not an integer');
}

export function number(probe: Probe, depth: number, key: Key): void {
  reportAt(probe, depth, key, 'is not a number');
}

export function boolean(probe: Probe, depth: number, key: Key): void {
  reportAt(probe, depth, key, 'is not true or false');
}

export function notOneOf(probe: Probe, depth: number, key: Key): void {
  reportAt(probe, depth, key, 'is not one of the values defined for it here');
}

export function unknown(probe: Probe, depth: number, key: Key): void {
  reportAt(probe, depth, key, 'is not an attribute here');
}

export function profile(probe: Probe, depth: number, key: Key, name: string): void {
  reportAt(probe, depth, key, `needs the profile ${name} in metadata.profiles`);
}

export function missing(probe: Probe, depth: number, name: string): void {
  reportAt(probe, depth, name, 'is required');
}

/** @param what `at least one of name, uid` */
export function without(probe: Probe, depth: number, what: string): void {
  report(probe, depth, `needs ${what}`);
}
