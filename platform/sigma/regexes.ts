/** Regular expressions of rules, compiled once each; who asks hands over the predicate and not the expression. */
import type { RegexMatcher, RegexSource } from './engine/evaluate.ts';
import { compileRegex } from './regex/regex.ts';

/** Of all rule sets together; what was compiled first goes first. */
const COMPILED_MAX = 4_096;
/** An expression that was refused when its rule was loaded, and is asked for all the same. */
const NOTHING: RegexMatcher = { matches: () => false };

const compiled = new Map<string, RegexMatcher>();

export const regexes: RegexSource = ({ source, ignoreCase, multiline, dotAll }) => {
  const key = `${ignoreCase ? 'i' : ''}${multiline ? 'm' : ''}${dotAll ? 's' : ''}/${source}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = compileRegex(source, { ignoreCase, multiline, dotAll });
  const matcher = 'refused' in made ? NOTHING : made;
  if (compiled.size >= COMPILED_MAX) {
    const [oldest] = compiled.keys();
    if (oldest !== undefined) compiled.delete(oldest);
  }
  compiled.set(key, matcher);
  return matcher;
};
