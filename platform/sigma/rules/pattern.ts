/** Texts with wildcards, and the test that each amounts to. */
import { ANY_CHARACTER, ANY_TEXT, type Field, foldCase, type GlobPart, type Predicate } from '../ir.ts';

export type Pattern = readonly GlobPart[];

/**
 * `*` is any text, `?` one character. A backslash before either, or before another backslash, makes what
 * follows plain; before anything else it is a backslash (specification, "Escaping").
 */
export function parsePattern(text: string): Pattern {
  const parts: GlobPart[] = [];
  let literal = '';
  const close = (part: typeof ANY_TEXT | typeof ANY_CHARACTER): void => {
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(part);
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      at += 1;
    } else if (character === '*') close(ANY_TEXT);
    else if (character === '?') close(ANY_CHARACTER);
    else literal += character;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** Literals side by side become one, as do `*`. */
export function joinPattern(...patterns: readonly Pattern[]): Pattern {
  const parts: GlobPart[] = [];
  for (const part of patterns.flat()) {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else if (part !== '' && !(part === ANY_TEXT && last === ANY_TEXT)) parts.push(part);
  }
  return parts;
}

/** The literal when there is no wildcard. */
export function literalOf(pattern: Pattern): string | undefined {
  const [only = ''] = pattern;
  return pattern.length <= 1 && typeof only === 'string' ? only : undefined;
}

/** The cheapest test that says what the pattern says; `*` alone is any text at all, so it contains ''. */
export function patternTest(pattern: Pattern, field: Field, isCased: boolean): Predicate {
  const parts = joinPattern(pattern).map((part) =>
    typeof part === 'string' && !isCased ? foldCase(part) : part,
  );
  const opened = parts[0] === ANY_TEXT;
  const closed = parts.length > 1 && parts.at(-1) === ANY_TEXT;
  const text = literalOf(parts.slice(opened ? 1 : 0, closed ? -1 : undefined));
  if (text === undefined) return { op: 'glob', field, parts, isCased };
  const isAnything = opened && text === '';
  const op =
    isAnything || (opened && closed) ? 'contains' : opened ? 'endswith' : closed ? 'startswith' : 'equals';
  return { op, field, text, isCased };
}
