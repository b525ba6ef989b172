/** A search of a rule: lines of a map must all hold, of a list of maps any may. */
import { compileValues, type Test } from './values.ts';

/** What made a rule match: the attribute, and what the event holds there. */
export interface SigmaMatch {
  readonly field: string;
  readonly value: unknown;
}

export interface Search {
  readonly fields: readonly string[];
  matches(event: unknown): boolean;
  /** The lines that hold; empty when the search does not match. */
  explain(event: unknown): readonly SigmaMatch[];
}

interface Line {
  readonly field: string;
  readonly path: readonly string[];
  readonly test: Test;
}

const FIELD = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,11}$/;

/** @throws Error with what is not supported; the caller adds the file */
export function compileSearch(definition: unknown): Search {
  const alternatives = (Array.isArray(definition) ? definition : [definition]).map(compileMap);
  if (alternatives.length === 0) throw new Error('a search is empty');
  const holding = (event: unknown): readonly Line[] | undefined =>
    alternatives.find((lines) => lines.every((line) => line.test(read(event, line.path))));
  return {
    fields: alternatives.flat().map((line) => line.field),
    matches: (event) => holding(event) !== undefined,
    explain: (event) =>
      (holding(event) ?? []).map(({ field, path }) => ({ field, value: read(event, path) ?? null })),
  };
}

function compileMap(definition: unknown): readonly Line[] {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition))
    throw new Error('keyword searches (without a field) are not supported');
  const lines = Object.entries(definition).map(([key, value]): Line => {
    const [field = '', ...modifiers] = key.split('|');
    if (field === '') throw new Error('keyword searches (without a field) are not supported');
    if (!FIELD.test(field)) throw new Error(`"${field}" is not a path into an event`);
    return { field, path: field.split('.'), test: compileValues(modifiers, value) };
  });
  if (lines.length === 0) throw new Error('a search is empty');
  return lines;
}

/** The value at a path; lists on the way give the list of what their entries hold. */
function read(event: unknown, path: readonly string[], from = 0): unknown {
  let value = event;
  for (let at = from; at < path.length; at += 1) {
    if (Array.isArray(value)) {
      const found = value.map((item) => read(item, path, at)).filter((item) => item !== undefined);
      return found.length === 0 ? undefined : found.flat();
    }
    const key = path[at] ?? '';
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}
