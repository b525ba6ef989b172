/** What the fast engine has to say of a line, said by the plain one; for tests and benchmarks. */
import { flatten, type Recognition, type SigmaEvent } from '../event.ts';
import { type DetectionRule, foldCase } from '../ir.ts';
import { compileRegex } from '../regex/regex.ts';
import type { Names } from '../view/names.ts';
import { evaluate, type RegexMatcher, type RegexPredicate, type RegexSource } from './evaluate.ts';
import { nameFields } from './plan/names.ts';
import { recognised, recognitionsOf, rulesFor } from './plan/routes.ts';

/** By the engine's own regular expressions, which are checked against RE2 elsewhere. */
export function ownRegexes(): RegexSource {
  const compiled = new Map<RegexPredicate, RegexMatcher>();
  return (test) => {
    const known = compiled.get(test);
    if (known !== undefined) return known;
    const regex = compileRegex(test.source, test);
    const matcher = 'refused' in regex ? { matches: () => false } : regex;
    compiled.set(test, matcher);
    return matcher;
  };
}

export interface LineVerdict {
  /** Undefined for what is not JSON. */
  readonly rules: readonly number[] | undefined;
  readonly isWhole: boolean;
}

export function verdictOfLine(
  rules: readonly DetectionRule[],
  line: string,
  recognitions: readonly Recognition[],
  names: Names,
  regexes: RegexSource,
): LineVerdict {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { rules: undefined, isWhole: true };
  }
  const flat = flatten(json);
  const fields = nameFields(flat.fields, names);
  const met = recognised(recognitionsOf(recognitions), (field) =>
    Object.hasOwn(fields, field)
      ? [fields[field] ?? []].flat().flatMap((one) => (one === null ? [] : [foldCase(String(one))]))
      : [],
  );
  const logsources = met.flatMap((number) => recognitions[number]?.is ?? []);
  const event: SigmaEvent = { logsources, fields };
  const lookers = rulesFor(
    rules.map(({ logsource }) => logsource),
    logsources,
  );
  return {
    rules: lookers.filter((rule) => {
      const one = rules[rule];
      return one !== undefined && evaluate(one.condition, event, regexes);
    }),
    isWhole: flat.isWhole,
  };
}
