/**
 * A first look at a regular expression: what RE2 refuses by design, and what is plainly not one. Whoever has
 * an engine hands in a check that is exact.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 */

/** @returns why the expression is refused; undefined when it is fine */
export type CheckRegex = (source: string, flags: string) => string | undefined;

const SOURCE_CHARACTERS_MAX = 4_096;

export function checkRegexLightly(source: string): string | undefined {
  if (source.length > SOURCE_CHARACTERS_MAX) return `it is longer than ${SOURCE_CHARACTERS_MAX} characters`;
  let open = 0;
  let hasOperand = false;
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (character === '\\') {
      const next = source.charAt(at + 1);
      if (next === '') return 'it ends in a backslash';
      if (/[1-9k]/.test(next))
        return 'it refers back to what a group found, which takes more than linear time';
      at += 1;
      hasOperand = true;
    } else if (character === '[') {
      const end = classEnd(source, at);
      if (end === -1) return 'a bracket is not closed';
      at = end;
      hasOperand = true;
    } else if (character === '(') {
      const group = /^\(\?(?:[a-zA-Z-]*[:)]|P?<[A-Za-z_]\w*>)/.exec(source.slice(at, at + 80));
      if (source.charAt(at + 1) === '?' && group === null)
        return 'it looks around or uses a group that RE2 does not have';
      const isFlags = group?.[0].endsWith(')') === true;
      if (!isFlags) open += 1;
      at += group === null ? 0 : group[0].length - 1;
      hasOperand = false;
    } else if (character === ')') {
      open -= 1;
      if (open < 0) return 'a parenthesis closes that was not opened';
      hasOperand = true;
    } else if (character === '*' || character === '+' || character === '?') {
      if (!hasOperand) return `${character} repeats nothing`;
      const next = source.charAt(at + 1);
      if (next === '+' || next === '*') return 'it repeats a repetition';
      if (next === '?') at += 1;
    } else hasOperand = character !== '|' && character !== '^';
  }
  return open > 0 ? 'a parenthesis is not closed' : undefined;
}

/** Where the class ends that begins at `start`; a bracket right behind the beginning is part of it. */
function classEnd(source: string, start: number): number {
  let at = start + (source.charAt(start + 1) === '^' ? 2 : 1);
  if (source.charAt(at) === ']') at += 1;
  for (; at < source.length; at += 1) {
    if (source.charAt(at) === '\\') at += 1;
    else if (source.startsWith('[:', at)) at = Math.max(at, source.indexOf(':]', at + 2) + 1);
    else if (source.charAt(at) === ']') return at;
  }
  return -1;
}
