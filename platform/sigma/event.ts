/**
 * The Sigma view of an event: what rules look at. It stands beside the event's OCSF shape and loses nothing
 * of what the source said (`view/`).
 */
import type { LogSource } from './ir.ts';

export type { LogSource } from './ir.ts';

export type FieldValue = string | number | boolean | null;

export interface SigmaEvent {
  /** What the event is; empty when nobody can say, and then every rule looks at it. */
  readonly logsources: readonly LogSource[];
  /** By the names that rules use. Own properties only: an event may hold a field named `constructor`. */
  readonly fields: Readonly<Record<string, FieldValue | readonly FieldValue[]>>;
  /** False when it is deeper or larger than is looked at: of what was left out no rule knows. */
  readonly isWhole?: boolean;
}

/** What the rules that look at an event want to know of it. */
export interface Asked {
  readonly fields: ReadonlySet<string>;
  /** The name, asked for by none of them, under which all other values are wanted; undefined where they are not. */
  readonly rest: string | undefined;
}

/** An event that writes what is asked for itself, which costs less than making all of its fields. */
export interface WritableEvent extends SigmaEvent {
  /**
   * One JSON object with the fields that are asked for, no name twice.
   *
   * @returns where it ends; -1 when there is no room before `end`, less some bytes for what closes it
   */
  writeTo(bytes: Uint8Array, from: number, end: number, asked: Asked): number;
}

/** An event has the log source when every one of these fields holds one of these values, ignoring case. */
export interface Recognition {
  readonly when: Readonly<Record<string, readonly string[]>>;
  readonly is: LogSource;
}

/** A rule for `wanted` looks at an event that is `offered`. */
export function looksAt(wanted: LogSource, offered: readonly LogSource[]): boolean {
  if (offered.length === 0) return true;
  return offered.some(
    (source) =>
      (wanted.product === undefined || wanted.product === source.product) &&
      (wanted.category === undefined || wanted.category === source.category) &&
      (wanted.service === undefined || wanted.service === source.service),
  );
}

export const DEPTH_MAX = 32;
export const LEAVES_MAX = 4_096;

/**
 * The leaves of parsed JSON by their paths: names joined by dots, places in lists left out, so that a list is
 * several values of one field. A path that comes up several times collects its values in order.
 *
 * @returns `isWhole` is false when the event is deeper or larger than is looked at
 */
export function flatten(json: unknown): { readonly fields: SigmaEvent['fields']; readonly isWhole: boolean } {
  const fields: Record<string, FieldValue | FieldValue[]> = Object.create(null) as Record<
    string,
    FieldValue | FieldValue[]
  >;
  let leaves = 0;
  let isWhole = true;
  const visit = (value: unknown, path: string, depth: number): void => {
    if (typeof value === 'object' && value !== null) {
      if (depth >= DEPTH_MAX) {
        isWhole = false;
        return;
      }
      if (Array.isArray(value)) for (const item of value) visit(item, path, depth + 1);
      else
        for (const [name, inner] of Object.entries(value))
          visit(inner, path === '' ? name : `${path}.${name}`, depth + 1);
      return;
    }
    leaves += 1;
    if (leaves > LEAVES_MAX) {
      isWhole = false;
      return;
    }
    const before = fields[path];
    const leaf = value as FieldValue;
    if (before === undefined) fields[path] = leaf;
    else if (Array.isArray(before)) before.push(leaf);
    else fields[path] = [before, leaf];
  };
  visit(json, '', 0);
  return { fields, isWhole };
}
