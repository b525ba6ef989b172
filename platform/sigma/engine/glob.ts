import { ANY_CHARACTER, ANY_TEXT, type GlobPart } from '../ir.ts';

/**
 * Whether the pattern is the whole text; `?` is one code point.
 *
 * After a mismatch only the last `*` takes one more character: what earlier ones took is never reconsidered,
 * for the leftmost place is as good as any. So text times pattern at worst, never exponential.
 */
export function globMatches(parts: readonly GlobPart[], text: string): boolean {
  const wanted = parts.flatMap((part): readonly GlobPart[] =>
    typeof part === 'string' ? Array.from(part) : [part],
  );
  const characters = Array.from(text);
  let at = 0;
  let part = 0;
  let starPart = -1;
  let starAt = 0;
  while (at < characters.length) {
    const next = wanted[part];
    if (next === ANY_TEXT) {
      starPart = part++;
      starAt = at;
    } else if (next === ANY_CHARACTER || (next !== undefined && next === characters[at])) {
      part += 1;
      at += 1;
    } else if (starPart !== -1) {
      part = starPart + 1;
      starAt += 1;
      at = starAt;
    } else return false;
  }
  return wanted.slice(part).every((rest) => rest === ANY_TEXT);
}
