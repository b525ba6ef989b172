/**
 * The referential checker: the schemas accept a role, a component or a control that is not there; we do not.
 *
 * Our own exports are asked every rule. Documents of others are asked those that are about OSCAL and not about
 * what we say in it.
 */
import { dateRules } from './checks/dates.ts';
import { dutyRules } from './checks/duties.ts';
import { identityRules } from './checks/identity.ts';
import { referenceRules } from './checks/references.ts';
import { resultRules } from './checks/results.ts';
import type { Broken, Rule } from './checks/rule.ts';
import { type Doc, nodeOf, OscalSet, our, readDoc } from './set.ts';

export const REFERENTIAL_RULES: readonly Rule[] = [
  ...identityRules,
  ...referenceRules,
  ...dutyRules,
  ...resultRules,
  ...dateRules,
];

/** Of any OSCAL document; all others ask for what only ours say. */
const OF_ANYBODY: ReadonlySet<string> = new Set([
  'uuid-unique',
  'party-resolves',
  'role-resolves',
  'component-resolves',
  'component-once',
  'control-once',
  'control-exists',
  'required-exists',
  'statement-exists',
  'objective-exists',
  'import-resolves',
  'fragment-resolves',
  'subject-resolves',
  'provided-inherited',
  'responsibility-satisfied',
  'observation-resolves',
  'risk-resolves',
  'finding-resolves',
  'expires-later',
]);

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
  const isOurs = docs.every(({ root }) => our(nodeOf(root, 'metadata'), 'as-of') !== undefined);
  return REFERENTIAL_RULES.filter(
    ({ id, across }) => (!alone || across !== true) && (isOurs || OF_ANYBODY.has(id)),
  ).flatMap((rule) => {
    const problems: ReferentialProblem[] = [];
    for (const broken of rule.broken(set)) {
      if (problems.length >= PROBLEMS_PER_RULE_MAX) break;
      problems.push({ rule: rule.id, wants: rule.says, ...broken });
    }
    return problems;
  });
}
