/** Reading parsed JSON that nobody has checked. */
import type { Members } from '../event/draft.ts';

/** The member at `a.b.c`; an index into a list is a number. Own members only. */
export function at(record: Members, path: string): unknown {
  let value: unknown = record;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Members)[name];
  }
  return value;
}

/** The first of these paths that holds a text (or a number, as its text). */
export function textAt(record: Members, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = at(record, path);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

export function has(record: Members, ...names: readonly string[]): boolean {
  for (const name of names) if (!Object.hasOwn(record, name)) return false;
  return true;
}
