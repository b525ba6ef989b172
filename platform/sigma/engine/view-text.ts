import { LEAVES_MAX, type SigmaEvent } from '../event.ts';
import { numberJson } from '../view/json-bytes.ts';

type Fields = SigmaEvent['fields'];

/**
 * A flat event as JSON that the matcher takes in whatever the event is: no name twice, names that no rule asks
 * for left out, their values together under one that no rule asks for.
 *
 * @returns `isWhole` is false when values beyond `LEAVES_MAX` were left out
 */
export function viewText(
  fields: Fields,
  isAskedFor: (name: string) => boolean,
): { readonly text: string; readonly isWhole: boolean } {
  const view = Object.create(null) as Record<string, unknown>;
  const others: unknown[] = [];
  let left = LEAVES_MAX;
  let isWhole = true;
  for (const [name, value] of Object.entries(fields)) {
    const all = [value].flat();
    if (all.length > left) isWhole = false;
    const kept = all.slice(0, left);
    left -= kept.length;
    if (isAskedFor(name)) view[name] = kept;
    else others.push(...kept);
  }
  let rest = '';
  while (isAskedFor(rest)) rest += '.';
  return { text: fieldsText({ ...view, [rest]: others } as Fields), isWhole };
}

/** Fields as JSON that reads back as the same values, numbers beyond what a double holds too. */
export function fieldsText(fields: Fields): string {
  for (const value of Object.values(fields))
    if (isUnbounded(value) || (Array.isArray(value) && value.some(isUnbounded)))
      return JSON.stringify(fields, (_, one: unknown) =>
        isUnbounded(one) ? JSON.rawJSON(numberJson(one)) : one,
      );
  return JSON.stringify(fields);
}

function isUnbounded(value: unknown): value is number {
  return typeof value === 'number' && !Number.isFinite(value);
}
