/**
 * Regular expressions in RE2's syntax that answer one question, "is it anywhere in the text?", in time linear
 * in the text whatever the pattern: who is watched writes the texts, and some of them for this.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 */
import type { Regex } from './ast.ts';
import { Dfa } from './dfa.ts';
import { prefixOf, type Required, requiredOf } from './literals.ts';
import { parseRegex } from './parse.ts';
import { compileProgram } from './program.ts';
import { Refused } from './refused.ts';
import { RunMatcher, runOf } from './run.ts';

export interface RegexFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
  readonly dotAll?: boolean;
}

export interface CompiledRegex {
  matches(text: string): boolean;
  /** On UTF-8, where lone surrogates stand as three bytes each. */
  matchesBytes(bytes: Uint8Array, from: number, to: number): boolean;
  /** Work done since it was asked for last, in units of about a nanosecond. */
  takeWork(): number;
  /** Holds for every text in which it is found. */
  readonly required: Required;
}

/** A pattern that is not RE2's, or is too large, is refused with the reason. */
export function compileRegex(
  source: string,
  flags: RegexFlags = {},
): CompiledRegex | { readonly refused: string } {
  try {
    return compiled(parseRegex(source, flags));
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

/** @throws Refused when it is too large */
export function compiled(regex: Regex): CompiledRegex {
  const run = runOf(regex);
  // Compiled in any case: what is too large is refused whoever would run it.
  const program = compileProgram(regex);
  return run === undefined
    ? new Dfa(program, requiredOf(regex), prefixOf(regex))
    : new RunMatcher(run, requiredOf(regex));
}
