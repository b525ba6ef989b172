/**
 * The referential checker: the schemas accept a role, a component or a control that is not there; we do not.
 *
 * Our own exports pass every rule. Foreign documents can be checked too: rules about our own properties ask for
 * what our documents say and break on theirs, so those are for sets that we made.
 */
import { dateRules } from './checks/dates.ts';
import { dutyRules } from './checks/duties.ts';
import { identityRules } from './checks/identity.ts';
import { referenceRules } from './checks/references.ts';
import { resultRules } from './checks/results.ts';
import type { Broken, Rule } from './checks/rule.ts';
import { type Doc, OscalSet, readDoc } from './set.ts';

export const REFERENTIAL_RULES: readonly Rule[] = [
  ...identityRules,
  ...referenceRules,
  ...dutyRules,
  ...resultRules,
  ...dateRules,
];

export interface ReferentialProblem extends Broken {
  readonly rule: string;
  /** The rule's sentence. */
  readonly wants: string;
}

/** Of one rule no more are listed: a hundred dangling references have one cause. */
const PROBLEMS_PER_RULE_MAX = 25;

export function referentialProblems(
  files: readonly { readonly file: string; readonly document: unknown }[],
  { alone = false }: { readonly alone?: boolean } = {},
): readonly ReferentialProblem[] {
  const docs = files.flatMap(({ file, document }): readonly Doc[] => {
    const doc = readDoc(file, document);
    return doc === undefined ? [] : [doc];
  });
  const set = new OscalSet(docs);
  return REFERENTIAL_RULES.filter(({ across }) => !alone || across !== true).flatMap((rule) => {
    const problems: ReferentialProblem[] = [];
    for (const broken of rule.broken(set)) {
      if (problems.length >= PROBLEMS_PER_RULE_MAX) break;
      problems.push({ rule: rule.id, wants: rule.says, ...broken });
    }
    return problems;
  });
}
