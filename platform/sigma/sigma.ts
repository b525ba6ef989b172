/** Door: Sigma 2.1, from rule files to what matches, and why. */
import { compileRegex } from './regex/regex.ts';
import {
  type LoadedRules,
  type LoadOptions,
  loadRules as load,
  type RuleFile,
  type RuleHead,
} from './rules/rules.ts';

export { type LinkedCorrelations, linkCorrelations } from './correlation/link.ts';
export { type BaseMatch, type CorrelationFinding } from './correlation/match.ts';
export { correlationParser } from './correlation/parser.ts';
export type { CorrelationRule, LinkedCorrelation } from './correlation/rule.ts';
export { parseTimespan } from './correlation/timespan.ts';
export {
  compileEngine,
  compileTables,
  Engine,
  type Matched,
  matchesNothing,
  type Tables,
} from './engine/engine.ts';
export {
  evaluate,
  type RegexMatcher,
  type RegexSource,
} from './engine/evaluate.ts';
export { type Explanation, evidenceOf, explain, type SeenValue } from './engine/explain.ts';
export { type FieldValue, flatten, looksAt, type Recognition, type SigmaEvent } from './event.ts';
export {
  ANY_CHARACTER,
  ANY_TEXT,
  type Condition,
  type DetectionRule,
  type GlobPart,
  LEVELS,
  type Level,
  type LogSource,
  type Predicate,
} from './ir.ts';
export { regexes } from './regexes.ts';
export { type LintLine, lintLines } from './rules/lint.ts';
export type { AppliedFilter, LoadedRules, Refusal, RuleFile, RuleMemory } from './rules/rules.ts';

/** As `rules/rules.ts` says, with regular expressions checked by the engine that will run them. */
export function loadRules<Correlation extends RuleHead = never>(
  files: Iterable<RuleFile>,
  options: LoadOptions<Correlation> = {},
): LoadedRules<Correlation> {
  return load(files, { checkRegex, ...options });
}

function checkRegex(source: string, flags: string): string | undefined {
  const made = compileRegex(source, {
    ignoreCase: flags.includes('i'),
    multiline: flags.includes('m'),
    dotAll: flags.includes('s'),
  });
  return 'refused' in made ? made.refused : undefined;
}
