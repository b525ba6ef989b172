import { RE2JS } from 're2js';
import type { RegexPredicate, RegexSource } from './evaluate.ts';

/** Expressions by `re2js`, for tests and benchmarks: it is not among what the product ships. */
export function re2jsRegexes(): RegexSource {
  const compiled = new Map<RegexPredicate, RE2JS>();
  return (test) => {
    const expression = compiled.get(test) ?? RE2JS.compile(test.source, flagsOf(test));
    compiled.set(test, expression);
    return { matches: (text) => expression.matcher(text).find() };
  };
}

function flagsOf({ ignoreCase, multiline, dotAll }: RegexPredicate): number {
  return (
    (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
    (multiline ? RE2JS.MULTILINE : 0) |
    (dotAll ? RE2JS.DOTALL : 0)
  );
}

/** Why RE2 refuses an expression; undefined when it does not. */
export function re2jsRefuses(source: string): string | undefined {
  try {
    RE2JS.compile(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
