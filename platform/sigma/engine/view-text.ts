import { LEAVES_MAX, type SigmaEvent } from '../event.ts';

/**
 * A flat event as JSON that the matcher takes in whatever the event is: no name twice, names that no rule asks
 * for left out, their values together under one that no rule asks for.
 *
 * @returns `isWhole` is false when values beyond `LEAVES_MAX` were left out
 */
export function viewText(
  fields: SigmaEvent['fields'],
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
  return { text: JSON.stringify({ ...view, [rest]: others }), isWhole };
}
